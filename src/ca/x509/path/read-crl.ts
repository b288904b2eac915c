import {
  type Der,
  expectTag,
  NotDer,
  readBoolean,
  readDer,
  readInteger,
  readOctetsOfBits,
  readTime,
  tags,
} from '../../../crypto/der.ts'
import { type Certificate, type Extension, extensionOf, readExtensions } from '../certificate.ts'
import { oids } from '../oids.ts'
import { type DistributionPoint, pointNames, readReasons } from './distribution-points.ts'
import { nameOf } from './validate.ts'

/** A certificate revocation list taken apart (RFC 5280 §5). */
export interface Crl {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly innerAlgorithm: Uint8Array
  readonly outerAlgorithm: Uint8Array
  readonly signature: Uint8Array
  /** In the form that equal names share. */
  readonly issuer: string
  readonly issuerName: Der
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
  readonly number: bigint | undefined
  /** The number of the list that this one is a difference to; undefined for a complete list. */
  readonly base: bigint | undefined
  readonly scope: Scope | undefined
  readonly authorityKey: string | undefined
  /** Says something that must be understood and is not. */
  readonly isStrange: boolean
  readonly entries: readonly Der[]
}

/** issuingDistributionPoint (§5.2.5). */
export interface Scope {
  /** As it stands, to compare a delta with its base. */
  readonly raw: string
  readonly names: readonly string[] | undefined
  readonly onlyUserCertificates: boolean
  readonly onlyCaCertificates: boolean
  readonly onlyAttributeCertificates: boolean
  readonly isIndirect: boolean
  readonly reasons: number | undefined
}

export interface CrlEntry {
  readonly serialNumber: bigint
  /** Whose certificate it is, in the form that equal names share. */
  readonly issuer: string
  readonly isRemoval: boolean
}

const KNOWN: readonly string[] = [
  oids.authorityKeyIdentifier,
  oids.cRLNumber,
  oids.deltaCRLIndicator,
  oids.issuingDistributionPoint,
]
const KNOWN_IN_ENTRIES: readonly string[] = [
  oids.reasonCode,
  oids.invalidityDate,
  oids.certificateIssuer,
]
const REMOVE_FROM_CRL = 8

/** Throws NotDer. */
export function parseCrl(der: Uint8Array): Crl {
  const [tbs, outerAlgorithm, signature] = expectTag(
    readDer(der),
    tags.sequence,
    'the revocation list',
  ).children
  const fields = [...expectTag(tbs, tags.sequence, 'the revocation list').children]
  const version = fields[0]?.tag === tags.integer ? readInteger(fields.shift(), 'the version') : 0n
  const [innerAlgorithm, issuer, thisUpdate, ...rest] = fields
  const isTime = rest[0]?.tag === tags.utcTime || rest[0]?.tag === tags.generalizedTime
  const nextUpdate = isTime ? readTime(rest.shift(), 'nextUpdate') : undefined
  const listed = rest[0]?.tag === tags.sequence ? rest.shift()?.children : undefined
  const last = rest.shift()
  if (rest.length > 0 || (last && last.tag !== 0xa0)) throw new NotDer('the list has odd fields')
  const extensions = last ? readExtensions(last.children[0]) : []
  if (extensions.length > 0 && version !== 1n) throw new NotDer('the list is not of version 2')
  const issuerName = expectTag(issuer, tags.sequence, 'the issuer')
  return {
    der,
    tbs: expectTag(tbs, tags.sequence, 'the revocation list').raw,
    innerAlgorithm: expectTag(innerAlgorithm, tags.sequence, 'the algorithm').raw,
    outerAlgorithm: expectTag(outerAlgorithm, tags.sequence, 'the algorithm').raw,
    signature: readOctetsOfBits(signature, 'the signature'),
    issuer: nameOf(issuerName),
    issuerName,
    thisUpdate: readTime(thisUpdate, 'thisUpdate'),
    nextUpdate,
    number: numberIn(extensions, oids.cRLNumber),
    base: numberIn(extensions, oids.deltaCRLIndicator),
    scope: scopeOf(extensions, issuerName),
    authorityKey: textOf(extensions, oids.authorityKeyIdentifier),
    isStrange: hasUnknown(extensions, KNOWN),
    entries: listed ?? [],
  }
}

const valueIn = (extensions: readonly Extension[], dotted: string): Der | undefined => {
  const extension = extensionOf({ extensions }, dotted)
  return extension && readDer(extension.value)
}

const textOf = (extensions: readonly Extension[], dotted: string): string | undefined => {
  const value = valueIn(extensions, dotted)
  return value && Buffer.from(value.raw).toString('hex')
}

function numberIn(extensions: readonly Extension[], dotted: string): bigint | undefined {
  const value = valueIn(extensions, dotted)
  return value && readInteger(value, 'the number of the list')
}

const hasUnknown = (extensions: readonly Extension[], known: readonly string[]): boolean =>
  extensions.some(({ oid, critical }) => critical && !known.includes(oid)) ||
  new Set(extensions.map(({ oid }) => oid)).size < extensions.length

function scopeOf(extensions: readonly Extension[], issuer: Der): Scope | undefined {
  const value = valueIn(extensions, oids.issuingDistributionPoint)
  if (!value) return undefined
  const { children, raw } = expectTag(value, tags.sequence, 'issuingDistributionPoint')
  const field = (tag: number) => children.find((one) => one.tag === tag)
  const flag = (number: number): boolean => {
    const found = field(0x80 | number)
    return (
      found !== undefined && readBoolean({ ...found, tag: tags.boolean }, 'a limit of the list')
    )
  }
  const point = field(0xa0)
  const reasons = field(0x83)
  return {
    raw: Buffer.from(raw).toString('hex'),
    names: point && pointNames(point, issuer),
    onlyUserCertificates: flag(1),
    onlyCaCertificates: flag(2),
    reasons: reasons && readReasons(reasons),
    isIndirect: flag(4),
    onlyAttributeCertificates: flag(5),
  }
}

/**
 * What a list says of one certificate. An entry's issuer is that of the entry before it unless it names another
 * (§5.3.3). `strange` when any entry says something that must be understood and is not: then nothing in the list is
 * to be relied on (§5.3).
 */
export function entryOf(
  crl: Crl,
  { serialNumber, issuer }: Pick<Certificate, 'serialNumber' | 'issuer'>,
): CrlEntry | 'strange' | undefined {
  const wanted = nameOf(issuer)
  let current = crl.issuer
  let found: CrlEntry | undefined
  for (const entry of crl.entries) {
    const [serial, , list] = expectTag(entry, tags.sequence, 'an entry of the list').children
    const extensions = list ? readExtensions(list) : []
    if (hasUnknown(extensions, KNOWN_IN_ENTRIES)) return 'strange'
    const named = valueIn(extensions, oids.certificateIssuer)
    if (named) {
      if (crl.scope?.isIndirect !== true) return 'strange'
      const directory = named.children.find(({ tag }) => tag === 0xa4)
      if (!directory) return 'strange'
      current = nameOf(expectTag(directory.children[0], tags.sequence, 'the issuer of an entry'))
    }
    if (current !== wanted || readInteger(serial, 'a serial number') !== serialNumber) continue
    const reason = valueIn(extensions, oids.reasonCode)
    const isRemoval = reason?.tag === 0x0a && reason.content[0] === REMOVE_FROM_CRL
    found = { serialNumber, issuer: current, isRemoval }
  }
  return found
}

/** Whether a list may speak of this distribution point: they share a name, or the list is not limited to any. */
export const scopeFits = (scope: Scope | undefined, point: DistributionPoint): boolean =>
  scope?.names === undefined ||
  scope.names.some((name) => (point.names ?? point.issuerNames ?? []).includes(name))
