import { writePem } from '../../crypto/pem.ts'
import { writePkcs12 } from '../../crypto/pkcs12/write.ts'
import { invalid } from '../../crypto/refuse.ts'
import { Secret } from '../../crypto/secret.ts'
import { quote } from '../../kit/fault.ts'
import { type Encoding, encode, readEncoding } from './encode.ts'
import { keyObject, type Material, publicKeyObject, taken, using } from './material.ts'
import type { KeySpec } from './spec.ts'

/** How a key is to be given out (reference 8). */
export interface ExportFields {
  readonly format?: string | null | undefined
  readonly encoding?: string | null | undefined
  /** Both halves of an XTS key; otherwise the first. */
  readonly combineXts?: boolean | null | undefined
  /** Of a certificate: `x509-pem` or `x509-der`. */
  readonly certType?: string | null | undefined
  /** Of an archive, as it is typed. */
  readonly password?: string | undefined
  /** DER, for an archive, the key's own first. */
  readonly certificates?: readonly Uint8Array[]
  readonly friendlyName?: string | undefined
}

/** As answers carry it. */
export interface Exported {
  readonly material: string
  readonly format: string
  /** Left out where PEM says it all and where hexadecimal goes without saying. */
  readonly encoding?: Encoding
}

/** The key as text, unwrapped. A fault 'invalid-parameter' for a format that its kind does not have. */
export async function exportMaterial(
  spec: KeySpec,
  material: Material,
  fields: ExportFields = {},
): Promise<Exported> {
  const format = fields.format?.toLowerCase() || undefined
  if (format === 'pkcs12') return exportArchive(material, fields)
  const asked = readEncoding(fields.encoding)
  const { bytes, form, label } = plainBytes(spec, material, fields)
  return using(bytes, (octets) => {
    if (label !== undefined && asked === undefined)
      return { material: writePem(label, octets), format: form }
    const encoding = asked ?? (format === 'base64' ? 'base64' : 'hex')
    return {
      material: encode(octets, encoding),
      format: form,
      ...((asked !== undefined || encoding !== 'hex') && { encoding }),
    }
  })
}

export interface Plain {
  /** Whoever asked for it wipes it. */
  readonly bytes: Secret
  readonly form: string
  /** Of PEM; undefined for bytes that are shown in hexadecimal. */
  readonly label?: string
}

/** The octets that are exported or wrapped, in the format that is asked for. */
export function plainBytes(
  spec: KeySpec,
  material: Material,
  fields: Pick<ExportFields, 'format' | 'combineXts' | 'certType'> = {},
): Plain {
  const format = fields.format?.toLowerCase() || undefined
  const copy = (bytes: Uint8Array) => new Secret(bytes)
  const wrong = () => invalid(`format: ${quote(fields.format ?? '')} is not a format of such a key`)
  switch (material.form) {
    case 'raw': {
      if (!isOneOf(format, ['raw', 'opaque', 'base64'])) throw wrong()
      const whole = material.secret.reveal()
      const isHalf = spec.xts && fields.combineXts !== true
      const bytes = copy(isHalf ? whole.subarray(0, whole.length / 2) : whole)
      return { bytes, form: format === 'opaque' ? 'opaque' : 'raw' }
    }
    case 'opaque':
      if (!isOneOf(format, ['raw', 'opaque', 'base64'])) throw wrong()
      return { bytes: copy(material.secret.reveal()), form: 'opaque' }
    case 'pkcs8':
      if (format === 'pkcs1') return traditional(spec, material)
      if (format === 'raw') return rawPrivate(spec, material)
      if (!isOneOf(format, ['pkcs8'])) throw wrong()
      return { bytes: copy(material.secret.reveal()), form: 'pkcs8', label: 'PRIVATE KEY' }
    case 'spki': {
      if (!isOneOf(format, ['pkcs1', 'pkcs8', 'spki'])) throw wrong()
      if (format !== 'pkcs1')
        return { bytes: copy(material.secret.reveal()), form: 'pkcs8', label: 'PUBLIC KEY' }
      if (spec.algorithm !== 'RSA') throw onlyRsa(spec)
      const der = publicKeyObject(material).export({ type: 'pkcs1', format: 'der' })
      return { bytes: taken(der), form: 'pkcs1', label: 'RSA PUBLIC KEY' }
    }
    case 'x509': {
      if (!isOneOf(format, ['x509', 'x.509', 'pkcs8'])) throw wrong()
      const bytes = copy(material.secret.reveal())
      if (fields.certType?.toLowerCase() === 'x509-der') return { bytes, form: 'x509' }
      return { bytes, form: 'x509', label: 'CERTIFICATE' }
    }
  }
}

const isOneOf = (format: string | undefined, known: readonly string[]): boolean =>
  format === undefined || known.includes(format)

const onlyRsa = ({ algorithm, curve }: KeySpec) =>
  invalid(`format: keys of ${curve ?? algorithm} have no traditional form; ask for pkcs8`)

/** PKCS #1 of RSA; of the older curves the form of SEC 1, which the field's tools name beside it. */
function traditional(spec: KeySpec, material: Material): Plain {
  const key = keyObject(material)
  if (key.asymmetricKeyType === 'rsa') {
    const bytes = taken(key.export({ type: 'pkcs1', format: 'der' }))
    return { bytes, form: 'pkcs1', label: 'RSA PRIVATE KEY' }
  }
  if (key.asymmetricKeyType !== 'ec') throw onlyRsa(spec)
  const bytes = taken(key.export({ type: 'sec1', format: 'der' }))
  return { bytes, form: 'pkcs1', label: 'EC PRIVATE KEY' }
}

/** The seed or the scalar, where the algorithm's document has such a form. */
function rawPrivate(spec: KeySpec, material: Material): Plain {
  const key = keyObject(material)
  const isSeed = spec.algorithm === 'ML-KEM' || spec.algorithm === 'ML-DSA'
  if (spec.algorithm === 'RSA' || key.asymmetricKeyType === 'ec')
    throw invalid(`format: keys of ${spec.algorithm} have no raw form; ask for pkcs8`)
  try {
    const bytes = taken(key.export({ format: isSeed ? 'raw-seed' : 'raw-private' }))
    return { bytes, form: 'raw' }
  } catch (cause) {
    throw invalid('format: the key was imported without its seed; ask for pkcs8', { cause })
  }
}

async function exportArchive(material: Material, fields: ExportFields): Promise<Exported> {
  if (material.form !== 'pkcs8') throw invalid('format: pkcs12 is for private keys')
  const { password = '', certificates, friendlyName } = fields
  const archive = await writePkcs12(
    {
      key: material.secret.reveal(),
      ...(certificates && { certificates }),
      ...(friendlyName !== undefined && { friendlyName }),
    },
    password,
  )
  return { material: encode(archive, 'base64'), format: 'pkcs12', encoding: 'base64' }
}
