import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import type { Envelope, Place } from '../../crypto/envelope.ts'
import { Secret } from '../../crypto/secret.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { CteProfileRow, CteSyslogServerRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { wrappedColumn } from '../../system/index.ts'
import type { SyslogServer, SyslogServerIn } from './contract.ts'

const place = ({ id, domain_id }: Pick<CteSyslogServerRow, 'id' | 'domain_id'>): Place => ({
  domain: domain_id,
  table: 'cte_syslog_servers',
  row: id,
  column: 'private_key',
  version: 0,
})

export const syslogKeyColumn = wrappedColumn('cte_syslog_servers', 'private_key', place)

type Kept = Omit<SyslogServer, 'name'>

const keptOf = ({ settings }: Pick<CteSyslogServerRow, 'settings'>): Kept =>
  JSON.parse(settings) as Kept

export async function serversOf(
  read: Reader,
  { id, domain_id }: Pick<CteProfileRow, 'id' | 'domain_id'>,
): Promise<CteSyslogServerRow[]> {
  const rows = await read.rows('cte_syslog_servers', { domain_id, profile_id: id })
  return rows.sort((one, other) => one.position - other.position)
}

/** A server as answers show it, without its private key. */
export const presentServer = (row: CteSyslogServerRow): SyslogServer => ({
  name: row.name,
  ...keptOf(row),
})

/** Certificates and keys that are none, or do not go together, would be found out by the first client that connects. */
export function checkServers(given: readonly SyslogServerIn[]): void {
  const names = new Set<string>()
  for (const { name, caCertificate, certificate, privateKey } of given) {
    const at = `syslog_settings.servers: ${quote(name)}`
    if (names.has(name)) throw new Fault('invalid-parameter', `${at} is named twice`)
    names.add(name)
    if (caCertificate !== undefined) readCertificate(`${at}: caCertificate`, caCertificate)
    const own =
      certificate === undefined ? undefined : readCertificate(`${at}: certificate`, certificate)
    if (privateKey === undefined) continue
    if (!own)
      throw new Fault('invalid-parameter', `${at}: a private key comes with its certificate`)
    let fits = false
    try {
      fits = own.checkPrivateKey(createPrivateKey(privateKey))
    } catch (cause) {
      throw new Fault('invalid-parameter', `${at}: privateKey is no private key in PEM`, { cause })
    }
    if (!fits)
      throw new Fault('invalid-parameter', `${at}: the private key is not the certificate's`)
  }
}

function readCertificate(what: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new Fault('invalid-parameter', `${what} is no certificate in PEM`, { cause })
  }
}

/**
 * Part of a unit: these servers in place of those before. A private key stays that is not given again, together with
 * the certificate that it belongs to.
 */
export function replaceServers(
  tx: Writer,
  envelope: Envelope,
  profile: Pick<CteProfileRow, 'id' | 'domain_id'>,
  before: readonly CteSyslogServerRow[],
  given: readonly SyslogServerIn[],
  at: string,
): void {
  removeServers(tx, before)
  for (const [position, server] of given.entries()) {
    const owner = { id: randomUUID(), domain_id: profile.domain_id }
    const stood = before.find(({ name }) => name === server.name)
    const settings: Kept = {
      port: server.port || 514,
      protocol: server.protocol ?? 'TCP',
      message_format: server.message_format ?? 'RFC5424',
      caCertificate: server.caCertificate ?? '',
      certificate: server.certificate ?? '',
    }
    const stays =
      server.privateKey === undefined &&
      stood !== undefined &&
      settings.certificate === keptOf(stood).certificate
    tx.insert('cte_syslog_servers', {
      ...owner,
      profile_id: profile.id,
      position,
      name: server.name,
      settings: JSON.stringify(settings),
      private_key:
        server.privateKey !== undefined
          ? wrapped(envelope, owner, server.privateKey)
          : stays
            ? moved(envelope, stood, owner)
            : null,
      created_at: at,
    })
  }
  tx.count(profile.domain_id, 'cte_syslog_servers', given.length)
}

/** Part of a unit. */
export function removeServers(tx: Writer, rows: readonly CteSyslogServerRow[]): void {
  for (const row of rows) {
    tx.remove('cte_syslog_servers', row)
    tx.count(row.domain_id, 'cte_syslog_servers', -1)
  }
}

type Owner = Pick<CteSyslogServerRow, 'id' | 'domain_id'>

function wrapped(envelope: Envelope, owner: Owner, pem: string): Uint8Array {
  const plain = new Secret(Buffer.from(pem))
  try {
    return envelope.wrap(place(owner), plain)
  } finally {
    plain.wipe()
  }
}

function moved(envelope: Envelope, from: CteSyslogServerRow, to: Owner): Uint8Array | null {
  if (from.private_key === null) return null
  const plain = envelope.unwrap(place(from), from.private_key)
  try {
    return envelope.wrap(place(to), plain)
  } finally {
    plain.wipe()
  }
}
