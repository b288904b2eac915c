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

function readPad(pad: string | undefined): { readonly name: string; readonly oaepHash: string } {
  const name = pad?.toLowerCase().replaceAll(/[-_]/g, '') ?? 'pkcs1'
  const oaepHash = Object.hasOwn(oaep, name) ? oaep[name] : undefined
  if (oaepHash !== undefined) return { name, oaepHash }
  // Its failures are a known oracle (Bleichenbacher), so it is neither the default here nor to be had.
  if (name === 'pkcs1')
    throw invalid('pad: pkcs1 is off for RSA; ask for oaep, oaep256, oaep384 or oaep512')
  throw invalid(`pad: ${quote(pad ?? '')} is not one of ${Object.keys(oaep).join(', ')}`)
}

export function encryptRsa(
  key: KeyObject,
  plaintext: Buffer,
  pad: string | undefined,
): { readonly ciphertext: Buffer; readonly pad: string } {
  const { name, oaepHash } = readPad(pad)
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  try {
    return { ciphertext: publicEncrypt({ key, padding, oaepHash }, plaintext), pad: name }
  } catch (cause) {
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    throw invalid(
      `plaintext: ${plaintext.length} octets are too many for RSA of ${bits} bits with ${name}`,
      { cause },
    )
  }
}

export function decryptRsa(key: KeyObject, ciphertext: Buffer, pad: string | undefined): Buffer {
  const { oaepHash } = readPad(pad)
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, ciphertext)
  } catch (cause) {
    throw cryptoFailed(cause)
  }
}
