import { createPublicKey, type KeyObject } from 'node:crypto'
import { octetString, oid, sequence } from '../../crypto/der.ts'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { type SignatureRow, signatureNamed, signLater } from './algorithms.ts'
import type { Extension } from './certificate.ts'
import { writeExtension } from './draft.ts'
import { oids } from './oids.ts'
import { critical, keyIdentifier, namedBits, plain, writeBasicConstraints } from './profile.ts'
import { requestInfo, requestPem } from './request.ts'
import type { SubjectFields } from './types.ts'

/** What a request asks of whoever certifies its key, beside names (reference 8.2). */
export interface AskedExtensions {
  readonly keyUsage?: readonly string[] | undefined
  readonly extendedKeyUsage?: readonly string[] | undefined
  readonly isCA?: boolean | undefined
  /** -1: none. */
  readonly maxPathLen?: number | undefined
  readonly subjectKeyIdentifierHash?: boolean | undefined
}

/** The bits of RFC 5280 §4.2.1.3 in their order. */
const keyUsages = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'crlSign',
  'encipherOnly',
  'decipherOnly',
]

const extendedUsages: Readonly<Record<string, string>> = {
  any: oids.anyExtendedKeyUsage,
  serverAuth: oids.serverAuth,
  clientAuth: oids.clientAuth,
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ipsecEndSystem: '1.3.6.1.5.5.7.3.5',
  ipsecTunnel: '1.3.6.1.5.5.7.3.6',
  ipsecUser: '1.3.6.1.5.5.7.3.7',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: oids.ocspSigning,
  microsoftServerGatedCrypto: '1.3.6.1.4.1.311.10.3.3',
  netscapeServerGatedCrypto: '2.16.840.1.113730.4.1',
  microsoftCommercialCodeSigning: '1.3.6.1.4.1.311.2.1.22',
  microsoftKernelCodeSigning: '1.3.6.1.4.1.311.61.1.1',
}

/** Which of `known` the texts mean, each once, in the order of `known`. Throws 'invalid-parameter' for another. */
function chosen(
  field: string,
  texts: readonly string[] | undefined,
  known: readonly string[],
): string[] {
  const asked = (texts ?? []).filter((text) => text !== '').map((text) => text.toLowerCase())
  for (const text of asked)
    if (!known.some((name) => name.toLowerCase() === text))
      throw invalid(`${field}: ${quote(text)} is not one of ${known.join(', ')}`)
  return known.filter((name) => asked.includes(name.toLowerCase()))
}

/** A PKCS#10 request in PEM for a key of any kind that signs, with what its holder asks for. */
export async function buildAskingRequest(
  key: KeyObject,
  fields: SubjectFields,
  asked: AskedExtensions & { readonly signatureAlgorithm?: string | undefined },
): Promise<string> {
  const row = askedSignature(key, asked.signatureAlgorithm)
  const info = requestInfo(key, fields, askedExtensions(key, asked).map(writeExtension))
  return requestPem(row, info, await signLater(row, info, key))
}

function askedExtensions(key: KeyObject, asked: AskedExtensions): Extension[] {
  const usages = chosen('keyUsage', asked.keyUsage, keyUsages)
  const extended = chosen('extendedKeyUsage', asked.extendedKeyUsage, Object.keys(extendedUsages))
  const { isCA, maxPathLen = -1, subjectKeyIdentifierHash } = asked
  if (maxPathLen >= 0 && isCA !== true)
    throw invalid('maxPathLen: is for a CA; isCA says it is none')
  const found: Extension[] = []
  if (usages.length > 0) {
    const bits = usages.map((name) => keyUsages.indexOf(name))
    found.push(critical(oids.keyUsage, namedBits(bits)))
  }
  if (extended.length > 0) {
    const purposes = extended.map((name) => oid(extendedUsages[name] ?? ''))
    found.push(plain(oids.extKeyUsage, sequence(...purposes)))
  }
  if (isCA !== undefined) {
    const constraints = { isCa: isCA, ...(maxPathLen >= 0 && { pathLength: maxPathLen }) }
    found.push(critical(oids.basicConstraints, writeBasicConstraints(constraints)))
  }
  if (subjectKeyIdentifierHash) {
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
    found.push(plain(oids.subjectKeyIdentifier, octetString(keyIdentifier(spki))))
  }
  return found
}

/**
 * How a request is signed: as it asks, or as strongly as its key is. A fault for what does not go with the key, and for
 * SHA-1, which signs nothing new.
 */
function askedSignature(key: KeyObject, name: string | undefined): SignatureRow {
  if (name === undefined) {
    const own = signatureNamed(strongEnough(key))
    if (!own) throw invalid('keys of this kind sign no certificate request')
    return own
  }
  if (/^(sha1WithRSA|ecdsaWithSHA1)$/i.test(name))
    throw invalid('signatureAlgorithm: nothing is signed with SHA-1; leave it out')
  const row = signatureNamed(name)
  if (!row) throw invalid(`signatureAlgorithm: ${quote(name)} is not known`)
  if (row.keyType !== key.asymmetricKeyType)
    throw invalid(`signatureAlgorithm: ${quote(name)} does not go with the key`)
  return row
}

/** Keys on any curve sign here: another CA than ours may take curves that ours does not. */
function strongEnough(key: KeyObject): string {
  const { asymmetricKeyType: type = 'none', asymmetricKeyDetails: details } = key
  if (type === 'rsa') return `${shaFor((details?.modulusLength ?? 0) / 8)}WithRSA`
  if (type === 'ec') return `ECDSAWith${shaFor(curveBits(details?.namedCurve ?? ''))}`
  return type
}

/** Reference 5.1: SHA-384 from RSA 3072 (384 octets) and curves of 384 bits on, SHA-512 from 4096 and above them. */
const shaFor = (size: number): string =>
  size >= 512 ? 'SHA512' : size >= 384 ? 'SHA384' : 'SHA256'

const curveBits = (name: string): number => Number(/\d{3}/.exec(name)?.[0] ?? 0)
