import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
} from 'node:crypto'
import { writePem } from '../../crypto/pem.ts'
import { invalid } from '../../crypto/refuse.ts'
import { Secret } from '../../crypto/secret.ts'
import { algorithmRow } from './algorithms.ts'
import { cipherName, type KeySpec } from './spec.ts'

/** What the bytes are: those of a symmetric or MAC key, PKCS #8, SubjectPublicKeyInfo, a certificate in DER, or anything. */
export type MaterialForm = 'raw' | 'pkcs8' | 'spki' | 'x509' | 'opaque'

/** A key's bytes once opened. Whoever was given them wipes `secret`. */
export interface Material {
  readonly form: MaterialForm
  readonly secret: Secret
  /** SubjectPublicKeyInfo, of everything asymmetric. */
  readonly publicSpki?: Uint8Array
}

const objectTypes = {
  raw: 'Symmetric Key',
  pkcs8: 'Private Key',
  spki: 'Public Key',
  x509: 'Certificate',
  opaque: 'Opaque Object',
} as const satisfies Record<MaterialForm, string>

export type ObjectType = (typeof objectTypes)[MaterialForm]

/** As answers name it (reference 2). */
export const objectTypeOf = (form: MaterialForm): ObjectType => objectTypes[form]

/** A copy of these bytes as a secret; the bytes themselves are wiped. */
export function taken(bytes: Uint8Array): Secret {
  const secret = new Secret(bytes)
  bytes.fill(0)
  return secret
}

/** Runs `use` on the secret and wipes it after, whatever happens. */
export async function using<T>(secret: Secret, use: (bytes: Buffer) => T | Promise<T>): Promise<T> {
  try {
    return await use(secret.reveal())
  } finally {
    secret.wipe()
  }
}

export const rawMaterial = (secret: Secret): Material => ({ form: 'raw', secret })

/** The private key and the public key that belongs to it. */
export function privateMaterial(key: KeyObject): Material {
  const secret = taken(key.export({ type: 'pkcs8', format: 'der' }))
  return { form: 'pkcs8', secret, publicSpki: spkiOf(createPublicKey(key)) }
}

export const publicMaterial = (spki: Uint8Array): Material => ({
  form: 'spki',
  secret: new Secret(spki),
  publicSpki: Uint8Array.from(spki),
})

const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

/** The public half of a private key or a certificate, as material of its own. */
export function publicHalf(material: Material): Material {
  if (!material.publicSpki) throw invalid('the key has no public part')
  return publicMaterial(material.publicSpki)
}

/** The key as node:crypto takes it: secret, private or public. It holds a copy of its own of the bytes. */
export function keyObject(material: Material): KeyObject {
  switch (material.form) {
    case 'raw':
    case 'opaque':
      return createSecretKey(material.secret.reveal())
    case 'pkcs8':
      return createPrivateKey({ key: material.secret.reveal(), format: 'der', type: 'pkcs8' })
    case 'spki':
    case 'x509':
      return publicKeyObject(material)
  }
}

/** The public key of a pair or a certificate. */
export function publicKeyObject({ publicSpki }: Material): KeyObject {
  if (!publicSpki) throw invalid('the key has no public part')
  return createPublicKey({ key: Buffer.from(publicSpki), format: 'der', type: 'spki' })
}

/** `PUBLIC KEY`, as answers carry it in `publickey`. */
export function publicKeyPem({ publicSpki }: Material): string {
  if (!publicSpki) throw invalid('the key has no public part')
  return writePem('PUBLIC KEY', publicSpki)
}

export interface Fingerprints {
  readonly sha1: string
  readonly sha256: string
}

/**
 * Hexadecimal digests: of the certificate, of the public key for a pair, so that both halves have the same, and else of
 * the bytes. Those of something that people can guess, a password say, are as good as the thing: they are not to be shown.
 */
export function fingerprints(material: Material): Fingerprints {
  const bytes =
    material.form === 'x509' || !material.publicSpki
      ? material.secret.reveal()
      : material.publicSpki
  const digest = (name: string) => createHash(name).update(bytes).digest('hex')
  return { sha1: digest('sha1'), sha256: digest('sha256') }
}

/** Three octets, in hexadecimal, of a block of zeros encrypted with the key (reference 7); of XTS with its first half. */
export function checkValue(spec: KeySpec, { form, secret }: Material): string {
  const { block } = algorithmRow(spec.algorithm)
  if (form !== 'raw' || block === undefined)
    throw invalid(`keys of ${spec.algorithm} have no check value; keys of block ciphers have`)
  const { algorithm, size } = spec
  const cipher = createCipheriv(
    cipherName({ algorithm, size }, 'ecb'),
    secret.reveal().subarray(0, size / 8),
    null,
  )
  return cipher.update(Buffer.alloc(block)).subarray(0, 3).toString('hex')
}
