import type { KeyObject } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Der,
  type Element,
  elementsIn,
  expectTag,
  NotDer,
  readDer,
  readInteger,
  readOctetsOfBits,
  readTime,
  tags,
} from '../../crypto/der.ts'
import { type SignatureRow, verifiesLater } from './algorithms.ts'
import { generalName } from './alternative-names.ts'
import { type Certificate, type Extension, readExtensions } from './certificate.ts'
import { oids } from './oids.ts'
import { identifierOf } from './profile.ts'

/** What the list is meant to say. */
export interface ExpectedCrl {
  readonly issuer: Certificate
  readonly row: SignatureRow
  readonly fields: {
    readonly number: bigint
    readonly baseNumber?: bigint
    readonly thisUpdate: Date
    readonly nextUpdate: Date
    readonly distributionPoint?: string | undefined
    readonly freshest?: string | undefined
  }
  /** The key the signature was made with, in rehearsal a throw-away one. */
  readonly signer: KeyObject
}

/** A CRL taken apart as far as its list of entries, which stays closed (RFC 5280 §5.1). */
export interface Crl {
  readonly tbs: Uint8Array
  readonly version: bigint
  readonly innerAlgorithm: Uint8Array
  readonly outerAlgorithm: Uint8Array
  readonly issuer: Uint8Array
  readonly thisUpdate: Der
  readonly nextUpdate: Der
  /** The entries one after the other; empty and absent are told apart. */
  readonly entries: Uint8Array | undefined
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
}

/** Takes DER apart without judging it. Throws NotDer. */
export function parseCrl(der: Uint8Array): Crl {
  const [outer, ...behind] = elementsIn(der)
  if (behind.length > 0) throw new NotDer('bytes follow the end of the CRL')
  const [tbs, outerAlgorithm, signature, ...more] = elementsIn(contentOf(outer, 'the CRL'))
  if (!tbs || !outerAlgorithm || !signature || more.length > 0)
    throw new NotDer('the CRL is not list, algorithm and signature')
  const fields = [...elementsIn(contentOf(tbs, 'the list'))]
  const [version, innerAlgorithm, issuer, thisUpdate, nextUpdate] = fields
  const rest = fields.slice(5)
  const entries = rest[0]?.tag === tags.sequence ? rest.shift() : undefined
  const extensions = rest.shift()
  if (!version || !innerAlgorithm || !issuer || !thisUpdate || !nextUpdate || rest.length > 0)
    throw new NotDer('the list lacks a field or has one too many')
  if (extensions?.tag !== 0xa0) throw new NotDer('the list has no extensions')
  return {
    tbs: tbs.raw,
    version: readInteger(readDer(version.raw), 'the version'),
    innerAlgorithm: innerAlgorithm.raw,
    outerAlgorithm: outerAlgorithm.raw,
    issuer: issuer.raw,
    thisUpdate: readDer(thisUpdate.raw),
    nextUpdate: readDer(nextUpdate.raw),
    entries: entries?.content,
    extensions: readExtensions(readDer(extensions.content)),
    signature: readOctetsOfBits(readDer(signature.raw), 'the signature'),
  }
}

function contentOf(element: Element | undefined, what: string): Uint8Array {
  if (element?.tag !== tags.sequence) throw new NotDer(`${what} is missing or of another type`)
  return element.content
}

/** What is wrong with this list by RFC 5280 section 5 and our profile; empty when nothing is. */
export async function lintCrl(der: Uint8Array, expected: ExpectedCrl): Promise<string[]> {
  try {
    const crl = parseCrl(der)
    const findings = [...form(crl, expected), ...extensions(crl, expected)]
    for await (const finding of entries(crl, expected.fields.baseNumber !== undefined))
      findings.push(finding)
    if (!(await verifiesLater(expected.row, crl.tbs, expected.signer, crl.signature)))
      findings.push('the signature does not verify')
    return findings
  } catch (error) {
    return [`our reader cannot read it: ${error instanceof Error ? error.message : String(error)}`]
  }
}

function* form(crl: Crl, { issuer, row, fields }: ExpectedCrl): Generator<string> {
  if (crl.version !== 1n) yield 'the version is not 2'
  for (const algorithm of [crl.innerAlgorithm, crl.outerAlgorithm])
    if (!row.identifier.equals(algorithm)) yield 'an algorithm is not the CA’s'
  if (!Buffer.from(issuer.subject.raw).equals(crl.issuer))
    yield 'the issuer is not the subject of the CA'
  if (issuer.subject.children.length === 0) yield 'the issuer is empty'
  const from = readTime(crl.thisUpdate, 'thisUpdate')
  const to = readTime(crl.nextUpdate, 'nextUpdate')
  if (from >= to) yield 'nextUpdate is not after thisUpdate'
  for (const [element, date, meant] of [
    [crl.thisUpdate, from, fields.thisUpdate],
    [crl.nextUpdate, to, fields.nextUpdate],
  ] as const) {
    if (element.tag !== timeTag(date))
      yield 'a time is UTCTime after 2049 or GeneralizedTime before 2050'
    if (date.getTime() !== Math.floor(meant.getTime() / 1000) * 1000)
      yield 'a time is not the one meant'
  }
}

const timeTag = (date: Date): number =>
  date.getUTCFullYear() < 2050 ? tags.utcTime : tags.generalizedTime

/** What may stand in a list of ours, and whether it is critical. */
const known: ReadonlyMap<string, boolean> = new Map([
  [oids.authorityKeyIdentifier, false],
  [oids.cRLNumber, false],
  [oids.deltaCRLIndicator, true],
  [oids.issuingDistributionPoint, true],
  [oids.freshestCRL, false],
])

function* extensions(crl: Crl, { issuer, fields }: ExpectedCrl): Generator<string> {
  const values = new Map<string, Uint8Array>()
  for (const { oid, critical, value } of crl.extensions) {
    if (values.has(oid)) yield `extension ${oid} is there twice`
    values.set(oid, value)
    if (known.get(oid) === undefined) yield `extension ${oid} is not in the profile`
    else if (known.get(oid) !== critical)
      yield `extension ${oid} is ${critical ? '' : 'not '}critical`
  }
  const number = (oid: string): bigint | undefined => {
    const value = values.get(oid)
    return value && readInteger(readDer(value), `extension ${oid}`)
  }
  const authority = values.get(oids.authorityKeyIdentifier)
  const [identifier, ...more] = authority ? readDer(authority).children : []
  if (
    identifier?.tag !== 0x80 ||
    more.length > 0 ||
    !Buffer.from(identifierOf(issuer)).equals(identifier.content)
  )
    yield 'the authority key identifier is not the CA’s'
  const own = number(oids.cRLNumber)
  // Twenty octets at most (RFC 5280 §5.2.3).
  if (own === undefined || own !== fields.number || own < 1n || own >= 1n << 159n)
    yield 'the CRL number is missing, or not the one meant'
  const base = number(oids.deltaCRLIndicator)
  if (base !== fields.baseNumber) yield 'the list is a delta or not, against what was meant'
  if (base !== undefined && own !== undefined && base >= own)
    yield 'the delta is not newer than the list it stands on'
  yield* addresses(values, fields)
}

function* addresses(
  values: ReadonlyMap<string, Uint8Array>,
  { distributionPoint, freshest, baseNumber }: ExpectedCrl['fields'],
): Generator<string> {
  const shown = (oid: string): string | undefined => {
    const value = values.get(oid)
    return value && urisIn(readDer(value)).join(' ')
  }
  if (shown(oids.issuingDistributionPoint) !== distributionPoint)
    yield 'the issuing distribution point is not the CA’s address'
  if (shown(oids.freshestCRL) !== (baseNumber === undefined ? freshest : undefined))
    yield 'the freshest CRL is not at the CA’s address'
}

const urisIn = ({ tag, content, children }: Der): string[] =>
  tag === (0x80 | generalName.uri)
    ? [Buffer.from(content).toString('latin1')]
    : children.flatMap(urisIn)

/** As many entries as take a few milliseconds. */
const PER_TURN = 500

async function* entries(crl: Crl, isDelta: boolean): AsyncGenerator<string> {
  if (crl.entries === undefined) return
  const seen = new Set<string>()
  let count = 0
  for (const entry of elementsIn(crl.entries)) {
    yield* entryFindings(readDer(entry.raw), isDelta, seen)
    if (++count % PER_TURN === 0) await nextTurn()
  }
  if (count === 0) yield 'the list of entries is there and empty'
}

function* entryFindings(entry: Der, isDelta: boolean, seen: Set<string>): Generator<string> {
  const [serial, date, listed, ...more] = expectTag(entry, tags.sequence, 'an entry').children
  const { content } = expectTag(serial, tags.integer, 'a serial number')
  const key = Buffer.from(content).toString('hex')
  if (seen.has(key)) yield 'a serial number is there twice'
  seen.add(key)
  // Certificates installed elsewhere may have any serial; those issued here have 1 to 2^128 - 1.
  if (readInteger(serial, 'a serial number') < 1n || content.length > 20)
    yield 'a serial number is not positive or has more than 20 octets'
  const at = readTime(date, 'a revocation date')
  if (date?.tag !== timeTag(at))
    yield 'a revocation date is UTCTime after 2049 or GeneralizedTime before 2050'
  if (more.length > 0) yield 'an entry has a field too many'
  if (listed) yield* reasonFindings(listed, isDelta)
}

function* reasonFindings(listed: Der, isDelta: boolean): Generator<string> {
  const [reason, ...others] = readExtensions(listed)
  if (!reason || others.length > 0 || reason.oid !== oids.reasonCode || reason.critical) {
    yield 'an entry has extensions other than a reason'
    return
  }
  const code = expectTag(readDer(reason.value), tags.enumerated, 'a reason').content
  const [number = 0] = code
  if (code.length !== 1 || number < 1 || number > 10 || number === 7)
    yield 'a reason is none, or unspecified, which is left out'
  if (number === 8 && !isDelta) yield 'removeFromCRL stands on a list that is no delta'
}
