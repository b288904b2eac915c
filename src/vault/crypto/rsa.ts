import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { cryptoFailed } from './bytes.ts'

/** The digest of OAEP and of its mask by the name of the padding, as for wrapped keys (reference 8). */
const oaep: Readonly<Record<string, string>> = {
  oaep: 'sha1',
  oaep256: 'sha256',
  oaep384: 'sha384',
  oaep512: 'sha512',
}

interface Pad {
  readonly name: string
  /** What node:crypto is told. */
  readonly how: { readonly padding: number; readonly oaepHash?: string }
}

const V15: Pad = { name: 'pkcs1', how: { padding: constants.RSA_PKCS1_PADDING } }

function readPad(pad: string | undefined, allowPkcs1: boolean): Pad {
  const name = pad?.toLowerCase().replaceAll(/[-_]/g, '') ?? 'pkcs1'
  const oaepHash = Object.hasOwn(oaep, name) ? oaep[name] : undefined
  if (oaepHash !== undefined)
    return { name, how: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash } }
  if (name === 'pkcs1') {
    if (allowPkcs1) return V15
    // Its failures are a known oracle (Bleichenbacher), so a domain has to ask for it.
    throw invalid('pad: pkcs1 is off for RSA; ask for oaep, oaep256, oaep384 or oaep512')
  }
  throw invalid(`pad: ${quote(pad ?? '')} is not one of ${Object.keys(oaep).join(', ')}`)
}

export function encryptRsa(
  key: KeyObject,
  plaintext: Buffer,
  pad: string | undefined,
  allowPkcs1: boolean,
): { readonly ciphertext: Buffer; readonly pad: string } {
  const { name, how } = readPad(pad, allowPkcs1)
  try {
    return { ciphertext: publicEncrypt({ key, ...how }, plaintext), pad: name }
  } catch (cause) {
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    throw invalid(
      `plaintext: ${plaintext.length} octets are too many for RSA of ${bits} bits with ${name}`,
      { cause },
    )
  }
}

/**
 * What was encrypted for the key. With v1.5 a ciphertext that is none opens to octets that nobody can foretell, and to
 * the same ones each time: OpenSSL rejects implicitly (draft-irtf-cfrg-rsa-guidance), and Node refuses to decrypt with
 * an OpenSSL that does not.
 */
export function decryptRsa(
  key: KeyObject,
  ciphertext: Buffer,
  pad: string | undefined,
  allowPkcs1: boolean,
): Buffer {
  const { how } = readPad(pad, allowPkcs1)
  try {
    return privateDecrypt({ key, ...how }, ciphertext)
  } catch (cause) {
    throw cryptoFailed(cause)
  }
}
