import { createDecipheriv, createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type Der, expectTag, NotDer, readDer, readInteger, readOid, tags } from '../der.ts'
import { invalid, readingAsync } from '../refuse.ts'
import { Secret } from '../secret.ts'
import { derivePkcs12 } from './derive.ts'
import { ciphers, digests, hmacs, types } from './tables.ts'

/**
 * Reads a PKCS #12 archive (RFC 7292) that is protected with a password: private keys and certificates. Like all that
 * comes from outside it is taken apart by the strict reader first, and its work is bounded as a whole.
 */
const MAX_BYTES = 256 * 1024
/** NSS writes 600,000; nobody needs more. */
const MAX_ITERATIONS = 1_000_000
/** Of all derivations of one archive together: the checksum, the key and the certificates have one each. */
const MAX_WORK = 4_000_000
const MAX_CERTIFICATES = 16
const MAX_KEYS = 4
const MAX_PASSWORD = 1024

export interface Pkcs12Contents {
  /** PKCS #8, as it stood in the archive and not yet looked into: who reads it wipes it. */
  readonly keys: readonly Secret[]
  /** DER, in the order of the archive. */
  readonly certificates: readonly Uint8Array[]
}

/** What one archive may still ask for. */
interface Opening {
  readonly password: string
  work: number
}

/** The keys and the certificates of an archive. A fault for a wrong password, another protection, or too much work. */
export async function openPkcs12(bytes: Uint8Array, password: string): Promise<Pkcs12Contents> {
  if (bytes.length > MAX_BYTES) throw invalid(`the archive is larger than ${MAX_BYTES} bytes`)
  if (password.length > MAX_PASSWORD)
    throw invalid(`the password of the archive is longer than ${MAX_PASSWORD} characters`)
  const opening: Opening = { password, work: MAX_WORK }
  return readingAsync('the PKCS #12 archive', async () => {
    const [version, authSafe, macData] = expectTag(readDer(bytes), tags.sequence, 'it').children
    if (readInteger(version, 'its version') !== 3n) throw new NotDer('its version is not 3')
    const safe = dataOf(authSafe)
    await checkMac(macData, safe, opening)
    return openBags(safe, opening)
  })
}

/** The octets of a ContentInfo of type data. */
function dataOf(contentInfo: Der | undefined): Uint8Array {
  const [type, content] = expectTag(contentInfo, tags.sequence, 'a content').children
  if (readOid(type, 'the type of a content') !== types.data)
    throw invalid('the archive is signed with a key instead of protected with a password')
  return expectTag(content?.children[0], tags.octetString, 'a content').content
}

async function checkMac(macData: Der | undefined, safe: Uint8Array, opening: Opening) {
  // Without it nobody would know that the password is wrong, or that the bytes were changed.
  const [info, salt, iterations] = expectTag(macData, tags.sequence, 'its checksum').children
  const [algorithm, expected] = expectTag(info, tags.sequence, 'its checksum').children
  const [type, parameters] = expectTag(algorithm, tags.sequence, 'its checksum').children
  const dotted = readOid(type, 'its checksum')
  const due = expectTag(expected, tags.octetString, 'its checksum').content
  const mac =
    dotted === types.pbmac1
      ? await modernMac(parameters, safe, opening)
      : await classicMac(dotted, salt, iterations, safe, opening)
  if (mac.length !== due.length || !timingSafeEqual(mac, due))
    throw invalid('the password of the archive is wrong, or the archive is damaged')
}

async function classicMac(
  dotted: string,
  salt: Der | undefined,
  iterations: Der | undefined,
  safe: Uint8Array,
  opening: Opening,
): Promise<Uint8Array> {
  const digest = digests[dotted]
  if (!digest) throw invalid('the archive is checked with a digest that is not known here')
  const [name] = digest
  const key = await derivePkcs12(digest, 3, opening.password, {
    salt: expectTag(salt, tags.octetString, 'a salt').content,
    iterations: iterations === undefined ? 1 : countOf(iterations, opening),
    length: createHash(name).digest().length,
  })
  return hmac(name, key, safe)
}

function hmac(name: string, key: Buffer, safe: Uint8Array): Buffer {
  const mac = createHmac(name, key).update(safe).digest()
  key.fill(0)
  return mac
}

/** PBMAC1 (RFC 9579). */
async function modernMac(
  parameters: Der | undefined,
  safe: Uint8Array,
  opening: Opening,
): Promise<Uint8Array> {
  const [derivation, scheme] = expectTag(parameters, tags.sequence, 'its checksum').children
  const name = hmacs[readOid(scheme?.children[0], 'its checksum')]
  if (name === undefined)
    throw invalid('the archive is checked with a digest that is not known here')
  const key = await pbkdf2Key(derivation, opening, undefined)
  return hmac(name, key, safe)
}

async function openBags(safe: Uint8Array, opening: Opening): Promise<Pkcs12Contents> {
  const keys: Secret[] = []
  const certificates: Uint8Array[] = []
  try {
    for (const info of expectTag(readDer(safe), tags.sequence, 'the contents').children) {
      const isEncrypted = readOid(info.children[0], 'the type of a content') === types.encryptedData
      const bags = isEncrypted ? await decrypted(info, opening) : dataOf(info)
      for (const bag of expectTag(readDer(bags), tags.sequence, 'a content').children) {
        const found = await openBag(bag, opening)
        if (found instanceof Secret) keys.push(found)
        else if (found) certificates.push(found)
        if (keys.length > MAX_KEYS || certificates.length > MAX_CERTIFICATES)
          throw invalid(
            `the archive holds more than ${MAX_KEYS} keys or ${MAX_CERTIFICATES} certificates`,
          )
      }
    }
    return { keys, certificates }
  } catch (error) {
    for (const key of keys) key.wipe()
    throw error
  }
}

/** A key, a certificate, or nothing: CRLs, secrets and bags within bags are passed over. */
async function openBag(bag: Der, opening: Opening): Promise<Secret | Uint8Array | undefined> {
  const [type, value] = expectTag(bag, tags.sequence, 'an entry').children
  const inner = value?.children[0]
  switch (readOid(type, 'the type of an entry')) {
    case types.keyBag:
      return new Secret(expectTag(inner, tags.sequence, 'a key').raw)
    case types.shroudedKeyBag: {
      const [algorithm, octets] = expectTag(inner, tags.sequence, 'a key').children
      const sealed = expectTag(octets, tags.octetString, 'a key').content
      const plain = await decrypt(algorithm, sealed, opening)
      const secret = new Secret(plain)
      plain.fill(0)
      return secret
    }
    case types.certBag: {
      const [kind, holder] = expectTag(inner, tags.sequence, 'a certificate').children
      if (readOid(kind, 'the kind of a certificate') !== types.x509Certificate) return undefined
      return expectTag(holder?.children[0], tags.octetString, 'a certificate').content
    }
    default:
      return undefined
  }
}

/** EncryptedData of CMS (RFC 5652 §8). */
function decrypted(info: Der, opening: Opening): Promise<Buffer> {
  const data = expectTag(info.children[1]?.children[0], tags.sequence, 'a content')
  const [, content] = data.children
  const [, algorithm, octets] = expectTag(content, tags.sequence, 'a content').children
  // [0] in place of the OCTET STRING's own tag.
  return decrypt(algorithm, expectTag(octets, 0x80, 'a content').content, opening)
}

async function decrypt(
  algorithm: Der | undefined,
  octets: Uint8Array,
  opening: Opening,
): Promise<Buffer> {
  const [type, parameters] = expectTag(algorithm, tags.sequence, 'an encryption').children
  const { cipher, key, iv } = await cipherFor(
    readOid(type, 'an encryption'),
    expectTag(parameters, tags.sequence, 'an encryption'),
    opening,
  )
  try {
    const decipher = createDecipheriv(cipher, key, iv)
    const parts = [decipher.update(octets), decipher.final()]
    const plain = Buffer.concat(parts)
    for (const part of parts) part.fill(0)
    return plain
  } catch (cause) {
    throw invalid('the password of the archive is wrong, or the archive is damaged', { cause })
  } finally {
    key.fill(0)
  }
}

async function cipherFor(dotted: string, parameters: Der, opening: Opening) {
  if (dotted === types.pbes2) {
    const [derivation, scheme] = parameters.children
    const [cipherType, iv] = expectTag(scheme, tags.sequence, 'an encryption').children
    const known = ciphers[readOid(cipherType, 'an encryption')]
    if (!known) throw tooOld()
    const [cipher, length] = known
    const octets = expectTag(iv, tags.octetString, 'an initialisation vector').content
    return { cipher, key: await pbkdf2Key(derivation, opening, length), iv: octets }
  }
  if (dotted !== types.pbeTripleDes) throw tooOld()
  const [salt, iterations] = parameters.children
  const base = {
    salt: expectTag(salt, tags.octetString, 'a salt').content,
    iterations: countOf(iterations, opening),
  }
  return {
    cipher: 'des-ede3-cbc',
    key: await derivePkcs12(['sha1', 64], 1, opening.password, { ...base, length: 24 }),
    iv: await derivePkcs12(['sha1', 64], 2, opening.password, { ...base, length: 8 }),
  }
}

const tooOld = () =>
  invalid(
    'the archive is encrypted in a way that is not read here; `openssl pkcs12 -export` of OpenSSL 3 writes one that is',
  )

function countOf(element: Der | undefined, opening: Opening): number {
  const count = readInteger(element, 'a count of iterations')
  if (count < 1n || count > BigInt(MAX_ITERATIONS))
    throw invalid(`the archive asks for ${count} iterations; ${MAX_ITERATIONS} are the most`)
  opening.work -= Number(count)
  if (opening.work < 0)
    throw invalid(`the archive asks for more than ${MAX_WORK} iterations in all`)
  return Number(count)
}

const pbkdf2Async = promisify(pbkdf2)

/** PBKDF2 (RFC 8018 §A.2); HMAC with SHA-1 when nothing is said. */
async function pbkdf2Key(
  derivation: Der | undefined,
  opening: Opening,
  length: number | undefined,
): Promise<Buffer> {
  const [type, parameters] = expectTag(derivation, tags.sequence, 'a derivation').children
  if (readOid(type, 'a derivation') !== types.pbkdf2) throw tooOld()
  const [salt, iterations, ...rest] = expectTag(parameters, tags.sequence, 'a derivation').children
  const stated =
    rest[0]?.tag === tags.integer ? Number(readInteger(rest.shift(), 'a length')) : undefined
  const digest = rest[0] ? hmacs[readOid(rest[0].children[0], 'a digest')] : 'sha1'
  const wanted = length ?? stated
  if (digest === undefined || wanted === undefined || wanted < 8 || wanted > 64) throw tooOld()
  if (length !== undefined && stated !== undefined && stated !== length) throw tooOld()
  return pbkdf2Async(
    opening.password,
    expectTag(salt, tags.octetString, 'a salt').content,
    countOf(iterations, opening),
    wanted,
    digest,
  )
}
