import {
  checkPrime,
  createECDH,
  createPublicKey,
  decapsulate,
  encapsulate,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { promisify } from 'node:util'
import { expectTag, NotDer, readDer, readInteger, tags } from '../../crypto/der.ts'
import { invalid, reading } from '../../crypto/refuse.ts'
import { curves } from './algorithms.ts'
import { areConsistent } from './limbs.ts'
import type { Material } from './material.ts'
import type { KeySpec } from './spec.ts'

/** Runs OpenSSL on what others sent; its words help nobody. */
export function parse<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw invalid(`${what} cannot be read`, { cause })
  }
}

const signLater = promisify<null, Uint8Array, KeyObject, Buffer>(sign)

/** Whether the private key is whole and belongs to the public key it came with. */
export async function checkPrivate(
  key: KeyObject,
  spec: KeySpec,
  material: Material,
): Promise<void> {
  const type = spec.curve === undefined ? undefined : curves[spec.curve]?.type
  if (spec.algorithm === 'RSA') await checkRsaPrivate(key)
  else if (type === 'ec') checkScalar(key, spec.curve ?? '', material)
  // X25519, Ed25519 and their larger siblings have no public part of their own: it was computed just now.
  else if (type === undefined && !(await agreesWithItself(key)))
    throw invalid('the private key does not belong to its public key')
}

async function agreesWithItself(key: KeyObject): Promise<boolean> {
  const publicKey = createPublicKey(key)
  try {
    if (key.asymmetricKeyType?.startsWith('ml-kem')) {
      const { sharedKey, ciphertext } = encapsulate(publicKey)
      const opened = decapsulate(key, ciphertext)
      const isSame = timingSafeEqual(Buffer.from(sharedKey), Buffer.from(opened))
      sharedKey.fill(0)
      opened.fill(0)
      return isSame
    }
    const probe = randomBytes(32)
    // SLH-DSA takes up to a second for this: not on the event loop.
    return verify(null, probe, publicKey, await signLater(null, probe, key))
  } catch {
    return false
  }
}

/** OpenSSL takes the public point of a private key on trust (SP 800-56A §5.6.2.1.4 wants the pair checked). */
function checkScalar(key: KeyObject, curve: string, { publicSpki }: Material): void {
  const scalar = key.export({ format: 'raw-private' })
  try {
    const own = createECDH(curve)
    parse('the private key', () => own.setPrivateKey(scalar))
    const point = publicSpki?.subarray(publicSpki.length - own.getPublicKey().length)
    if (!point || !own.getPublicKey().equals(point))
      throw invalid('the private key does not belong to its public key')
  } finally {
    scalar.fill(0)
  }
}

const isPrime = promisify<NodeJS.ArrayBufferView, boolean>(checkPrime)

async function checkRsaPrivate(key: KeyObject): Promise<void> {
  const der = key.export({ type: 'pkcs1', format: 'der' })
  try {
    const numbers = reading('the private key', () => {
      const [version, ...rest] = readDer(der).children
      if (readInteger(version, 'its version') !== 0n || rest.length !== 8)
        throw new NotDer('it has more than two primes')
      return rest.map((element) => expectTag(element, tags.integer, 'a number').content)
    })
    const [n, e, d, p, q, dp, dq, qInverse] = numbers as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const broken = invalid('the numbers of the RSA key do not belong together')
    if (!areConsistent({ n, e, d, p, q, dp, dq, qInverse })) throw broken
    // FIPS 186-5 §A.1.1: primes of half the length.
    if (p.length < n.length / 2 - 2 || q.length < n.length / 2 - 2 || Buffer.compare(p, q) === 0)
      throw invalid('the RSA key has primes of unlike sizes')
    for (const prime of [p, q]) if (!(await isPrime(prime))) throw broken
  } finally {
    der.fill(0)
  }
}
