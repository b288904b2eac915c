import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { writePem } from '../../crypto/pem.ts'
import { openPkcs12 } from '../../crypto/pkcs12/read.ts'
import { invalid } from '../../crypto/refuse.ts'
import { checkStrength, type KeyRules } from './weak-keys.ts'

interface Contents {
  readonly key: KeyObject
  /** PEM, in the order of the archive. */
  readonly certificates: readonly string[]
}

/** The key and the certificates of an archive. A fault for a wrong password, another protection, or several keys. */
export async function readPkcs12(
  bytes: Uint8Array,
  password: string,
  rules: KeyRules = {},
): Promise<Contents> {
  const { keys, certificates } = await openPkcs12(bytes, password)
  try {
    if (certificates.length === 0) throw invalid('the archive holds no certificate')
    const [secret] = keys
    if (!secret || keys.length > 1)
      throw invalid(`the archive holds ${keys.length} private keys, and one is needed`)
    const key = privateKey(secret.reveal())
    checkStrength(createPublicKey(key), rules)
    return { key, certificates: certificates.map((der) => writePem('CERTIFICATE', der)) }
  } finally {
    for (const secret of keys) secret.wipe()
  }
}

function privateKey(key: Buffer): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } catch (cause) {
    throw invalid('the private key of the archive cannot be read', { cause })
  }
}
