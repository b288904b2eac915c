import { createHash, X509Certificate } from 'node:crypto'
import { del, type Exchange, post } from '../exchange.ts'
import { absent, type Expected, isObject, Rule, someText, time, uuid } from '../expect.ts'
import { named } from '../identity/common.ts'

export const NO_TIME = '0001-01-01T00:00:00Z'
export const CAS = '/ca/local-cas'
export const EXTERNAL = '/ca/external-cas'
export const INTERFACES = '/configs/interfaces'
export const TRUSTED = '/trusted-cas'
export const NOBODY = '0b6f1f0e-0000-4000-8000-000000000000'

// Error bodies, reference 12.

export const wrongValue = { code: 9, codeDesc: /^NCERRInvalidParamValue: ./ }
export const wrongState = { code: 15, codeDesc: /^NCERRBadRequest: ./ }
/** The text is what clients match on; the number was not seen. */
export const conflict = { codeDesc: /^NCERRConflict/ }

// Values, reference 1 and 2.

export const serial = /^(0|[1-9]\d{0,38})$/
const fingerprints = {
  sha1Fingerprint: /^[0-9A-F]{40}$/,
  sha256Fingerprint: /^[0-9A-F]{64}$/,
  sha512Fingerprint: /^[0-9A-F]{128}$/,
}
export const wholeSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
export const pem = (label: string): RegExp =>
  new RegExp(
    `^-----BEGIN ${label}-----\\n([A-Za-z0-9+/]{64}\\n)*[A-Za-z0-9+/]{1,64}={0,2}\\n-----END ${label}-----\\n$`,
  )
export const csrPem = pem('CERTIFICATE REQUEST')
export const certPem = pem('CERTIFICATE')

const head = (kind: string): Expected => ({
  id: uuid,
  uri: new RegExp(`^kylo:kylo:naboo:${kind}:[0-9a-f-]{36}$`),
  account: 'kylo:kylo:admin:accounts:kylo',
  createdAt: time,
  updatedAt: time,
  name: someText,
  application: absent,
  devAccount: absent,
})

const shape = (kind: string, rest: { readonly [key: string]: Expected }): Expected => ({
  ...(head(kind) as object),
  ...rest,
})

export const bothEnabled = { client_authentication: 'Enabled', user_authentication: 'Enabled' }
export const bothDisabled = { client_authentication: 'Disabled', user_authentication: 'Disabled' }

export const pendingCa = shape('localca', {
  state: 'pending',
  csr: csrPem,
  parent: absent,
  cert: absent,
  serialNumber: absent,
  issuer: absent,
  subject: /^\//,
  notBefore: NO_TIME,
  notAfter: NO_TIME,
  ...fingerprints,
})

const certified = {
  cert: certPem,
  serialNumber: serial,
  subject: /^\//,
  issuer: /^\//,
  notBefore: wholeSeconds,
  notAfter: wholeSeconds,
  ...fingerprints,
}

export const activeCa = shape('localca', { state: 'active', csr: '', ...certified })
export const externalCa = shape('external_ca', { ...certified, state: absent })
export const issuedCertificate = shape('certs', {
  ...certified,
  ca: /^kylo:kylo:naboo:localca:/,
  state: 'active',
  revoked_at: NO_TIME,
  revoked_reason: absent,
  purpose: absent,
  csr: absent,
  key: absent,
})

/** What the resource says of its certificate is what the certificate says. */
export const truthful: Rule = new Rule('what its certificate says', (value, at) => {
  if (!isObject(value) || typeof value['cert'] !== 'string')
    return [`${at}: expected a certificate`]
  const certificate = new X509Certificate(value['cert'])
  const moment = (text: string) => `${new Date(text).toISOString().slice(0, 19)}Z`
  const hash = (name: string) =>
    createHash(name).update(certificate.raw).digest('hex').toUpperCase()
  const due: Record<string, string> = {
    serialNumber: BigInt(`0x${certificate.serialNumber}`).toString(),
    notBefore: moment(certificate.validFrom),
    notAfter: moment(certificate.validTo),
    sha1Fingerprint: hash('sha1'),
    sha256Fingerprint: hash('sha256'),
    sha512Fingerprint: hash('sha512'),
  }
  return Object.entries(due)
    .filter(([key, said]) => value[key] !== said)
    .map(([key, said]) => `${at}.${key}: expected ${said}, got ${String(value[key])}`)
})

/** The certificate holds for so many days. */
export const spanning = (days: number): Rule =>
  new Rule(`a certificate of ${days} days`, (value, at) => {
    const { notBefore, notAfter } = (value ?? {}) as Record<string, string>
    const seconds = (Date.parse(notAfter ?? '') - Date.parse(notBefore ?? '')) / 1000
    return seconds === days * 86_400 ? [] : [`${at}: expected ${days} days, got ${seconds} s`]
  })

/** The extended key usage, and whether it is a CA. */
export const goodFor = (purpose: 'server' | 'client' | 'ca'): Rule =>
  new Rule(`a certificate for ${purpose}`, (value, at) => {
    const certificate = new X509Certificate(String((value as { cert?: unknown })?.cert))
    const usage = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2', ca: undefined }[
      purpose
    ]
    const fits =
      certificate.ca === (purpose === 'ca') &&
      (usage === undefined || certificate.keyUsage?.join() === usage)
    return fits ? [] : [`${at}: is ${certificate.ca ? 'a CA' : certificate.keyUsage?.join()}`]
  })

/** The key of the certificate is RSA of so many bits, or on this curve, signed with this hash. */
export const keyed = (what: number | string): Rule =>
  new Rule(`a key of ${what}`, (value, at) => {
    const { publicKey } = new X509Certificate(String((value as { cert?: unknown })?.cert))
    const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
    const got = modulusLength ?? namedCurve ?? publicKey.asymmetricKeyType
    return got === what ? [] : [`${at}: expected ${what}, got ${got}`]
  })

/** Certificates in this order, each signed by the next. */
export const chain = (length: number): Rule =>
  new Rule(`a chain of ${length}`, (value, at) => {
    const pems = String(value).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? []
    const certificates = pems.map((text) => new X509Certificate(text))
    const linked = certificates.every((certificate, index) => {
      const issuer = certificates[index + 1] ?? certificate
      return index === length - 1 || certificate.verify(issuer.publicKey)
    })
    return pems.length === length && linked && pems.join('') === value
      ? []
      : [`${at}: ${pems.length} certificates, ${linked ? 'linked' : 'not linked'}`]
  })

/** These members, in this order, and no others. */
export const members = (...names: readonly string[]): Rule =>
  new Rule('certain members', (value, at) => {
    const got = isObject(value) ? Object.keys(value).join(' ') : ''
    return got === names.join(' ')
      ? []
      : [`${at}: expected the members ${names.join(' ')}, got ${got}`]
  })

/** The time is so many seconds from now, give or take a minute. */
export const aboutNow = (offset: number): Rule =>
  new Rule(`a time ${offset} s from now`, (value, at, _match, fill) => {
    const due = Date.parse(fill(`{{in:${offset}}}`))
    return Math.abs(Date.parse(String(value)) - due) <= 60_000
      ? []
      : [`${at}: expected about ${new Date(due).toISOString()}, got ${String(value)}`]
  })

/** The fingerprints of a pending CA are those of its request. */
export const overRequest: Rule = new Rule('fingerprints of the request', (value, at) => {
  const { csr, ...said } = value as Record<string, string>
  const der = Buffer.from(String(csr).replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  return ['sha1', 'sha256', 'sha512'].flatMap((name) => {
    const due = createHash(name).update(der).digest('hex').toUpperCase()
    const key = `${name}Fingerprint`
    return said[key] === due ? [] : [`${at}.${key}: expected ${due}, got ${said[key]}`]
  })
})

/** The certificate is signed by this algorithm, as OpenSSL calls it. */
export const signedWith = (algorithm: string): Rule =>
  new Rule(`a signature by ${algorithm}`, (value, at) => {
    const { signatureAlgorithm } = new X509Certificate(String((value as { cert?: unknown })?.cert))
    return signatureAlgorithm === algorithm
      ? []
      : [`${at}: expected ${algorithm}, got ${signatureAlgorithm}`]
  })

/** The certificate has these alternative names and no others, in any order. */
export const alsoNamed = (...names: readonly string[]): Rule =>
  new Rule(`the names ${names.join(', ')}`, (value, at) => {
    const { subjectAltName } = new X509Certificate(String((value as { cert?: unknown })?.cert))
    const got = (subjectAltName ?? '').split(', ').filter((name) => name !== '')
    return got.toSorted().join() === names.toSorted().join()
      ? []
      : [`${at}: expected ${names.join(', ')}, got ${subjectAltName ?? 'none'}`]
  })

// Steps that many scenarios take.

type Fields = Readonly<Record<string, unknown>>

/** A pending CA named after its key; its id is kept under the key, with `.uri`, `.csr` and `.name` beside it. */
export const makeCa = (key: string, fields: Fields = {}): Exchange =>
  post(
    `a CA ${key} is made`,
    `${CAS}/`,
    { cn: named(key), name: named(key), ...fields },
    201,
    pendingCa,
    {
      keep: {
        [key]: 'id',
        [`${key}.uri`]: 'uri',
        [`${key}.csr`]: 'csr',
        [`${key}.at`]: 'updatedAt',
      },
    },
  )

export const selfSign = (key: string, fields: Fields = { duration: 365 }): Exchange =>
  post(`${key} is self-signed`, `${CAS}/{{${key}}}/self-sign`, fields, [200, 201], activeCa, {
    keep: {
      [`${key}.cert`]: 'cert',
      [`${key}.serial`]: 'serialNumber',
      [`${key}.ends`]: 'notAfter',
    },
  })

/** A request for a certificate, kept under `<key>.csr`. */
export const makeRequest = (key: string, fields: Fields = {}): Exchange =>
  post(
    `a request ${key} is made`,
    '/ca/csr',
    { cn: named(key), ...fields },
    [200, 201],
    { csr: csrPem },
    {
      keep: { [`${key}.csr`]: 'csr' },
    },
  )

/** Issues for the request of this key; id, URI and more are kept under it. */
export const issue = (
  key: string,
  ca: string,
  fields: Fields = {},
  body: Expected = issuedCertificate,
): Exchange =>
  post(
    `${ca} issues for ${key}`,
    `${CAS}/{{${ca}}}/certs`,
    { csr: `{{${key}.csr}}`, purpose: 'server', duration: 30, ...fields },
    [200, 201],
    body,
    {
      keep: {
        [key]: 'id',
        [`${key}.uri`]: 'uri',
        [`${key}.cert`]: 'cert',
        [`${key}.serial`]: 'serialNumber',
        [`${key}.at`]: 'updatedAt',
      },
    },
  )

export const removeCa = (key: string): Exchange =>
  del(`the CA ${key} is taken away`, `${CAS}/{{${key}}}`, [204, 404])

export const removeExternal = (key: string): Exchange =>
  del(`the external CA ${key} is taken away`, `${EXTERNAL}/{{${key}}}`, [204, 404])
