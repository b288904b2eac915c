import type { Certificate } from '../certificate.ts'
import { orRefused, PathRefused } from './refused.ts'
import { signedBy, type WorkingKey, workingKey } from './signatures.ts'
import { nameOf, type PathRules, type ValidPath, validatePath } from './validate.ts'

/** Counts work over one question, the paths of revocation lists' signers included. */
export interface Budget {
  signatures: number
  paths: number
}

/** Bounds far above any real path: what is beyond them is refused rather than looked at. */
export const newBudget = (): Budget => ({ signatures: 256, paths: 64 })
const LONGEST_PATH = 12

export interface Search {
  readonly target: Certificate
  /** Certificates that may lie between, in any order, with whatever else was sent. */
  readonly between: readonly Certificate[]
  readonly anchors: readonly Certificate[]
  readonly rules: PathRules
  /** Further conditions, such as revocation. Throws PathRefused for a path that will not do; the next one is tried. */
  readonly accept?: (path: ValidPath) => void | Promise<void>
  readonly budget?: Budget
}

/**
 * Finds a path from an anchor down to the target that holds. Throws PathRefused with the reason of the first path that
 * did not, or that there is none.
 *
 * Names say which certificates could lie on the way; of these, signatures are verified from the anchors downwards, so
 * that whoever shows certificates of his own making has one verified against our keys and no more. Paths along what was
 * verified are then tried one by one. Both are counted, so that no bag of certificates can make this long.
 */
export async function findPath(search: Search): Promise<ValidPath> {
  const { target, rules, accept, budget = newBudget() } = search
  const issuers = issuersOf(search, budget)
  let first: PathRefused | undefined
  for (const certificates of paths([target], issuers)) {
    if (budget.paths-- <= 0) throw tooMuch()
    try {
      const path = validatePath(certificates, rules)
      await accept?.(path)
      return path
    } catch (error) {
      if (!(error instanceof PathRefused)) throw error
      first ??= error
    }
  }
  throw first ?? new PathRefused('no path leads from the certificate to a CA that is trusted')
}

const tooMuch = () => new PathRefused('the certificates allow too many paths to look at them all')

interface Issuer {
  readonly certificate: Certificate
  readonly key: WorkingKey
  readonly isAnchor: boolean
}
/** By a certificate, those that signed it and that an anchor stands behind; the anchors first. */
type Issuers = ReadonlyMap<Certificate, readonly Issuer[]>

function issuersOf(search: Search, budget: Budget): Issuers {
  const { anchors, rules } = search
  const waiting = byIssuer(search)
  const found = new Map<Certificate, Issuer[]>()
  const reached: Issuer[] = anchors.flatMap((certificate) => {
    const key = keyOf(certificate, rules)
    return key ? [{ certificate, key, isAnchor: true }] : []
  })
  for (const issuer of reached)
    for (const certificate of waiting.get(subjectOf(issuer.certificate)) ?? []) {
      if (same(certificate, issuer.certificate)) continue
      if (budget.signatures-- <= 0) throw tooMuch()
      if (!isSigned(certificate, issuer.key, rules)) continue
      const known = found.get(certificate)
      if (known) known.push(issuer)
      else {
        found.set(certificate, [issuer])
        const key = keyOf(certificate, rules, issuer.key)
        if (key) reached.push({ certificate, key, isAnchor: false })
      }
    }
  return found
}

/** The target, and what by its name could lie between it and an anchor, by the names of their issuers. */
function byIssuer({ target, between, anchors }: Search): Map<string, Certificate[]> {
  const isKnown = (one: Certificate) => anchors.some((anchor) => same(anchor, one))
  const bySubject = Map.groupBy(
    between.filter((one) => !isKnown(one) && !same(one, target)),
    subjectOf,
  )
  const waiting = new Map<string, Certificate[]>()
  const wanted = [target]
  const seen = new Set<string>()
  for (const certificate of wanted) {
    const issuer = nameIn(certificate, 'issuer')
    waiting.set(issuer, [...(waiting.get(issuer) ?? []), certificate])
    if (seen.has(issuer)) continue
    seen.add(issuer)
    wanted.push(...unlike(bySubject.get(issuer) ?? []))
  }
  return waiting
}

/** Each certificate once, however often it was sent. */
const unlike = (certificates: readonly Certificate[]): Certificate[] => [
  ...new Map(
    certificates.map((one) => [Buffer.from(one.der).toString('base64'), one] as const),
  ).values(),
]

/** Every chain from an anchor to the target. `below` ends with the target. */
function* paths(
  below: readonly [Certificate, ...Certificate[]],
  issuers: Issuers,
): Generator<readonly [Certificate, ...Certificate[]]> {
  if (below.length >= LONGEST_PATH) return
  for (const { certificate, isAnchor } of issuers.get(below[0]) ?? []) {
    if (below.includes(certificate)) continue
    const longer = [certificate, ...below] as const
    if (isAnchor) yield longer
    else yield* paths(longer, issuers)
  }
}

const same = (one: Certificate, other: Certificate): boolean =>
  one === other || Buffer.from(one.der).equals(other.der)

const subjectOf = (certificate: Certificate): string => nameIn(certificate, 'subject')

/** In the form that equal names share; one that cannot be read is nobody's. */
const nameIn = (certificate: Certificate, field: 'subject' | 'issuer'): string =>
  orElse('?', () => nameOf(certificate[field]))

const keyOf = (
  certificate: Certificate,
  rules: PathRules,
  inherited?: WorkingKey,
): WorkingKey | undefined => orElse(undefined, () => workingKey(certificate.spki, rules, inherited))

const isSigned = (certificate: Certificate, key: WorkingKey, rules: PathRules): boolean =>
  orElse(false, () => signedBy(certificate, key, rules))

function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return orRefused('a certificate', read)
  } catch (error) {
    if (error instanceof PathRefused) return otherwise
    throw error
  }
}
