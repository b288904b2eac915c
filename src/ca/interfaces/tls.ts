import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import { Fault, quote } from '../../kit/fault.ts'
import type { InterfaceRow } from '../../store/schema.ts'

/** How connections are accepted: what the HTTPS listener is given, at its start and at each change. */
export interface Listening {
  readonly context: SecureContextOptions
  /** Asked for and never demanded: who needs one looks at what came. */
  readonly asksForCertificate: boolean
}

const suite = (name: string, code: string, openssl = name) => ({ name, code, openssl })

/** AEAD with forward secrecy only (H10); all other suites are unknown here. TLS 1.3's own come first. */
const suites = [
  suite('TLS_AES_128_GCM_SHA256', '0x1301'),
  suite('TLS_AES_256_GCM_SHA384', '0x1302'),
  suite('TLS_CHACHA20_POLY1305_SHA256', '0x1303'),
  suite('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', '0xC02B', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
  suite('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', '0xC02C', 'ECDHE-ECDSA-AES256-GCM-SHA384'),
  suite('TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', '0xCCA9', 'ECDHE-ECDSA-CHACHA20-POLY1305'),
  suite('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', '0xC02F', 'ECDHE-RSA-AES128-GCM-SHA256'),
  suite('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', '0xC030', 'ECDHE-RSA-AES256-GCM-SHA384'),
  suite('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', '0xCCA8', 'ECDHE-RSA-CHACHA20-POLY1305'),
] as const

const group = (name: string, byDefault: boolean) => ({ name, byDefault })

/** In the server's order. The hybrid that clients of today offer is on: what is recorded now stays secret later. */
const groups = [
  group('X25519MLKEM768', true),
  group('X25519', true),
  group('secp256r1', true),
  group('secp384r1', true),
  group('secp521r1', true),
  group('SecP256r1MLKEM768', false),
  group('MLKEM512', false),
  group('MLKEM768', false),
  group('MLKEM1024', false),
] as const

const versions = { tls_1_2: 'TLSv1.2', tls_1_3: 'TLSv1.3' } as const
type Version = keyof typeof versions
export const OLDEST: Version = 'tls_1_2'
export const NEWEST: Version = 'tls_1_3'

/** A TLS version as the wire names it; empty means the default. */
export function readVersion(field: string, given: string, byDefault: Version): Version {
  if (given === '') return byDefault
  if (given === 'tls_1_2' || given === 'tls_1_3') return given
  const old = given === 'tls_1_0' || given === 'tls_1_1'
  throw new Fault(
    'invalid-parameter',
    old
      ? `${field}: TLS 1.0 and 1.1 are broken and are not offered; tls_1_2 is the oldest`
      : `${field}: ${quote(given)} is not a TLS version; there are tls_1_2 and tls_1_3`,
  )
}

/** Whether a mode asks clients for a certificate. Throws for one that the web interface does not have. */
export function readMode(mode: string): string {
  if (Object.hasOwn(modes, mode)) return mode
  if (mode.startsWith('no-tls-'))
    throw new Fault('invalid-parameter', `mode: the web interface always speaks TLS, not ${mode}`)
  if (['tls-pw-opt', 'tls-pw-req', 'tls-cert-pw-opt', 'tls-cert-and-pw'].includes(mode))
    throw new Fault(
      'not-built',
      `mode ${mode}: demanding a client certificate of everyone on the web interface is not part of this server yet`,
    )
  throw new Fault('invalid-parameter', `mode: ${quote(mode)} is not known`)
}

const modes: Readonly<Record<string, boolean>> = {
  'tls-cert-opt-pw-opt': true,
  'unauth-tls-pw-opt': false,
  'unauth-tls-pw-req': false,
  'unauth-tls-opt-pw-opt': false,
}

interface GivenSuite {
  readonly cipher_suite: string
  readonly enabled: boolean
  readonly hex_code?: string | null | undefined
}

/** The suites that a list switches on, as the row keeps them; null for the defaults. */
export function readSuites(given: readonly GivenSuite[]): string | null {
  if (given.length === 0) return null
  const on = new Set<string>()
  const off = new Set<string>()
  for (const { cipher_suite, enabled, hex_code } of given) {
    const known = suites.find(({ name }) => name === cipher_suite)
    if (!known) {
      // Off it is in any case.
      if (!enabled) continue
      throw new Fault(
        'invalid-parameter',
        `tls_ciphers: ${quote(cipher_suite)} is not known or too weak; only AEAD suites with forward secrecy can be enabled`,
      )
    }
    if (hex_code && hex_code.toLowerCase() !== known.code.toLowerCase())
      throw new Fault(
        'invalid-parameter',
        `tls_ciphers: ${cipher_suite} has the code ${known.code}`,
      )
    ;(enabled ? on : off).add(cipher_suite)
  }
  demandOneState('tls_ciphers', on, off)
  if (on.size === 0)
    throw new Fault(
      'invalid-parameter',
      'tls_ciphers: no cipher suite is left. The list names all that are to be on; an empty one resets it',
    )
  return JSON.stringify(suites.map(({ name }) => name).filter((name) => on.has(name)))
}

/** The groups that a list switches on, as the row keeps them; null for the defaults. */
export function readGroups(
  given: readonly { readonly group_name: string; readonly enabled: boolean }[],
): string | null {
  if (given.length === 0) return null
  const on = new Set<string>()
  const off = new Set<string>()
  for (const { group_name, enabled } of given) {
    if (!groups.some(({ name }) => name === group_name)) {
      if (!enabled) continue
      throw new Fault('invalid-parameter', `tls_groups: ${quote(group_name)} is not known`)
    }
    ;(enabled ? on : off).add(group_name)
  }
  demandOneState('tls_groups', on, off)
  if (on.size === 0)
    throw new Fault(
      'invalid-parameter',
      'tls_groups: no group is left. The list names all that are to be on; an empty one resets it',
    )
  return JSON.stringify(groups.map(({ name }) => name).filter((name) => on.has(name)))
}

function demandOneState(field: string, on: ReadonlySet<string>, off: ReadonlySet<string>): void {
  const both = [...on].find((name) => off.has(name))
  if (both !== undefined)
    throw new Fault('invalid-parameter', `${field}: ${both} is named both enabled and not`)
}

type TlsColumns = Pick<
  InterfaceRow,
  'mode' | 'minimum_tls_version' | 'maximum_tls_version' | 'tls_ciphers' | 'tls_groups'
>

const enabledSuites = ({ tls_ciphers }: Pick<TlsColumns, 'tls_ciphers'>): readonly string[] =>
  tls_ciphers === null ? suites.map(({ name }) => name) : JSON.parse(tls_ciphers)

const enabledGroups = ({ tls_groups }: Pick<TlsColumns, 'tls_groups'>): readonly string[] =>
  tls_groups === null
    ? groups.filter(({ byDefault }) => byDefault).map(({ name }) => name)
    : JSON.parse(tls_groups)

export const presentSuites = (row: TlsColumns) => {
  const on = enabledSuites(row)
  return suites.map(({ name, code }) => ({
    cipher_suite: name,
    enabled: on.includes(name),
    hex_code: code,
  }))
}

export const presentGroups = (row: TlsColumns) => {
  const on = enabledGroups(row)
  return groups.map(({ name }) => ({ group_name: name, enabled: on.includes(name) }))
}

/** The interface as the listener needs it. */
export function listeningFor(
  row: TlsColumns,
  { chain, key }: { readonly chain: string; readonly key: string | Buffer },
  trusted: readonly string[],
): Listening {
  const on = enabledSuites(row)
  const asksForCertificate = modes[row.mode] ?? false
  return {
    asksForCertificate,
    context: {
      key,
      cert: chain,
      minVersion: versions[row.minimum_tls_version as Version],
      maxVersion: versions[row.maximum_tls_version as Version],
      ciphers: suites
        .filter(({ name }) => on.includes(name))
        .map(({ openssl }) => openssl)
        .join(':'),
      ecdhCurve: enabledGroups(row).join(':'),
      honorCipherOrder: true,
      ...(asksForCertificate && {
        ca: [...trusted],
        // A ticket keeps the client's own certificate and forgets those of its issuers (OpenSSL, SSL_SESSION), so that a
        // resumed connection would show less than was judged before. Without tickets each connection shows it whole.
        secureOptions: constants.SSL_OP_NO_TICKET,
      }),
    },
  }
}
