import { hash, type KeyObject } from 'node:crypto'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  nothing,
  octetString,
  oid,
  readDer,
  readOctetsOfBits,
  sequence,
} from '../../crypto/der.ts'
import { invalid } from '../../crypto/refuse.ts'
import { describeKey, spkiOf } from './algorithms.ts'
import { generalName, writeAlternativeNames } from './alternative-names.ts'
import {
  type BasicConstraints,
  basicConstraintsOf,
  type Certificate,
  type Extension,
  extensionOf,
  subjectKeyIdentifierOf,
} from './certificate.ts'
import { oids } from './oids.ts'
import type { Distribution, Purpose, ReadRequest } from './types.ts'

/** The bits of keyUsage that we set (RFC 5280 §4.2.1.3). */
export const usage = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyCertSign: 5,
  cRLSign: 6,
} as const

/** What a purpose grants. A request has no say in it (C2). */
export const extendedUsage = {
  server: oids.serverAuth,
  client: oids.clientAuth,
  ca: undefined,
  ocsp: oids.ocspSigning,
} as const satisfies Record<Purpose, string | undefined>

/** Keys that may carry keyEncipherment: TLS 1.2 clients encrypt to an RSA server; every other key here only signs. */
export const keyUsageFor = (purpose: Purpose, key: KeyObject, answersOcsp: boolean): number[] => {
  if (purpose === 'ca')
    return [...(answersOcsp ? [usage.digitalSignature] : []), usage.keyCertSign, usage.cRLSign]
  const isRsaServer = purpose === 'server' && describeKey(key).algorithm === 'RSA'
  return [usage.digitalSignature, ...(isRsaServer ? [usage.keyEncipherment] : [])]
}

/** The leftmost 160 bits of the SHA-256 of the key (RFC 7093 §2, method 1). */
export const keyIdentifier = (spki: Uint8Array): Buffer =>
  hash('sha256', readOctetsOfBits(readDer(spki).children[1], 'the key'), 'buffer').subarray(0, 20)

/** The extensions of a certificate for this purpose; without an issuer, of a self-signed CA. */
export function extensionsFor(
  request: ReadRequest,
  purpose: Purpose,
  issuer: Certificate | undefined,
  distribution: Distribution,
): Extension[] {
  const spki = spkiOf(request.publicKey)
  const keyUsage = keyUsageFor(purpose, request.publicKey, distribution.ocsp !== undefined)
  const extended = extendedUsage[purpose]
  const alternative = writeAlternativeNames(request.names)
  return [
    issuer && plain(oids.authorityKeyIdentifier, sequence(implicit(0, identifierOf(issuer)))),
    plain(oids.subjectKeyIdentifier, octetString(keyIdentifier(spki))),
    critical(oids.keyUsage, namedBits(keyUsage)),
    critical(oids.basicConstraints, writeBasicConstraints(constraintsFor(purpose, issuer))),
    extended && plain(oids.extKeyUsage, sequence(oid(extended))),
    // Critical only when nothing else names the subject (RFC 5280 §4.2.1.6).
    alternative && {
      oid: oids.subjectAltName,
      critical: request.subject === '',
      value: alternative,
    },
    // A CA below a constrained one carries the same limits, so that whoever sees it alone knows them.
    purpose === 'ca' && issuer && extensionOf(issuer, oids.nameConstraints),
    // Nobody asks whether the responder itself is revoked: it lives for days (RFC 6960 §4.2.2.2.1).
    purpose === 'ocsp' && plain(oids.ocspNoCheck, nothing),
    ...revocationPointers(issuer ? distribution : ownList(distribution)),
  ].filter((extension): extension is Extension => typeof extension === 'object')
}

export const plain = (dotted: string, value: Buffer): Extension => ({
  oid: dotted,
  critical: false,
  value,
})
export const critical = (dotted: string, value: Buffer): Extension => ({
  oid: dotted,
  critical: true,
  value,
})

/** An issuer that another CA certified may lack the extension; its key still has our identifier. */
export const identifierOf = (issuer: Certificate): Uint8Array =>
  subjectKeyIdentifierOf(issuer) ?? keyIdentifier(issuer.spki)

/** One level less than the issuer may have below it. */
function constraintsFor(purpose: Purpose, issuer: Certificate | undefined): BasicConstraints {
  if (purpose !== 'ca') return { isCa: false }
  const above = issuer && basicConstraintsOf(issuer).pathLength
  if (above === undefined) return { isCa: true }
  if (above === 0) throw invalid('the issuing CA may have no CA below it: its path length is 0')
  return { isCa: true, pathLength: above - 1 }
}

/** cA DEFAULT FALSE is left out, as DER wants. */
export function writeBasicConstraints({ isCa, pathLength }: BasicConstraints): Buffer {
  if (!isCa) return sequence()
  return sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(BigInt(pathLength))]))
}

/** Bits counted from the left, trailing zeros off (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Buffer {
  const last = Math.max(...bits)
  const octets = Buffer.alloc((last >> 3) + 1)
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return bitString(octets, 7 - (last & 7))
}

export const uri = (address: string): Buffer => {
  if (!/^[\x21-\x7e]+$/.test(address)) throw invalid('an address of the CA is not a URI in ASCII')
  return implicit(generalName.uri, Buffer.from(address, 'latin1'))
}

/**
 * A self-signed certificate has nobody above to ask. It names its own list all the same: verifiers that look up every
 * certificate of a path (OpenSSL's `-crl_check_all`) take the list for a root only if both name the same place.
 */
const ownList = ({ crl }: Distribution): Distribution => (crl === undefined ? {} : { crl })

/** Where to ask about this certificate (RFC 5280 §4.2.1.13, §4.2.2.1). */
function* revocationPointers({ crl, ocsp, caCertificate }: Distribution): Generator<Extension> {
  if (crl !== undefined)
    yield plain(oids.crlDistributionPoints, sequence(sequence(explicit(0, explicit(0, uri(crl))))))
  const access = [
    ocsp !== undefined && sequence(oid(oids.ocsp), uri(ocsp)),
    caCertificate !== undefined && sequence(oid(oids.caIssuers), uri(caCertificate)),
  ].filter((one) => one !== false)
  if (access.length > 0) yield plain(oids.authorityInfoAccess, sequence(...access))
}
