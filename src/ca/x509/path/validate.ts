import { expectTag, readDer, readOid, readTime, tags } from '../../../crypto/der.ts'
import {
  basicConstraintsOf,
  type Certificate,
  extensionOf,
  KEY_CERT_SIGN,
  keyUsageOf,
} from '../certificate.ts'
import { comparableName, readName } from '../names.ts'
import { oids } from '../oids.ts'
import { NameLimits } from './name-limits.ts'
import { type PolicyRules, PolicyState } from './policies.ts'
import { orRefused, PathRefused } from './refused.ts'
import { type SignatureRules, signedBy, type WorkingKey, workingKey } from './signatures.ts'

/** What a path is held against, besides what it says of itself. */
export interface PathRules extends PolicyRules, SignatureRules {
  readonly at: Date
  /** The extended key usage that is needed wherever a certificate of the path limits it. */
  readonly purpose?: string
  /** A bit of keyUsage that the last certificate must have, where it has the extension. */
  readonly usage?: number
  /** Extensions that the caller looks after, so that they may be critical. */
  readonly alsoKnown?: readonly string[]
}

/** A path that held: the anchor first, the certificate in question last. */
export interface ValidPath {
  readonly certificates: readonly [Certificate, ...Certificate[]]
  /** The last certificate's. */
  readonly key: WorkingKey
  /** The key of each certificate, in the same order. */
  readonly keys: readonly WorkingKey[]
  readonly policies: ReadonlySet<string>
}

/** Critical extensions that this validation understands. */
const KNOWN: readonly string[] = [
  oids.basicConstraints,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectAltName,
  oids.nameConstraints,
  oids.certificatePolicies,
  oids.policyMappings,
  oids.policyConstraints,
  oids.inhibitAnyPolicy,
]

/** The name in a form that two equal names share (RFC 5280 §7.1). */
export const nameOf = (name: Certificate['subject']): string =>
  comparableName(readName(name, 'a name'))

export const isSelfIssued = ({ issuer, subject }: Certificate): boolean =>
  nameOf(issuer) === nameOf(subject)

/**
 * Path validation (RFC 5280 §6.1) from a trusted certificate down to the last. Revocation is another question. The
 * anchor's own limits hold too: dates, what it may sign, length, names (RFC 5937); its signature is not looked at.
 * Throws PathRefused.
 */
export function validatePath(
  certificates: readonly [Certificate, ...Certificate[]],
  rules: PathRules,
): ValidPath {
  return orRefused('a certificate of the path', () => validate(certificates, rules))
}

function validate(
  certificates: readonly [Certificate, ...Certificate[]],
  rules: PathRules,
): ValidPath {
  const [anchor, ...below] = certificates
  const names = new NameLimits()
  const policies = new PolicyState(below.length, rules)
  checkForm(anchor, rules)
  checkDates(anchor, rules.at)
  let pathLength = Number.POSITIVE_INFINITY
  let key = workingKey(anchor.spki, rules)
  const keys = [key]
  let issuer = anchor
  for (const [index, certificate] of below.entries()) {
    // The certificate above becomes an issuer (§6.1.4).
    checkMaySign(issuer)
    if (index > 0) {
      policies.prepareNext(issuer, isSelfIssued(issuer))
      if (!isSelfIssued(issuer)) {
        if (pathLength <= 0) throw new PathRefused('the path is longer than a CA above allows')
        pathLength--
      }
    }
    pathLength = Math.min(pathLength, basicConstraintsOf(issuer).pathLength ?? pathLength)
    names.narrow(issuer)

    const isLast = index === below.length - 1
    const selfIssued = isSelfIssued(certificate)
    checkForm(certificate, rules)
    if (nameOf(certificate.issuer) !== nameOf(issuer.subject))
      throw new PathRefused('a certificate names another issuer than the CA above it')
    if (!signedBy(certificate, key, rules))
      throw new PathRefused('a certificate was not signed by the CA above it')
    checkDates(certificate, rules.at)
    if (isLast || !selfIssued) names.check(certificate)
    policies.read(certificate, { isLast, isSelfIssued: selfIssued })
    key = workingKey(certificate.spki, rules, key)
    keys.push(key)
    if (isLast) checkLast(certificate, rules)
    issuer = certificate
  }
  return { certificates, key, keys, policies: policies.finish(issuer) }
}

/** What every certificate has to be, wherever it stands. */
function checkForm(certificate: Certificate, rules: PathRules): void {
  const { extensions, innerAlgorithm, outerAlgorithm, version } = certificate
  if (!Buffer.from(innerAlgorithm).equals(outerAlgorithm))
    throw new PathRefused('a certificate names two signature algorithms')
  if (extensions.length > 0 && version !== 2n)
    throw new PathRefused('a certificate has extensions and is not of version 3')
  const seen = new Set<string>()
  for (const { oid, critical } of extensions) {
    if (seen.has(oid)) throw new PathRefused(`a certificate has the extension ${oid} twice`)
    seen.add(oid)
    if (critical && !KNOWN.includes(oid) && rules.alsoKnown?.includes(oid) !== true)
      throw new PathRefused(`a certificate has the critical extension ${oid}, which is not known`)
  }
  // Where keys may be used is limited by every certificate that says so.
  if (rules.purpose !== undefined && !allowsPurpose(certificate, rules.purpose))
    throw new PathRefused('a certificate of the path is not for this use (extended key usage)')
}

function allowsPurpose(certificate: Certificate, purpose: string): boolean {
  const extension = extensionOf(certificate, oids.extKeyUsage)
  if (!extension) return true
  const { children } = expectTag(readDer(extension.value), tags.sequence, 'extKeyUsage')
  const allowed = children.map((one) => readOid(one, 'extKeyUsage'))
  return allowed.includes(purpose) || allowed.includes(oids.anyExtendedKeyUsage)
}

/** Both ends included (§4.1.2.5). */
function checkDates({ notBefore, notAfter }: Certificate, at: Date): void {
  if (at < readTime(notBefore, 'notBefore'))
    throw new PathRefused('a certificate of the path is not valid yet')
  if (at.getTime() >= readTime(notAfter, 'notAfter').getTime() + 1000)
    throw new PathRefused('a certificate of the path has expired')
}

/** §6.1.4 (k), (n). */
function checkMaySign(certificate: Certificate): void {
  if (!basicConstraintsOf(certificate).isCa)
    throw new PathRefused('a certificate of the path was issued by one that is no CA')
  if (keyUsageOf(certificate)?.has(KEY_CERT_SIGN) === false)
    throw new PathRefused('a CA of the path may not sign certificates (key usage)')
}

function checkLast(certificate: Certificate, { usage }: PathRules): void {
  // Read in any case, so that one that cannot be read is refused.
  const allowed = keyUsageOf(certificate)
  basicConstraintsOf(certificate)
  if (usage !== undefined && allowed?.has(usage) === false)
    throw new PathRefused('the certificate’s key is not for this use (key usage)')
}
