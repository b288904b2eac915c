import { type KeyObject, X509Certificate } from 'node:crypto'
import { type Der, nothing, readDer, readOid, readTime, tags } from '../../crypto/der.ts'
import { spkiOf } from './algorithms.ts'
import { generalName, ipOctets, printIp, readAlternativeNames } from './alternative-names.ts'
import {
  basicConstraintsOf,
  type Certificate,
  extensionOf,
  KEY_CERT_SIGN,
  keyUsageOf,
  parseCertificate,
  subjectKeyIdentifierOf,
  subjectOf,
} from './certificate.ts'
import { rewriteName } from './names.ts'
import { oids } from './oids.ts'
import { extendedUsage, identifierOf, keyIdentifier, keyUsageFor, usage } from './profile.ts'
import type { Purpose, ReadRequest } from './types.ts'
import { checkStrength, type KeyRules } from './weak-keys.ts'

export interface Expected {
  readonly request: Pick<ReadRequest, 'publicKey' | 'subjectDer' | 'names'>
  readonly purpose: Purpose
  /** None: the certificate signs itself. */
  readonly issuer: Certificate | undefined
  /** The key the signature was made with; undefined in rehearsal, where nobody stands behind the signature. */
  readonly signer: KeyObject | undefined
  readonly rules: KeyRules
}

interface Subject {
  readonly certificate: Certificate
  readonly expected: Expected
}
type Check = (subject: Subject) => Iterable<string>

/**
 * What is wrong with this certificate by RFC 5280 and our profile; empty when nothing is. Two readers look at it,
 * our own and OpenSSL, and they must agree (C1).
 */
export function lint(der: Uint8Array, expected: Expected): string[] {
  let certificate: Certificate
  try {
    certificate = parseCertificate(der)
  } catch (error) {
    return [`our reader cannot read it: ${sentence(error)}`]
  }
  const subject = { certificate, expected }
  const findings = checks.flatMap((check) => {
    try {
      return [...check(subject)]
    } catch (error) {
      return [sentence(error)]
    }
  })
  return [...findings, ...openSslFindings(subject)]
}

const sentence = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

function* form({ certificate }: Subject): Generator<string> {
  if (certificate.version !== 2n) yield 'the version is not 3'
  const serial = certificate.serialNumber
  // The profile's bound is tighter than the 20 octets of RFC 5280 §4.1.2.2.
  if (serial < 1n || serial >= 1n << 128n) yield 'the serial number is not between 1 and 2^128 - 1'
  if (!Buffer.from(certificate.innerAlgorithm).equals(certificate.outerAlgorithm))
    yield 'the signature algorithms inside and outside differ'
}

function* dates({ certificate, expected: { issuer } }: Subject): Generator<string> {
  const from = readTime(certificate.notBefore, 'notBefore')
  const to = readTime(certificate.notAfter, 'notAfter')
  for (const [element, date] of [
    [certificate.notBefore, from],
    [certificate.notAfter, to],
  ] as const) {
    const right = date.getUTCFullYear() < 2050 ? tags.utcTime : tags.generalizedTime
    if (element.tag !== right) yield 'a time is UTCTime after 2049 or GeneralizedTime before 2050'
  }
  if (from >= to) yield 'notAfter is not after notBefore'
  if (!issuer) return
  if (from < readTime(issuer.notBefore, 'notBefore')) yield 'notBefore is before the issuer’s'
  if (to > readTime(issuer.notAfter, 'notAfter')) yield 'notAfter is after the issuer’s'
}

function* names({ certificate, expected }: Subject): Generator<string> {
  const subject = subjectOf(certificate)
  const rewritten = rewriteName(subject)
  if (!rewritten.equals(certificate.subject.raw)) yield 'the subject is not in the profile’s form'
  if (!rewritten.equals(expected.request.subjectDer)) yield 'the subject is not the request’s'
  const issuer = expected.issuer?.subject.raw ?? certificate.subject.raw
  if (!Buffer.from(issuer).equals(certificate.issuer.raw))
    yield 'the issuer is not the subject of the CA'
  if (certificate.issuer.children.length === 0) yield 'the issuer is empty'
  if (expected.purpose === 'ca' && subject.length === 0) yield 'a CA’s subject is empty'
}

function* key({ certificate, expected: { issuer, request, rules } }: Subject): Generator<string> {
  if (!spkiOf(request.publicKey).equals(certificate.spki)) yield 'the key is not the request’s'
  // Of the key inside, whichever it is: the request's own was looked at before.
  else checkStrength(request.publicKey, rules)
  if (issuer && Buffer.from(certificate.spki).equals(issuer.spki))
    yield 'the key is the issuer’s own'
}

/** What may stand in a certificate of ours, and whether it is critical; `either` where the subject decides. */
const known: ReadonlyMap<string, boolean | 'either'> = new Map<string, boolean | 'either'>([
  [oids.authorityKeyIdentifier, false],
  [oids.subjectKeyIdentifier, false],
  [oids.keyUsage, true],
  [oids.basicConstraints, true],
  [oids.extKeyUsage, false],
  [oids.subjectAltName, 'either'],
  [oids.nameConstraints, true],
  [oids.crlDistributionPoints, false],
  [oids.authorityInfoAccess, false],
  [oids.ocspNoCheck, false],
])

function* extensions({ certificate }: Subject): Generator<string> {
  const seen = new Set<string>()
  for (const { oid, critical, value } of certificate.extensions) {
    if (seen.has(oid)) yield `extension ${oid} is there twice`
    seen.add(oid)
    const right = known.get(oid)
    if (right === undefined) yield `extension ${oid} is not in the profile`
    else if (right !== 'either' && right !== critical)
      yield `extension ${oid} is ${critical ? '' : 'not '}critical`
    readDer(value)
  }
}

function* keyIdentifiers({ certificate, expected: { issuer } }: Subject): Generator<string> {
  const own = subjectKeyIdentifierOf(certificate)
  if (!own || !keyIdentifier(certificate.spki).equals(own))
    yield 'the subject key identifier is missing or another key’s'
  const authority = extensionOf(certificate, oids.authorityKeyIdentifier)
  if (!authority) {
    if (issuer) yield 'the authority key identifier is missing'
    return
  }
  const [identifier, ...more] = readDer(authority.value).children
  const right = issuer ? identifierOf(issuer) : keyIdentifier(certificate.spki)
  if (identifier?.tag !== 0x80 || more.length > 0 || !Buffer.from(right).equals(identifier.content))
    yield 'the authority key identifier is not the issuer’s'
}

function* usages({ certificate, expected: { purpose, request } }: Subject): Generator<string> {
  const actual = keyUsageOf(certificate)
  if (!actual) yield 'keyUsage is missing'
  // digitalSignature on a CA is for OCSP answers and may be there or not.
  const may = new Set([...keyUsageFor(purpose, request.publicKey, true)])
  const must = keyUsageFor(purpose, request.publicKey, false)
  if (must.some((bit) => actual?.has(bit) !== true)) yield 'keyUsage lacks what the purpose needs'
  if ([...(actual ?? [])].some((bit) => !may.has(bit as (typeof must)[number])))
    yield 'keyUsage has more than the purpose allows'
  const extended = extensionOf(certificate, oids.extKeyUsage)
  const granted = extended
    ? readDer(extended.value).children.map((one) => readOid(one, 'an extended key usage'))
    : []
  const right = extendedUsage[purpose]
  if (granted.join() !== (right ?? '') || (extended && granted.length === 0))
    yield 'extKeyUsage is not what the purpose gives'
  const noCheck = extensionOf(certificate, oids.ocspNoCheck)
  if ((noCheck !== undefined) !== (purpose === 'ocsp'))
    yield 'ocsp-nocheck is missing, or stands on what is no OCSP responder'
  if (noCheck && !nothing.equals(noCheck.value)) yield 'ocsp-nocheck is not NULL'
}

function* authority({ certificate, expected: { issuer, purpose } }: Subject): Generator<string> {
  const { isCa, pathLength } = basicConstraintsOf(certificate)
  if (isCa !== (purpose === 'ca')) yield 'basicConstraints do not fit the purpose'
  if (!isCa && pathLength !== undefined) yield 'a path length stands on what is no CA'
  if (!isCa && keyUsageOf(certificate)?.has(usage.keyCertSign) === true)
    yield 'keyCertSign stands on what is no CA'
  const constraints = extensionOf(certificate, oids.nameConstraints)
  const above = issuer && extensionOf(issuer, oids.nameConstraints)
  if (constraints && !isCa) yield 'name constraints stand on what is no CA'
  if (isCa && !Buffer.from(constraints?.value ?? []).equals(above?.value ?? Buffer.alloc(0)))
    yield 'the name constraints are not the issuer’s'
  if (!issuer) return
  const issuing = basicConstraintsOf(issuer)
  if (!issuing.isCa || keyUsageOf(issuer)?.has(KEY_CERT_SIGN) === false)
    yield 'the issuer may not sign certificates'
  if (isCa && issuing.pathLength !== undefined && (pathLength ?? 256) >= issuing.pathLength)
    yield 'the path length is not below the issuer’s'
}

function* alternativeNames({ certificate, expected: { request } }: Subject): Generator<string> {
  const extension = extensionOf(certificate, oids.subjectAltName)
  const isEmpty = certificate.subject.children.length === 0
  if (!extension) {
    if (isEmpty) yield 'subject and alternative names are both missing'
    if (Object.values(request.names).flat().length > 0) yield 'the alternative names are missing'
    return
  }
  if (extension.critical !== isEmpty)
    yield 'subjectAltName is critical with a subject, or not critical without'
  if (
    JSON.stringify(readAlternativeNames(readDer(extension.value))) !== JSON.stringify(request.names)
  )
    yield 'the alternative names are not the request’s'
}

/** Verifiers fetch over HTTP; other schemes are looked up by few, and a file or LDAP address by the wrong host. */
function* pointers({ certificate }: Subject): Generator<string> {
  for (const dotted of [oids.crlDistributionPoints, oids.authorityInfoAccess]) {
    const extension = extensionOf(certificate, dotted)
    if (!extension) continue
    const list = readDer(extension.value)
    if (list.children.length === 0) yield 'a list of addresses is empty'
    if (!urisIn(list).every((uri) => /^https?:\/\/[^/]/.test(uri))) yield 'an address is not HTTP'
  }
}

const urisIn = ({ tag, content, children }: Der): string[] =>
  tag === (0x80 | generalName.uri)
    ? [Buffer.from(content).toString('latin1')]
    : children.flatMap(urisIn)

const checks: readonly Check[] = [
  form,
  dates,
  names,
  key,
  extensions,
  keyIdentifiers,
  usages,
  authority,
  alternativeNames,
  pointers,
]

/** OpenSSL's opinion. Its text of the alternative names is what naive software splits at commas: it must hold ours and no more. */
function* openSslFindings({ certificate, expected }: Subject): Generator<string> {
  try {
    const read = new X509Certificate(certificate.der)
    if (expected.signer && !read.verify(expected.signer))
      yield 'OpenSSL: the signature does not verify'
    if (read.ca !== (expected.purpose === 'ca')) yield 'OpenSSL: CA or not differs'
    if (BigInt(`0x${read.serialNumber}`) !== certificate.serialNumber)
      yield 'OpenSSL: the serial number differs'
    if (!holdsKey(read, expected.request.publicKey)) yield 'OpenSSL: the key differs'
    const { dnsNames, emailAddresses, ipAddresses } = expected.request.names
    const shown = [
      ...dnsNames.map((name) => `DNS:${name}`),
      ...emailAddresses.map((name) => `email:${name.includes("'") ? JSON.stringify(name) : name}`),
      ...ipAddresses.map((address) => `IP Address:${address}`),
    ]
    if (shortAddresses(read.subjectAltName ?? '') !== shown.join(', '))
      yield 'OpenSSL: the alternative names differ'
  } catch (error) {
    yield `OpenSSL cannot read it: ${sentence(error)}`
  }
}

/** OpenSSL's own comparison, which is cheap; of keys of one kind alone (see `isSameKey`). */
function holdsKey({ publicKey: inside }: X509Certificate, key: KeyObject): boolean {
  const kind = ({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject) =>
    [asymmetricKeyType, details?.namedCurve, details?.modulusLength].join()
  return kind(inside) === kind(key) && inside.equals(key)
}

const shortAddresses = (shown: string): string =>
  shown.replaceAll(
    /IP Address:([0-9A-Fa-f:.]+)/g,
    (_, address: string) => `IP Address:${printIp(ipOctets(address))}`,
  )
