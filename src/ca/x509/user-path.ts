import { tags } from '../../crypto/der.ts'
import { writePem } from '../../crypto/pem.ts'
import { quote } from '../../kit/fault.ts'
import { type Certificate, firstCertificate, parseCertificate, subjectOf } from './certificate.ts'
import { type NameAttribute, printName, readName } from './names.ts'
import { oids } from './oids.ts'
import { findPath } from './path/build.ts'
import { orRefused, PathRefused, readable } from './path/refused.ts'
import { signedBy, workingKey } from './path/signatures.ts'
import { isSelfIssued, nameOf, type PathRules, type ValidPath } from './path/validate.ts'

/** A CA that there is a row of. */
export interface KnownCa {
  readonly kind: 'local' | 'external'
  readonly id: string
  readonly domain_id: string
  readonly name: string
  /** PEM. */
  readonly cert: string
  readonly maySignIn: boolean
}

export interface UserTrust {
  /** PEM. */
  readonly anchors: readonly string[]
  readonly at: Date
  readonly allowRsa1024: boolean
  /** The CAs with this subject, in the slash form. */
  known(subject: string): Promise<readonly KnownCa[]>
  /** What a local CA says of a serial number. */
  statusOf(ca: KnownCa, serialDecimal: string): Promise<'good' | 'revoked' | 'unknown'>
}

/** One typed value of a subject. */
export type SubjectPart = Pick<NameAttribute, 'oid' | 'value'>

export interface Leaf {
  readonly subject: readonly SubjectPart[]
  /** Decimal. */
  readonly serialNumber: string
  readonly issuer: string
  /** The path that held, in PEM, this certificate first, without the CA at its end. */
  readonly pem: string
}

const DIGITAL_SIGNATURE = 0
/** A TLS client sends a handful; what is beyond them is not looked at. */
const MAX_SENT = 32
/** How far up the issuers of a trusted certificate are asked whether they took it back. */
const MAX_ABOVE = 16

const CN = '2.5.4.3'
/** domainComponent and givenName, which mean something for external CAs only (reference 3.4). */
const EXTERNAL_ONLY = ['0.9.2342.19200300.100.1.25', '2.5.4.42']
const STRINGS: readonly number[] = [
  tags.utf8String,
  tags.printableString,
  tags.ia5String,
  tags.teletexString,
  tags.bmpString,
  tags.universalString,
]

/** The first certificate of what a TLS client sent, once a path to it holds. Throws PathRefused. */
export async function findUserPath(sent: readonly Uint8Array[], trust: UserTrust): Promise<Leaf> {
  const [first, ...others] = sent.slice(0, MAX_SENT)
  if (!first) throw new PathRefused('no client certificate was shown')
  const target = orRefused('the certificate', () => parseCertificate(first))
  const subject = orRefused('the certificate', () => partsOf(target))
  const rules: PathRules = {
    at: trust.at,
    purpose: oids.clientAuth,
    usage: DIGITAL_SIGNATURE,
    leastRsaBits: trust.allowRsa1024 ? 1024 : 2048,
  }
  const { certificates } = await findPath({
    target,
    between: readable(others, parseCertificate),
    anchors: trust.anchors.map(firstCertificate),
    rules,
    accept: (path) => checkKnown(path, subject, rules, trust),
  })
  return {
    subject,
    serialNumber: target.serialNumber.toString(),
    issuer: printName(readName(target.issuer, 'the issuer')),
    pem: certificates
      .slice(1)
      .toReversed()
      .map(({ der }) => writePem('CERTIFICATE', der))
      .join(''),
  }
}

/** The typed values of the subject, read from its DER. */
function partsOf(certificate: Certificate): SubjectPart[] {
  const attributes = subjectOf(certificate).flat()
  for (const { short, tag } of attributes)
    if (!STRINGS.includes(tag)) throw new PathRefused(`${short} of the subject is no text`)
  if (!attributes.some(({ oid }) => oid === CN)) throw new PathRefused('the subject has no CN')
  return attributes.map(({ oid, value }) => ({ oid, value }))
}

/** What rows say of the path: which CAs may sign users in, and what was revoked. */
async function checkKnown(
  { certificates }: ValidPath,
  subject: readonly SubjectPart[],
  rules: PathRules,
  trust: UserTrust,
): Promise<void> {
  const leaf = certificates.at(-1) as Certificate
  for (const certificate of certificates.slice(1)) {
    const issuers = await demandGood(certificate, rules, trust)
    const barred = issuers.find(({ maySignIn }) => !maySignIn)
    if (barred) throw new PathRefused(`the CA ${quote(barred.name)} may not sign users in`)
    if (certificate !== leaf || !issuers.some(({ kind }) => kind === 'local')) continue
    if (subject.some(({ oid }) => EXTERNAL_ONLY.includes(oid)))
      throw new PathRefused('the subject has DC or GN parts, which only external CAs may give')
  }

  // A trusted certificate that was itself issued by a CA of ours can be taken back by that one.
  let above: readonly Certificate[] = [certificates[0]]
  for (let level = 0; level < MAX_ABOVE && above.length > 0; level++) {
    const next: Certificate[] = []
    for (const certificate of above) {
      if (isSelfIssued(certificate)) continue
      const issuers = await demandGood(certificate, rules, trust)
      next.push(...issuers.map(({ cert }) => firstCertificate(cert)))
    }
    above = next.slice(0, MAX_ABOVE)
  }
}

/** The known CAs that signed this certificate: the local ones know it and have not revoked it. */
async function demandGood(
  certificate: Certificate,
  rules: PathRules,
  trust: UserTrust,
): Promise<KnownCa[]> {
  const issuers = (await trust.known(printName(readName(certificate.issuer, 'the issuer')))).filter(
    ({ cert }) => signed(firstCertificate(cert), certificate, rules),
  )
  for (const issuer of issuers) {
    if (issuer.kind !== 'local') continue
    const status = await trust.statusOf(issuer, certificate.serialNumber.toString())
    if (status === 'revoked')
      throw new PathRefused('a certificate of the path is revoked or on hold')
    // Signed with the CA's key and not by this server, or taken out of its records: nobody could revoke it.
    if (status !== 'good')
      throw new PathRefused(
        `the CA ${quote(issuer.name)} has no record of a certificate of the path`,
      )
  }
  return issuers
}

function signed(issuer: Certificate, certificate: Certificate, rules: PathRules): boolean {
  if (nameOf(issuer.subject) !== nameOf(certificate.issuer)) return false
  try {
    return orRefused('a signature', () =>
      signedBy(certificate, workingKey(issuer.spki, rules), rules),
    )
  } catch (error) {
    // A key that is not believed has signed no certificate of a path that held.
    if (error instanceof PathRefused) return false
    throw error
  }
}
