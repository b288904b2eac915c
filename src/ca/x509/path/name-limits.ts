import { isIP } from 'node:net'
import { type Der, expectTag, NotDer, readDer, tags } from '../../../crypto/der.ts'
import { generalName } from '../alternative-names.ts'
import { type Certificate, extensionOf } from '../certificate.ts'
import { emailWithin, hostWithin, subtrees, wildcardTouches } from '../name-constraints.ts'
import { comparableRdn, type NameAttribute, readName } from '../names.ts'
import { oids } from '../oids.ts'
import { PathRefused } from './refused.ts'

type Rdns = readonly (readonly NameAttribute[])[]

/** A GeneralName, by its tag. */
interface Name {
  readonly tag: number
  readonly text: string
  readonly octets: Uint8Array
  readonly rdns: Rdns
}

interface Kind {
  readonly within: (name: Name, base: Der) => boolean
  /** Whether the name could stand for one within: a wildcard does. */
  readonly touches?: (name: Name, base: Der) => boolean
}

const DIRECTORY = 0xa0 | generalName.directory
const EMAIL = 0x80 | generalName.email

/** The kinds of names whose constraints we can apply (RFC 5280 §4.2.1.10). */
const kinds: Readonly<Record<number, Kind>> = {
  [0x80 | generalName.dns]: {
    within: ({ text }, base) => hostWithin(text, base),
    touches: ({ text }, base) => wildcardTouches(text, base),
  },
  [EMAIL]: { within: ({ text }, base) => emailWithin(text, base) },
  [0x80 | generalName.uri]: { within: uriWithin },
  [0x80 | generalName.ip]: { within: addressWithin },
  [DIRECTORY]: { within: directoryWithin },
}

/** Names of a path times constraints on them; far beyond any real path. */
const MAX_COMPARISONS = 250_000

/** The names that the certificates of a path may have, narrowed by each CA on the way down. */
export class NameLimits {
  /** A name has to be within one base of its kind in every list that has any. */
  readonly #permitted: (readonly Der[])[] = []
  readonly #excluded: Der[] = []
  #comparisons = 0

  /** §6.1.4 (g). */
  narrow(certificate: Certificate): void {
    const extension = extensionOf(certificate, oids.nameConstraints)
    if (!extension) return
    const { children } = expectTag(readDer(extension.value), tags.sequence, 'nameConstraints')
    if (children.length === 0 || children.some(({ tag }) => tag !== 0xa0 && tag !== 0xa1))
      throw new NotDer('nameConstraints has neither what is permitted nor what is excluded')
    const list = (wanted: number) => subtrees(children.find(({ tag }) => tag === wanted))
    this.#permitted.push(list(0xa0))
    this.#excluded.push(...list(0xa1))
  }

  /** §6.1.3 (b), (c). Throws PathRefused for a certificate with a name that is not allowed. */
  check(certificate: Certificate): void {
    if (this.#permitted.length === 0 && this.#excluded.length === 0) return
    for (const name of namesOf(certificate)) {
      const { tag } = name
      for (const bases of this.#permitted) {
        const same = bases.filter((base) => base.tag === tag)
        if (same.length > 0 && !same.some((base) => this.#applies(name, base, 'within')))
          throw forbidden()
      }
      for (const base of this.#excluded)
        if (base.tag === tag && this.#applies(name, base, 'touches')) throw forbidden()
    }
  }

  #applies(name: Name, base: Der, how: 'within' | 'touches'): boolean {
    const kind = kinds[name.tag]
    // A constraint on names of a kind that we cannot compare (§4.2.1.10: process it or reject the certificate).
    if (!kind)
      throw new PathRefused(
        'a CA constrains names of a kind that is not understood, and one is there',
      )
    if (++this.#comparisons > MAX_COMPARISONS)
      throw new PathRefused('a path has too many names and constraints on them')
    return how === 'touches' && kind.touches ? kind.touches(name, base) : kind.within(name, base)
  }
}

const forbidden = () =>
  new PathRefused(
    'a certificate has a name that the name constraints of a CA above it do not allow',
  )

/** The subject, the e-mail addresses in it, and every alternative name. */
function namesOf(certificate: Certificate): Name[] {
  const subject = readName(certificate.subject, 'the subject')
  const names: Name[] = []
  const blank = { text: '', octets: new Uint8Array(), rdns: [] }
  if (subject.length > 0) names.push({ ...blank, tag: DIRECTORY, rdns: subject })
  for (const { short, value } of subject.flat())
    if (short === 'emailAddress') names.push({ ...blank, tag: EMAIL, text: value })
  const extension = extensionOf(certificate, oids.subjectAltName)
  if (!extension) return names
  for (const name of expectTag(readDer(extension.value), tags.sequence, 'subjectAltName').children)
    names.push({
      tag: name.tag,
      text: Buffer.from(name.content).toString('latin1'),
      octets: name.content,
      rdns: name.tag === DIRECTORY ? readName(name.children[0], 'an alternative name') : [],
    })
  return names
}

/** The host of a URI, or a point and the zone of hosts. A URI without a host name fits no constraint and is refused. */
function uriWithin({ text }: Name, base: Der): boolean {
  const host = hostOf(text)
  if (host === undefined)
    throw new PathRefused('a CA constrains URIs, and one is there that names no host')
  const zone = Buffer.from(base.content).toString('latin1').toLowerCase()
  return zone === '' || (zone.startsWith('.') ? host.endsWith(zone) : host === zone)
}

function hostOf(uri: string): string | undefined {
  // RFC 3986 §3.2: what stands between // and the next delimiter, without user and port.
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1]
  const host = authority?.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '')
  if (!host || host.startsWith('[') || isIP(host) !== 0) return undefined
  return host.toLowerCase()
}

/** Address and mask, 8 octets or 32. */
function addressWithin({ octets }: Name, { content }: Der): boolean {
  if (content.length !== 8 && content.length !== 32)
    throw new NotDer('a constraint on addresses is neither 8 nor 32 octets long')
  if (content.length !== octets.length * 2) return false
  return octets.every((octet, at) => {
    const mask = content[octets.length + at] ?? 0
    return (octet & mask) === ((content[at] ?? 0) & mask)
  })
}

function directoryWithin({ rdns }: Name, base: Der): boolean {
  const wanted = readName(base.children[0], 'a name constraint')
  return (
    wanted.length <= rdns.length &&
    wanted.every((rdn, at) => comparableRdn(rdn) === comparableRdn(rdns[at] ?? []))
  )
}
