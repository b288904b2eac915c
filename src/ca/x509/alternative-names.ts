import { isIP } from 'node:net'
import { type Der, expectTag, implicit, NotDer, sequence, tags } from '../../crypto/der.ts'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { isDnsName, isEmailAddress } from './names.ts'
import type { SubjectFields } from './types.ts'

export type AlternativeNames = Pick<SubjectFields, 'dnsNames' | 'emailAddresses' | 'ipAddresses'>

/** The context tags of GeneralName that we write (RFC 5280 §4.2.1.6). */
export const generalName = { email: 1, dns: 2, directory: 4, uri: 6, ip: 7 } as const

const MAX_NAMES = 250

/** The value of subjectAltName; undefined without any name, for an empty one is not allowed. */
export function writeAlternativeNames(names: AlternativeNames): Buffer | undefined {
  const { dnsNames, emailAddresses, ipAddresses } = checkAlternativeNames(names)
  const parts = [
    ...dnsNames.map((name) => implicit(generalName.dns, Buffer.from(name, 'latin1'))),
    ...emailAddresses.map((name) => implicit(generalName.email, Buffer.from(name, 'latin1'))),
    ...ipAddresses.map((address) => implicit(generalName.ip, ipOctets(address))),
  ]
  return parts.length === 0 ? undefined : sequence(...parts)
}

/** The same names, each once, addresses in their shortest form. A fault names the first that is not well formed. */
export function checkAlternativeNames(names: AlternativeNames): AlternativeNames {
  const { dnsNames, emailAddresses, ipAddresses } = names
  if (dnsNames.length + emailAddresses.length + ipAddresses.length > MAX_NAMES)
    throw invalid(`more than ${MAX_NAMES} alternative names`)
  for (const name of dnsNames)
    if (!isDnsName(name)) throw invalid(`${quote(name)} is not a DNS name`)
  for (const address of emailAddresses)
    if (!isEmailAddress(address)) throw invalid(`${quote(address)} is not an e-mail address`)
  return {
    dnsNames: once(dnsNames),
    emailAddresses: [...new Set(emailAddresses)],
    ipAddresses: [...new Set(ipAddresses.map((address) => printIp(ipOctets(address))))],
  }
}

/** Host names differ in more than case, or are the same. */
const once = (names: readonly string[]): string[] => [
  ...new Map(names.map((name) => [name.toLowerCase(), name])).values(),
]

/** Reads a request's names. A kind that no profile of ours grants is refused, not dropped: its owner counts on it. */
export function readAlternativeNames(value: Der): AlternativeNames {
  const dnsNames: string[] = []
  const emailAddresses: string[] = []
  const ipAddresses: string[] = []
  const { children } = expectTag(value, tags.sequence, 'subjectAltName')
  if (children.length === 0) throw new NotDer('subjectAltName is empty')
  for (const { tag, content } of children) {
    const shown = Buffer.from(content).toString('latin1')
    if (tag === (0x80 | generalName.dns)) dnsNames.push(shown)
    else if (tag === (0x80 | generalName.email)) emailAddresses.push(shown)
    else if (tag === (0x80 | generalName.ip)) ipAddresses.push(printIp(content))
    else
      throw invalid(
        'the request asks for an alternative name that is neither a DNS name, an e-mail address nor an IP address',
      )
  }
  return checkAlternativeNames({ dnsNames, emailAddresses, ipAddresses })
}

/** Four or sixteen octets of an address as text. */
export function ipOctets(address: string): Buffer {
  const version = isIP(address)
  // A zone (fe80::1%eth0) means something on one machine only.
  if (version === 0 || address.includes('%'))
    throw invalid(`${quote(address)} is not an IP address`)
  if (version === 4) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes IPv6 as groups of hexadecimal, whatever form came in.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = groups.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const octets = Buffer.alloc(16)
  for (const [index, group] of [...before, ...zeros, ...after].entries())
    octets.writeUInt16BE(Number.parseInt(group, 16), index * 2)
  return octets
}

export function printIp(octets: Uint8Array): string {
  const bytes = Buffer.from(octets)
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) throw new NotDer('an IP address is neither 4 nor 16 octets long')
  const groups = bytes.toString('hex').match(/.{4}/g) ?? []
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
