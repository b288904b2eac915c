import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault, notBuilt, quote } from '../../kit/fault.ts'
import type { InterfaceRow, Sealed } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { type Making, makingCa } from './certificates.ts'
import type { Changes } from './contract-fields.ts'
import { NEWEST, OLDEST, readGroups, readMode, readSuites, readVersion } from './tls.ts'
import { findAnchor, type TrustedAnchor } from './trust.ts'

export type Columns = Partial<Omit<InterfaceRow, keyof Sealed>>

/** What of a PATCH ends in columns, and the CAs that it stands on. */
export interface Change {
  readonly columns: Columns
  readonly anchors: readonly TrustedAnchor[]
}

/** Throws for what the web interface cannot be: values that belong to other types, and what this server has not yet. */
export function demandWebFields(
  body: Changes & { readonly name?: string | undefined; readonly port?: number | undefined },
  row: Pick<InterfaceRow, 'name' | 'interface_type'>,
  port: number,
): void {
  const { name, interface_type, network_interface, default_connection } = body
  if (name !== undefined && name !== row.name)
    throw new Fault('invalid-parameter', 'name: the name of an interface cannot be changed')
  if (interface_type && interface_type !== row.interface_type)
    throw new Fault('invalid-parameter', 'interface_type: it cannot be changed')
  if (body.port && body.port !== port)
    throw notBuilt('Changing the port of the web interface (KEYSTEAD_LISTEN says it)')
  if (network_interface && network_interface !== 'all')
    throw notBuilt('Binding an interface to an adapter (KEYSTEAD_LISTEN says the address)')
  if (body.cert_user_field !== undefined)
    throw notBuilt('Taking the user name of everyone from a client certificate')
  if (default_connection && default_connection !== 'local_account')
    throw notBuilt('A connection of users other than local_account')
  demandNoOthersFields(body)
}

/** Go clients send zero values for everything; a value that means something has to be one of the type's own. */
function demandNoOthersFields(body: Changes): void {
  const others: Readonly<Record<string, unknown>> = {
    auto_registration: body.auto_registration,
    registration_token: body.registration_token,
    allow_unregistered: body.allow_unregistered,
    kmip_enable_hard_delete: body.kmip_enable_hard_delete,
    custom_uid_size: body.custom_uid_size,
    custom_uid_v2: body.custom_uid_v2,
    'meta.nae': body.meta?.nae?.mask_system_groups,
  }
  const [set] = Object.entries(others).find(([, value]) => Boolean(value)) ?? []
  if (set !== undefined)
    throw new Fault(
      'invalid-parameter',
      `${set}: this belongs to NAE and KMIP interfaces, and this is a web interface`,
    )
}

/** Reads what is to change and looks up what it names; nothing is written. */
export async function readChanges(making: Making, body: Changes): Promise<Change> {
  const { read } = making.services.store
  const columns: Columns = {}
  const anchors: TrustedAnchor[] = []
  if (body.mode) columns.mode = readMode(body.mode)
  if (body.minimum_tls_version !== undefined)
    columns.minimum_tls_version = readVersion(
      'minimum_tls_version',
      body.minimum_tls_version,
      OLDEST,
    )
  if (body.maximum_tls_version !== undefined)
    columns.maximum_tls_version = readVersion(
      'maximum_tls_version',
      body.maximum_tls_version,
      NEWEST,
    )
  if (body.tls_ciphers) columns.tls_ciphers = readSuites(body.tls_ciphers)
  if (body.tls_groups) columns.tls_groups = readGroups(body.tls_groups)
  if (body.auto_gen_days_before_expiry)
    columns.auto_gen_days_before_expiry = body.auto_gen_days_before_expiry
  if (body.local_auto_gen_attributes)
    columns.auto_gen_attributes = attributesToKeep(body.local_auto_gen_attributes)
  if (body.auto_gen_ca_id !== undefined) {
    columns.auto_gen_ca_id = body.auto_gen_ca_id
    if (body.auto_gen_ca_id !== '') {
      const row = await signingCa(making, body.auto_gen_ca_id)
      anchors.push({ kind: 'local', cert: row.cert, row })
    }
  }
  if (body.trusted_cas) {
    const { local, external } = body.trusted_cas
    const named = { local: local ?? [], external: external ?? [] }
    columns.trusted_cas = JSON.stringify(named)
    const found = await trustedAnchors(read, named)
    if (found.length === 0)
      throw new Fault('invalid-parameter', 'trusted_cas: at least one CA is needed')
    anchors.push(...found)
  }
  return { columns, anchors }
}

export function demandVersionsInOrder(
  row: Pick<InterfaceRow, 'minimum_tls_version' | 'maximum_tls_version'>,
): void {
  if (row.minimum_tls_version > row.maximum_tls_version)
    throw new Fault('invalid-parameter', 'minimum_tls_version is above maximum_tls_version')
}

/** 400 and not 404, which Terraform reads as "the interface is gone". */
async function signingCa(making: Making, text: string) {
  try {
    return await makingCa(making, text)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'not-found')
      throw new Fault('invalid-parameter', `auto_gen_ca_id: ${error.message}`)
    throw error
  }
}

async function trustedAnchors(
  read: Reader,
  named: { readonly local: readonly string[]; readonly external: readonly string[] },
): Promise<TrustedAnchor[]> {
  const anchors: TrustedAnchor[] = []
  for (const kind of ['local', 'external'] as const)
    for (const text of named[kind]) {
      const anchor = await findAnchor(read, kind, text)
      if (!anchor)
        throw new Fault(
          'invalid-parameter',
          `trusted_cas: there is no ${kind} CA ${quote(text)} with a certificate`,
        )
      if (anchor.row.domain_id !== ROOT_DOMAIN) continue
      anchors.push(anchor)
    }
  return anchors
}

type Given = NonNullable<Changes['local_auto_gen_attributes']>

/** Empty texts and lists are what was not given; nothing at all is the server's own choice again. */
function attributesToKeep(given: Given): string | null {
  const some = (list: readonly string[] | null | undefined) =>
    (list ?? []).filter((text) => text !== '')
  const kept = {
    ...(given.cn && { cn: given.cn }),
    ...(given.uid && { uid: given.uid }),
    dns_names: some(given.dns_names),
    email_addresses: some(given.email_addresses),
    ip_addresses: some(given.ip_addresses),
    names: namesToKeep(given.names),
  }
  const isEmpty = Object.values(kept).every((value) => value.length === 0)
  return isEmpty ? null : JSON.stringify(kept)
}

export const namesToKeep = (names: Given['names']): Record<string, string>[] =>
  (names ?? []).flatMap((one) => {
    const parts = Object.entries(one).filter(([, value]) => value) as [string, string][]
    return parts.length === 0 ? [] : [Object.fromEntries(parts)]
  })
