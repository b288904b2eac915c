import { type Der, expectTag, NotDer, readDer, tags } from '../../crypto/der.ts'
import { type AlternativeNames, generalName, ipOctets } from './alternative-names.ts'
import { type Certificate, extensionOf } from './certificate.ts'
import { comparableRdn, isHostName, type NameAttribute, readName } from './names.ts'
import { oids } from './oids.ts'

interface Named {
  readonly subject: readonly (readonly NameAttribute[])[]
  readonly names: AlternativeNames
  readonly isCa: boolean
}

/** One kind of name: how its constraints read (RFC 5280 §4.2.1.10), and the names of that kind that were asked for. */
interface Kind {
  readonly tag: number
  readonly names: readonly string[]
  readonly within: (name: string, base: Der) => boolean
  /** Whether the name could stand for one within: a wildcard does. */
  readonly touches?: (name: string, base: Der) => boolean
}

/** The first name asked for that the issuer's name constraints do not allow; undefined when all may be issued. */
export function forbiddenName(issuer: Certificate, asked: Named): string | undefined {
  const extension = extensionOf(issuer, oids.nameConstraints)
  if (!extension) return undefined
  const { children } = expectTag(readDer(extension.value), tags.sequence, 'nameConstraints')
  const permitted = subtrees(children.find(({ tag }) => tag === 0xa0))
  const excluded = subtrees(children.find(({ tag }) => tag === 0xa1))
  for (const { tag, names, within, touches = within } of kindsOf(asked)) {
    const allowed = permitted.filter((base) => base.tag === tag)
    const denied = excluded.filter((base) => base.tag === tag)
    const wrong = names.find(
      (name) =>
        (allowed.length > 0 && !allowed.some((base) => within(name, base))) ||
        denied.some((base) => touches(name, base)),
    )
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** The bases. minimum and maximum are not used on the Internet (RFC 5280 §4.2.1.10); one that is there is not guessed at. */
export function subtrees(list: Der | undefined): Der[] {
  return (list?.children ?? []).map((subtree) => {
    const [base, ...more] = expectTag(subtree, tags.sequence, 'a name constraint').children
    if (!base || more.length > 0) throw new NotDer('a name constraint has a minimum or maximum')
    return base
  })
}

function kindsOf({ subject, names, isCa }: Named): Kind[] {
  const flat = subject.flat()
  const emails = flat.filter(({ short }) => short === 'emailAddress').map(({ value }) => value)
  // Verifiers take the CN for a host name where no alternative name is one.
  const hosts = flat
    .filter(({ short, value }) => short === 'CN' && value.includes('.') && isHostName(value))
    .map(({ value }) => value)
  const dns = names.dnsNames.length > 0 || isCa ? names.dnsNames : hosts
  return [
    { tag: 0x80 | generalName.dns, names: dns, within: hostWithin, touches: wildcardTouches },
    {
      tag: 0x80 | generalName.email,
      names: [...names.emailAddresses, ...emails],
      within: emailWithin,
    },
    { tag: 0x80 | generalName.ip, names: names.ipAddresses, within: addressWithin },
    {
      tag: 0xa0 | generalName.directory,
      names: subject.length === 0 ? [] : ['the subject'],
      within: (_, base) => subjectWithin(subject, base),
    },
  ]
}

const baseText = ({ content }: Der): string => Buffer.from(content).toString('latin1').toLowerCase()

export function hostWithin(name: string, base: Der): boolean {
  const zone = baseText(base)
  const host = name.toLowerCase()
  if (zone === '' || host === zone) return true
  return host.endsWith(zone.startsWith('.') ? zone : `.${zone}`)
}

export function wildcardTouches(name: string, base: Der): boolean {
  if (hostWithin(name, base)) return true
  if (!name.startsWith('*.')) return false
  const rest = name.slice(1).toLowerCase()
  const zone = baseText(base).replace(/^\./, '')
  return zone.endsWith(rest) && !zone.slice(0, -rest.length).includes('.')
}

/** A base is a mailbox, all mailboxes of a host, or of all hosts in a zone when it begins with a point. */
export function emailWithin(address: string, base: Der): boolean {
  const shown = Buffer.from(base.content).toString('latin1')
  const at = address.lastIndexOf('@')
  const host = address.slice(at + 1).toLowerCase()
  const baseAt = shown.lastIndexOf('@')
  if (baseAt >= 0)
    return (
      address.slice(0, at) === shown.slice(0, baseAt) &&
      host === shown.slice(baseAt + 1).toLowerCase()
    )
  const zone = shown.toLowerCase()
  return zone === '' || (zone.startsWith('.') ? host.endsWith(zone) : host === zone)
}

/** Address and mask, 8 octets or 32. */
function addressWithin(address: string, { content }: Der): boolean {
  const octets = ipOctets(address)
  if (content.length !== octets.length * 2) return false
  return octets.every((octet, at) => {
    const mask = content[octets.length + at] ?? 0
    return (octet & mask) === ((content[at] ?? 0) & mask)
  })
}

function subjectWithin(subject: Named['subject'], base: Der): boolean {
  const rdns = readName(base.children[0], 'a name constraint')
  return (
    rdns.length <= subject.length &&
    rdns.every((rdn, at) => comparableRdn(rdn) === comparableRdn(subject[at] ?? []))
  )
}
