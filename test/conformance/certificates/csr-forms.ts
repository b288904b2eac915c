/**
 * Reference sections 4 and 8: the forms in which a key pair comes, and the requests that other parts make.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 8.1 algorithm and size, both traditional forms, 64 columns | keys |
 * | 8.1 encryption of RSA keys, encryptionAlgo without a password | encryption |
 * | 8.1 privateKeyBytes: algorithm and size must match; an encrypted one | given keys |
 * | 8.2 and the requests of connections and nodes in 4: not there yet | others |
 */
import { createPrivateKey } from 'node:crypto'
import { get, post, type Scenario } from '../exchange.ts'
import { allOf, Rule } from '../expect.ts'
import { assumed, named, ours, unauthorized } from '../identity/common.ts'
import { alsoNamed, csrPem, issue, makeCa, pem, removeCa, selfSign, wrongValue } from './common.ts'

const CSR = '/ca/csr'
const PASSWORD = 'a password for the key'

/** A private key that opens, with the password when there is one, and is RSA of so many bits or on this curve. */
const opens = (what: number | string, passphrase?: string): Rule =>
  new Rule(`a key of ${what}`, (value, at) => {
    const key = createPrivateKey({ key: String(value), ...(passphrase && { passphrase }) })
    const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
    const got = modulusLength ?? namedCurve
    return got === what ? [] : [`${at}: expected ${what}, got ${got}`]
  })

const encryptedBy = (label: string, cipher: string): RegExp =>
  new RegExp(
    `^-----BEGIN ${label}-----\\nProc-Type: 4,ENCRYPTED\\nDEK-Info: ${cipher},[0-9A-F]+\\n\\n([A-Za-z0-9+/]{64}\\n)*[A-Za-z0-9+/=]{1,64}\\n-----END ${label}-----\\n$`,
  )

const keys: Scenario = {
  name: 'a key pair has the key that was asked for, in its traditional form',
  exchanges: [
    ...(
      [
        [{}, 'EC PRIVATE KEY', 'prime256v1'],
        [{ algorithm: 'ECDSA', size: 256 }, 'EC PRIVATE KEY', 'prime256v1'],
        [{ algorithm: 'ECDSA', size: 384 }, 'EC PRIVATE KEY', 'secp384r1'],
        [{ size: 521 }, 'EC PRIVATE KEY', 'secp521r1'],
        [{ algorithm: 'RSA' }, 'RSA PRIVATE KEY', 2048],
        [{ algorithm: 'RSA', size: 3072 }, 'RSA PRIVATE KEY', 3072],
      ] as const
    ).map(([fields, label, what]) =>
      post(JSON.stringify(fields), CSR, { cn: 'host', ...fields }, 201, {
        csr: csrPem,
        key: allOf(pem(label), opens(what)),
      }),
    ),
    ours(
      post('RSA 1024 is refused', CSR, { cn: 'x', algorithm: 'RSA', size: 1024 }, 400, wrongValue),
    ),
  ],
}

const encryption: Scenario = {
  name: 'a key is encrypted with the password',
  exchanges: [
    ...(
      [
        ['AES256', 'AES-256-CBC'],
        ['AES192', 'AES-192-CBC'],
        ['AES128', 'AES-128-CBC'],
        ['TDES', 'DES-EDE3-CBC'],
      ] as const
    ).flatMap(([encryptionAlgo, cipher]) =>
      (
        [
          ['RSA', 'RSA PRIVATE KEY', 2048],
          ['ECDSA', 'EC PRIVATE KEY', 'prime256v1'],
        ] as const
      ).map(([algorithm, label, what]) =>
        assumed(
          post(
            `${algorithm} by ${encryptionAlgo}`,
            CSR,
            { cn: 'host', algorithm, password: PASSWORD, encryptionAlgo },
            201,
            { key: allOf(encryptedBy(label, cipher), opens(what, PASSWORD)) },
            { silentAbout: [PASSWORD] },
          ),
        ),
      ),
    ),
    post('without a password it is not', CSR, { cn: 'host', encryptionAlgo: 'AES128' }, 201, {
      key: pem('EC PRIVATE KEY'),
    }),
    post(
      'refused: the name of a cipher',
      CSR,
      { cn: 'host', password: PASSWORD, encryptionAlgo: 'AES-256-CBC' },
      400,
      wrongValue,
    ),
  ],
}

const given: Scenario = {
  name: 'a request is made for a key that is sent along',
  exchanges: [
    post('an RSA key', CSR, { cn: 'a', algorithm: 'RSA' }, 201, {}, { keep: { rsa: 'key' } }),
    post(
      'for it',
      CSR,
      { cn: 'b', privateKeyBytes: '{{rsa}}', algorithm: 'RSA', size: 2048 },
      201,
      { csr: csrPem, key: '{{rsa}}' },
    ),
    ...[
      { algorithm: 'RSA', size: 3072 },
      { algorithm: 'ECDSA' },
      { algorithm: 'ECDSA', size: 256 },
    ].map((fields) =>
      post(
        `refused: as ${JSON.stringify(fields)}`,
        CSR,
        { cn: 'b', privateKeyBytes: '{{rsa}}', ...fields },
        400,
        wrongValue,
        { silentAbout: ['{{rsa}}'] },
      ),
    ),
    post(
      'an encrypted one',
      CSR,
      { cn: 'c', password: PASSWORD },
      201,
      {},
      { keep: { closed: 'key' } },
    ),
    ours(
      post(
        'is opened by the password, and encrypted anew',
        CSR,
        { cn: 'c', privateKeyBytes: '{{closed}}', password: PASSWORD },
        201,
        { key: opens('prime256v1', PASSWORD) },
      ),
    ),
    ours(
      post(
        'refused: the wrong password',
        CSR,
        { cn: 'c', privateKeyBytes: '{{closed}}', password: 'another one' },
        400,
        wrongValue,
      ),
    ),
    makeCa('ca'),
    selfSign('ca'),
    post(
      'a request with all names',
      `${CSR}/`,
      {
        cn: named('host'),
        names: [{ C: 'US', ST: 'TX', L: 'Austin', O: 'Org' }, { OU: 'Unit' }],
        dnsNames: ['*.example.com', 'host.example.com'],
        emailAddresses: ['a@example.com'],
        ipAddresses: ['10.0.0.1'],
      },
      201,
      {},
      { keep: { 'host.csr': 'csr' } },
    ),
    issue(
      'host',
      'ca',
      {},
      allOf(
        { subject: `/C=US/ST=TX/L=Austin/O=Org/OU=Unit/CN=${named('host')}` },
        alsoNamed(
          'DNS:*.example.com',
          'DNS:host.example.com',
          'email:a@example.com',
          'IP Address:10.0.0.1',
        ),
      ),
    ),
    ...[
      { ipAddresses: ['10.0.0'] },
      { dnsNames: ['no host'] },
      { emailAddresses: ['nobody'] },
      { names: [{ C: 'USA' }] },
      { names: 'US' },
    ].map((fields) =>
      assumed(
        post(`refused: ${JSON.stringify(fields)}`, CSR, { cn: 'x', ...fields }, 400, wrongValue),
      ),
    ),
    get('nothing of it is kept', CSR, [404, 405], {}),
  ],
  tidy: [removeCa('ca')],
}

const others: Scenario = {
  name: 'requests of parts that are not built say so',
  exchanges: ['/connectionmgmt/connections/csr', '/cluster/csr', '/nodes'].flatMap((path) => [
    ours(post(path, path, { cn: 'x' }, 501, { code: 17, codeDesc: /^NCERRNotImplemented/ })),
    post(`${path} signed out`, path, { cn: 'x' }, 401, unauthorized, { as: 'none' }),
  ]),
}

export const csrForms: readonly Scenario[] = [keys, encryption, given, others]
