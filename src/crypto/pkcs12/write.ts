import { createCipheriv, createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import {
  explicit,
  implicit,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  setOf,
  tags,
  tlv,
} from '../der.ts'
import { invalid } from '../refuse.ts'
import { derivePkcs12 } from './derive.ts'
import { types } from './tables.ts'

export interface Pkcs12Parts {
  /** PKCS #8 in DER. */
  readonly key: Uint8Array
  /** DER, the key's own first. */
  readonly certificates?: readonly Uint8Array[]
  readonly friendlyName?: string
}

const attributes = {
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const
const AES_256_CBC = '2.16.840.1.101.3.4.1.42'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const HMAC_SHA256 = '1.2.840.113549.2.9'

/**
 * As many for the checksum as for the encryption, or guessing against the checksum would be the cheaper way in. The
 * checksum is the classic one with SHA-256: programs of before 2024 read no PBMAC1 (RFC 9579).
 */
const ITERATIONS = 100_000

const pbkdf2Async = promisify(pbkdf2)

/** A PKCS #12 archive (RFC 7292) with one private key, as OpenSSL 3 and Java write it: AES-256-CBC, PBKDF2 with SHA-256. */
export async function writePkcs12(parts: Pkcs12Parts, password: string): Promise<Buffer> {
  if (password === '') throw invalid('password: an archive needs one')
  const { key, certificates = [], friendlyName } = parts
  // Whoever reads it finds the key's certificate by this (RFC 2985 §5.5.2).
  const [own] = certificates
  const id = own && attribute(attributes.localKeyId, octetString(digest('sha1', own)))
  const name =
    friendlyName === undefined
      ? undefined
      : attribute(
          attributes.friendlyName,
          tlv(tags.bmpString, Buffer.from(friendlyName, 'utf16le').swap16()),
        )
  const extras = [id, name].filter((part) => part !== undefined)
  const keyBag = bag(types.shroudedKeyBag, await shrouded(key, password), extras)
  const certBags = certificates.map((der, index) =>
    bag(
      types.certBag,
      sequence(oid(types.x509Certificate), explicit(0, octetString(der))),
      index === 0 ? extras : [],
    ),
  )
  const contents = [sequence(oid(types.data), explicit(0, octetString(sequence(keyBag))))]
  if (certBags.length > 0)
    contents.unshift(
      sequence(
        oid(types.encryptedData),
        explicit(0, await encryptedData(sequence(...certBags), password)),
      ),
    )
  const safe = sequence(...contents)
  return sequence(
    integer(3n),
    sequence(oid(types.data), explicit(0, octetString(safe))),
    await checksum(safe, password),
  )
}

const digest = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest()

const attribute = (type: string, value: Uint8Array) => sequence(oid(type), setOf(value))

const bag = (type: string, value: Uint8Array, extras: readonly Uint8Array[]) =>
  sequence(oid(type), explicit(0, value), ...(extras.length > 0 ? [setOf(...extras)] : []))

/** EncryptedPrivateKeyInfo (RFC 5958 §3). */
async function shrouded(key: Uint8Array, password: string): Promise<Buffer> {
  const { algorithm, octets } = await encrypt(key, password)
  return sequence(algorithm, octetString(octets))
}

/** RFC 5652 §8. */
async function encryptedData(bags: Uint8Array, password: string): Promise<Buffer> {
  const { algorithm, octets } = await encrypt(bags, password)
  return sequence(integer(0n), sequence(oid(types.data), algorithm, implicit(0, octets)))
}

/** PBES2 (RFC 8018 §6.2). */
async function encrypt(plain: Uint8Array, password: string) {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const key = await pbkdf2Async(password, salt, ITERATIONS, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const octets = Buffer.concat([cipher.update(plain), cipher.final()])
  key.fill(0)
  const derivation = sequence(
    oid(types.pbkdf2),
    sequence(octetString(salt), integer(BigInt(ITERATIONS)), sequence(oid(HMAC_SHA256), nothing)),
  )
  const scheme = sequence(oid(AES_256_CBC), octetString(iv))
  return { algorithm: sequence(oid(types.pbes2), sequence(derivation, scheme)), octets }
}

async function checksum(safe: Uint8Array, password: string): Promise<Buffer> {
  const salt = randomBytes(16)
  const asked = { salt, iterations: ITERATIONS, length: 32 }
  const key = await derivePkcs12(['sha256', 64], 3, password, asked)
  const mac = createHmac('sha256', key).update(safe).digest()
  key.fill(0)
  return sequence(
    sequence(sequence(oid(SHA256), nothing), octetString(mac)),
    octetString(salt),
    integer(BigInt(ITERATIONS)),
  )
}
