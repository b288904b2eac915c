import { basicConstraintsOf, type Certificate, keyUsageOf } from '../certificate.ts'
import { oids } from '../oids.ts'
import { type Budget, findPath, newBudget } from './build.ts'
import {
  ALL_REASONS,
  type DistributionPoint,
  directoryKey,
  pointsOf,
} from './distribution-points.ts'
import { type Crl, entryOf, scopeFits } from './read-crl.ts'
import { orRefused, PathRefused } from './refused.ts'
import { signedBy, type WorkingKey, workingKey } from './signatures.ts'
import { nameOf, type PathRules, type ValidPath } from './validate.ts'

const CRL_SIGN = 6
/** The signer of a list can be another than the CA, and its certificate have a list of its own, and so on. */
const DEEPEST = 4

export interface RevocationLists {
  readonly crls: readonly Crl[]
  readonly between: readonly Certificate[]
  readonly anchors: readonly Certificate[]
  readonly rules: PathRules
}

/**
 * A condition on paths for `findPath`: no certificate below the anchor is on a revocation list, and for each of them
 * current lists answer for every reason (RFC 5280 §6.3). What no list answers is refused.
 */
export function notRevoked(lists: RevocationLists, budget: Budget = newBudget()) {
  const rules = { ...lists.rules, alsoKnown: [oids.crlDistributionPoints] }
  return (path: ValidPath): Promise<void> => checkPath({ ...lists, rules, budget, under: [] }, path)
}

interface Check extends RevocationLists {
  readonly budget: Budget
  /** The certificates whose status waits for this one: nobody vouches for himself in a circle. */
  readonly under: readonly Certificate[]
}

async function checkPath(check: Check, path: ValidPath): Promise<void> {
  for (const [index, certificate] of path.certificates.entries())
    if (index > 0) await checkCertificate(check, path, index, certificate)
}

async function checkCertificate(
  check: Check,
  path: ValidPath,
  index: number,
  certificate: Certificate,
): Promise<void> {
  if (check.under.length >= DEEPEST || check.under.includes(certificate))
    throw new PathRefused('the revocation lists of a path vouch for each other')
  const inner = { ...check, under: [...check.under, certificate] }
  let covered = 0
  for (const point of orRefused('a certificate of the path', () => pointsOf(certificate))) {
    for (const crl of check.crls) {
      const asked = point.reasons & (crl.scope?.reasons ?? ALL_REASONS)
      if ((asked & ~covered) === 0) continue
      if (!(await answersFor(inner, path, index, crl, point))) continue
      covered |= asked
    }
    if (covered === ALL_REASONS) return
  }
  throw new PathRefused('no current revocation list answers for a certificate of the path')
}

/** Whether this list says that the certificate is good, for this point (§6.3.3). Throws PathRefused for a revoked one. */
async function answersFor(
  check: Check,
  path: ValidPath,
  index: number,
  crl: Crl,
  point: DistributionPoint,
): Promise<boolean> {
  const certificate = path.certificates[index] as Certificate
  if (crl.base !== undefined || crl.isStrange || !isCurrent(crl, check.rules.at)) return false
  if (!isAbout(crl, certificate, point)) return false
  const key = await signerOf(check, path, index, crl, point)
  if (!key) return false
  const deltas = check.crls.filter(
    (delta) =>
      completes(delta, crl) &&
      isCurrent(delta, check.rules.at) &&
      orRefused('a revocation list', () => signedBy(delta, key, check.rules)),
  )
  // The difference with the highest number is the newest.
  const [delta] = deltas.toSorted((one, other) =>
    (one.number ?? 0n) < (other.number ?? 0n) ? 1 : -1,
  )
  const listed = orRefused('a revocation list', () => entryOf(crl, certificate))
  const changed = delta && orRefused('a revocation list', () => entryOf(delta, certificate))
  if (listed === 'strange' || changed === 'strange') return false
  // Only a difference can take a certificate off the list again.
  const isRevoked = changed ? !changed.isRemoval : listed !== undefined
  if (isRevoked) throw new PathRefused('a certificate of the path is revoked')
  return true
}

const isCurrent = ({ thisUpdate, nextUpdate }: Crl, at: Date): boolean =>
  thisUpdate <= at && nextUpdate !== undefined && at < nextUpdate

/** §6.3.3 (b). */
function isAbout(crl: Crl, certificate: Certificate, point: DistributionPoint): boolean {
  const { scope } = crl
  if (point.issuerNames) {
    if (scope?.isIndirect !== true || !point.issuerNames.includes(directoryKey(crl.issuer)))
      return false
  } else if (crl.issuer !== nameOf(certificate.issuer)) return false
  if (!scope) return true
  if (!scopeFits(scope, point) || scope.onlyAttributeCertificates) return false
  const { isCa } = basicConstraintsOf(certificate)
  return !(scope.onlyUserCertificates && isCa) && !(scope.onlyCaCertificates && !isCa)
}

/** §6.3.3 (c), §5.2.4: a difference to this list or an earlier one, by the same signer and of the same scope. */
const completes = (delta: Crl, crl: Crl): boolean =>
  delta.base !== undefined &&
  !delta.isStrange &&
  delta.issuer === crl.issuer &&
  delta.scope?.raw === crl.scope?.raw &&
  delta.authorityKey === crl.authorityKey &&
  crl.number !== undefined &&
  delta.number !== undefined &&
  crl.number >= delta.base &&
  crl.number <= delta.number

/**
 * The key that signed this list (§6.3.3 (f), (g)): the certificate's issuer's, or that of another certificate with the
 * name of the list's issuer, on a path of its own from the same anchor.
 */
async function signerOf(
  check: Check,
  path: ValidPath,
  index: number,
  crl: Crl,
  point: DistributionPoint,
): Promise<WorkingKey | undefined> {
  if (!Buffer.from(crl.innerAlgorithm).equals(crl.outerAlgorithm)) return undefined
  const signed = (key: WorkingKey): boolean =>
    check.budget.signatures-- > 0 &&
    orRefused('a revocation list', () => signedBy(crl, key, check.rules))
  // A CA may name a signer of lists that answer for this signer's own certificate too.
  for (let above = point.issuerNames ? index : index - 1; above >= 0; above--) {
    const issuer = path.certificates[above] as Certificate
    const key = path.keys[above] as WorkingKey
    if (nameOf(issuer.subject) === crl.issuer && maySignLists(issuer) && signed(key)) return key
  }
  for (const candidate of check.between) {
    if (check.under.includes(candidate) || !isNamed(candidate, crl.issuer)) continue
    if (!maySignLists(candidate) || !mayFit(candidate, signed, check.rules)) continue
    const found = await pathTo(check, path.certificates[0], candidate)
    if (found && signed(found.key)) return found.key
  }
  return undefined
}

/** Looked at before its path is, which costs more. A DSA key without parameters cannot tell yet. */
function mayFit(
  { spki }: Certificate,
  signed: (key: WorkingKey) => boolean,
  rules: PathRules,
): boolean {
  try {
    return signed(orRefused('a public key', () => workingKey(spki, rules)))
  } catch (error) {
    if (error instanceof PathRefused) return rules.allowDsa === true
    throw error
  }
}

async function pathTo(
  check: Check,
  anchor: Certificate,
  target: Certificate,
): Promise<ValidPath | undefined> {
  const { purpose: _, usage: __, ...rules } = check.rules
  try {
    return await findPath({
      target,
      between: check.between,
      anchors: [anchor],
      rules,
      budget: check.budget,
      accept: (path) => checkPath(check, path),
    })
  } catch (error) {
    if (error instanceof PathRefused) return undefined
    throw error
  }
}

const maySignLists = (certificate: Certificate): boolean =>
  orRefused('a certificate of the path', () => keyUsageOf(certificate)?.has(CRL_SIGN) !== false)

function isNamed(certificate: Certificate, name: string): boolean {
  try {
    return orRefused('a name', () => nameOf(certificate.subject)) === name
  } catch (error) {
    if (error instanceof PathRefused) return false
    throw error
  }
}
