import {
  type Der,
  expectTag,
  NotDer,
  readDer,
  readInteger,
  readOid,
  tags,
} from '../../../crypto/der.ts'
import { type Certificate, extensionOf } from '../certificate.ts'
import { oids } from '../oids.ts'
import { PathRefused } from './refused.ts'

/**
 * Certificate policies (RFC 5280 §6.1.2 to §6.1.5). The tree of the RFC is kept as a graph: nodes of one level with the
 * same policy always have the same expected policies and lead to the same children, so one node with several parents
 * stands for them. A tree can double with every level (CVE-2023-0464); the graph has at most one node for each policy.
 */

const ANY = oids.anyPolicy

export interface PolicyRules {
  /** The policies that would do; none: any. */
  readonly initialPolicies?: ReadonlySet<string>
  readonly initialExplicitPolicy?: boolean
  readonly initialPolicyMappingInhibit?: boolean
  readonly initialAnyPolicyInhibit?: boolean
}

interface Node {
  readonly policy: string
  expected: ReadonlySet<string>
  readonly parents: readonly Node[]
}
type Level = Map<string, Node>

const MAX_POLICIES = 256

export class PolicyState {
  readonly #initial: ReadonlySet<string>
  #explicitPolicy: number
  #policyMapping: number
  #inhibitAny: number
  /** Undefined: the tree is NULL. */
  #level: Level | undefined

  /** `length`: how many certificates the path has below its anchor. */
  constructor(length: number, rules: PolicyRules) {
    this.#initial = rules.initialPolicies ?? new Set([ANY])
    this.#explicitPolicy = rules.initialExplicitPolicy === true ? 0 : length + 1
    this.#policyMapping = rules.initialPolicyMappingInhibit === true ? 0 : length + 1
    this.#inhibitAny = rules.initialAnyPolicyInhibit === true ? 0 : length + 1
    this.#level = new Map([[ANY, { policy: ANY, expected: new Set([ANY]), parents: [] }]])
  }

  /** §6.1.3 (d) to (f). */
  read(certificate: Certificate, { isLast, isSelfIssued }: Place): void {
    const policies = policiesOf(certificate)
    if (!policies) this.#level = undefined
    else if (this.#level) this.#level = this.#next(this.#level, policies, isLast, isSelfIssued)
    this.#demandTree()
  }

  #next(
    above: Level,
    policies: ReadonlySet<string>,
    isLast: boolean,
    isSelfIssued: boolean,
  ): Level | undefined {
    const level: Level = new Map()
    const expecting = new Map<string, Node[]>()
    for (const node of above.values())
      for (const policy of node.expected)
        expecting.set(policy, [...(expecting.get(policy) ?? []), node])
    const add = (policy: string, parents: readonly Node[]) =>
      level.set(policy, { policy, expected: new Set([policy]), parents })
    const any = above.get(ANY)
    for (const policy of policies) {
      if (policy === ANY) continue
      const parents = expecting.get(policy) ?? (any && [any])
      if (parents) add(policy, parents)
    }
    if (policies.has(ANY) && (this.#inhibitAny > 0 || (!isLast && isSelfIssued)))
      for (const [policy, parents] of expecting) if (!level.has(policy)) add(policy, parents)
    if (level.size > MAX_POLICIES) throw new PathRefused('a path has too many policies to follow')
    return level.size === 0 ? undefined : level
  }

  #demandTree(): void {
    if (this.#explicitPolicy === 0 && !this.#level)
      throw new PathRefused('no certificate policy holds along the path, and one is required')
  }

  /** §6.1.4 (a), (b), (h) to (j): from a CA certificate on to the one below it. */
  prepareNext(certificate: Certificate, isSelfIssued: boolean): void {
    this.#map(mappingsOf(certificate))
    if (!isSelfIssued) {
      this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
      this.#policyMapping = Math.max(0, this.#policyMapping - 1)
      this.#inhibitAny = Math.max(0, this.#inhibitAny - 1)
    }
    const { requireExplicit, inhibitMapping } = constraintsOf(certificate)
    this.#explicitPolicy = Math.min(this.#explicitPolicy, requireExplicit)
    this.#policyMapping = Math.min(this.#policyMapping, inhibitMapping)
    this.#inhibitAny = Math.min(this.#inhibitAny, inhibitAnyOf(certificate))
  }

  #map(mappings: ReadonlyMap<string, ReadonlySet<string>>): void {
    const level = this.#level
    if (!level) return
    for (const [policy, subjects] of mappings) {
      const node = level.get(policy)
      if (this.#policyMapping === 0) level.delete(policy)
      else if (node) node.expected = subjects
      else {
        const any = level.get(ANY)
        if (any) level.set(policy, { policy, expected: subjects, parents: any.parents })
      }
    }
    if (level.size === 0) this.#level = undefined
  }

  /** §6.1.5 (a), (b), (g). Gives back the policies that hold, of those that would do. */
  finish(last: Certificate): ReadonlySet<string> {
    this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
    if (constraintsOf(last).requireExplicit === 0) this.#explicitPolicy = 0
    const held = this.#held()
    if (this.#explicitPolicy === 0 && held.size === 0)
      throw new PathRefused('none of the certificate policies that would do holds along the path')
    return held
  }

  #held(): Set<string> {
    const held = new Set<string>()
    if (!this.#level) return held
    const seen = new Set<Node>()
    const reached = [...this.#level.values()]
    for (let node = reached.pop(); node; node = reached.pop()) {
      if (seen.has(node)) continue
      seen.add(node)
      // A policy of the anchor's own domain: the first below anyPolicy.
      if (node.policy !== ANY && node.parents.some(({ policy }) => policy === ANY))
        held.add(node.policy)
      reached.push(...node.parents)
    }
    const initial = this.#initial
    const leafAny = this.#level.has(ANY)
    if (initial.has(ANY)) return leafAny ? held.add(ANY) : held
    return new Set([...initial].filter((policy) => leafAny || held.has(policy)))
  }
}

export interface Place {
  readonly isLast: boolean
  readonly isSelfIssued: boolean
}

const extensionValue = (certificate: Certificate, dotted: string): Der | undefined => {
  const extension = extensionOf(certificate, dotted)
  return extension && readDer(extension.value)
}

function policiesOf(certificate: Certificate): Set<string> | undefined {
  const value = extensionValue(certificate, oids.certificatePolicies)
  if (!value) return undefined
  const { children } = expectTag(value, tags.sequence, 'certificatePolicies')
  if (children.length === 0) throw new NotDer('certificatePolicies is empty')
  const policies = children.map((information) =>
    readOid(expectTag(information, tags.sequence, 'a policy').children[0], 'a policy'),
  )
  // RFC 5280 §4.2.1.4: a policy must not stand there twice.
  if (new Set(policies).size < policies.length) throw new NotDer('a policy stands there twice')
  return new Set(policies)
}

function mappingsOf(certificate: Certificate): Map<string, Set<string>> {
  const mappings = new Map<string, Set<string>>()
  const value = extensionValue(certificate, oids.policyMappings)
  if (!value) return mappings
  for (const pair of expectTag(value, tags.sequence, 'policyMappings').children) {
    const [from, to] = expectTag(pair, tags.sequence, 'a policy mapping').children
    const [issuer, subject] = [readOid(from, 'a policy mapping'), readOid(to, 'a policy mapping')]
    if (issuer === ANY || subject === ANY)
      throw new PathRefused('a policy mapping is from or to anyPolicy')
    mappings.set(issuer, (mappings.get(issuer) ?? new Set()).add(subject))
  }
  return mappings
}

/** A number of certificates; absent: without end. */
function count(element: Der | undefined, what: string): number {
  if (!element) return Number.POSITIVE_INFINITY
  const { content } = element
  const number = readInteger({ ...element, tag: tags.integer, content }, what)
  if (number < 0n) throw new NotDer(`${what} is negative`)
  return Number(number)
}

function constraintsOf(certificate: Certificate): {
  requireExplicit: number
  inhibitMapping: number
} {
  const value = extensionValue(certificate, oids.policyConstraints)
  const fields = value ? expectTag(value, tags.sequence, 'policyConstraints').children : []
  if (value && fields.length === 0) throw new NotDer('policyConstraints is empty')
  return {
    requireExplicit: count(
      fields.find(({ tag }) => tag === 0x80),
      'requireExplicitPolicy',
    ),
    inhibitMapping: count(
      fields.find(({ tag }) => tag === 0x81),
      'inhibitPolicyMapping',
    ),
  }
}

function inhibitAnyOf(certificate: Certificate): number {
  const value = extensionValue(certificate, oids.inhibitAnyPolicy)
  return count(value && expectTag(value, tags.integer, 'inhibitAnyPolicy'), 'inhibitAnyPolicy')
}
