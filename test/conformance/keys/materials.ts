/**
 * Key material as clients bring it, made anew for each run by Node's own cryptography, so that what the server says of
 * it and does with it is compared with somebody else's word.
 */
import 'reflect-metadata'
import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  pbkdf2Sync,
  publicEncrypt,
  randomBytes,
  randomInt,
  randomUUID,
  sign,
  webcrypto,
} from 'node:crypto'
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** Of an asymmetric key, in every form that an import takes or an export gives. */
function forms({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) {
  const isRsa = privateKey.asymmetricKeyType === 'rsa'
  const traditional = isRsa ? 'pkcs1' : 'sec1'
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return {
    privateKey,
    publicKey,
    pkcs8: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    pkcs8Der: privateKey.export({ type: 'pkcs8', format: 'der' }),
    pkcs1: privateKey.export({ type: traditional, format: 'pem' }) as string,
    spki: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    publicPkcs1: isRsa ? (publicKey.export({ type: 'pkcs1', format: 'pem' }) as string) : '',
    sha1: createHash('sha1').update(spki).digest('hex'),
    sha256: createHash('sha256').update(spki).digest('hex'),
  }
}

export const rsaKey = forms(generateKeyPairSync('rsa', { modulusLength: 2048 }))
export const ecKey = forms(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }))

/** FIPS 197, appendix C.3. */
export const AES_256 = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
export const AES_128 = '000102030405060708090a0b0c0d0e0f'

/** The key that RFC 3394, 4.6 wraps with and the one that it wraps, and what comes of them. */
export const RFC_3394 = {
  kek: AES_256,
  key: '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
  wrapped: base64(
    Buffer.from(
      '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
      'hex',
    ),
  ),
}

const wrapIv = { kw: 'a6a6a6a6a6a6a6a6', kwp: 'a65959a6' } as const

/** RFC 3394 or, padded, RFC 5649. */
export function aesWrapped(kek: string, bytes: Uint8Array, padded = false): string {
  const key = Buffer.from(kek, 'hex')
  const name = `id-aes${key.length * 8}-wrap${padded ? '-pad' : ''}`
  const cipher = createCipheriv(name, key, Buffer.from(padded ? wrapIv.kwp : wrapIv.kw, 'hex'))
  return base64(Buffer.concat([cipher.update(bytes), cipher.final()]))
}

/** The same under a key that HKDF (RFC 5869) makes of the one that is named. */
export const hkdfWrapped = (kek: string, bytes: Uint8Array, salt: string, info: string): string =>
  aesWrapped(
    hex(
      new Uint8Array(
        hkdfSync(
          'sha256',
          Buffer.from(kek, 'hex'),
          Buffer.from(salt, 'hex'),
          Buffer.from(info, 'hex'),
          32,
        ),
      ),
    ),
    bytes,
  )

/** The same under a key that PBKDF2 makes of a password. */
export const passwordWrapped = (
  password: string,
  salt: string,
  iterations: number,
  bytes: Uint8Array,
): string =>
  aesWrapped(hex(pbkdf2Sync(password, Buffer.from(salt, 'hex'), iterations, 32, 'sha256')), bytes)

export const oaepWrapped = (bytes: Uint8Array, oaepHash = 'sha256'): string =>
  base64(
    publicEncrypt(
      { key: rsaKey.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
      bytes,
    ),
  )

/** CKM_RSA_AES_KEY_WRAP: an AES key under OAEP, then the material under that key. */
export function rsaAesWrapped(bytes: Uint8Array): string {
  const aes = 'ab'.repeat(32)
  const outer = Buffer.from(oaepWrapped(Buffer.from(aes, 'hex')), 'base64')
  return base64(Buffer.concat([outer, Buffer.from(aesWrapped(aes, bytes, true), 'base64')]))
}

/** RFC 7516 with `dir`-less RSA-OAEP and A256GCM, in the compact form. */
export function jwe(bytes: Uint8Array, kid: string): string {
  const url = (part: Uint8Array | string) => Buffer.from(part).toString('base64url')
  const header = url(JSON.stringify({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid }))
  const content = Buffer.alloc(32, 7)
  const iv = Buffer.alloc(12, 9)
  const cipher = createCipheriv('aes-256-gcm', content, iv)
  cipher.setAAD(Buffer.from(header))
  const text = Buffer.concat([cipher.update(bytes), cipher.final()])
  const encrypted = Buffer.from(oaepWrapped(content), 'base64')
  return [header, url(encrypted), url(iv), url(text), url(cipher.getAuthTag())].join('.')
}

export const mac = (key: string, bytes: Uint8Array): string =>
  createHmac('sha256', createSecretKey(Buffer.from(key, 'hex')))
    .update(bytes)
    .digest('hex')

export const signed = (bytes: Uint8Array): string => hex(sign('sha256', bytes, rsaKey.privateKey))

export const hmac = (hash: string, key: string, text: string): string =>
  createHmac(hash, createSecretKey(Buffer.from(key, 'hex')))
    .update(text)
    .digest('hex')

export const digest = (hash: string, text: string): string =>
  createHash(hash).update(text).digest('hex')

/** RFC 5869 as `hkdfCreateParameters` asks for it. */
export const hkdf = (ikm: string, salt: string, info: string, length: number): string =>
  hex(
    new Uint8Array(
      hkdfSync(
        'sha256',
        Buffer.from(ikm, 'hex'),
        Buffer.from(salt, 'hex'),
        Buffer.from(info, 'hex'),
        length,
      ),
    ),
  )

/** The fingerprint of DER. */
export const digestOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

export const sha256 = (material: string): string =>
  createHash('sha256').update(Buffer.from(material, 'hex')).digest('hex')
export const sha1 = (material: string): string =>
  createHash('sha1').update(Buffer.from(material, 'hex')).digest('hex')

async function certificateOf(): Promise<{ pem: string; der: Buffer }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '0123456789abcdef',
    name: 'C=US, ST=TX, L=Austin, O=Example, OU=Keys, OU=Conformance, CN=conformance',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_650 * 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(false),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'conformance.example.com' },
        { type: 'ip', value: '192.0.2.7' },
        { type: 'email', value: 'keys@example.com' },
      ]),
    ],
  })
  return { pem: certificate.toString('pem'), der: Buffer.from(certificate.rawData) }
}

export const certificate = await certificateOf()

/** What nobody has chosen before: names of that kind are of one key each. */
export const SOME_UUID = randomUUID()
export const SOME_NUMBER = String(randomInt(10 ** 12, 10 ** 14))
export const SOME_ID = randomBytes(32).toString('hex')
export const PUBLIC_ID = randomBytes(32).toString('hex')
