import { createHash, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto'
import {
  type Kek,
  type KekRing,
  type Place,
  unwrapUnder,
  wrapUnder,
} from '../../crypto/envelope.ts'
import { Secret } from '../../crypto/secret.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { stamp } from '../../kit/time.ts'
import type { DataKeyRow, DomainKekRow, RootKekRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

/** Where each key of the hierarchy is wrapped. */
export const places = {
  rootCheck: (installation: string): Place => ({
    domain: ROOT_DOMAIN,
    table: 'installation',
    row: installation,
    column: 'root_check',
    version: 0,
  }),
  rootKek: ({ id, version }: Pick<RootKekRow, 'id' | 'version'>): Place => ({
    domain: ROOT_DOMAIN,
    table: 'root_keks',
    row: id,
    column: 'wrapped',
    version,
  }),
  /** These rows have no seal of their own, so the time that they show is bound here. */
  domainKek: ({
    id,
    domain_id,
    version,
    created_at,
  }: Pick<DomainKekRow, 'id' | 'domain_id' | 'version' | 'created_at'>): Place => ({
    domain: domain_id,
    table: 'domain_keks',
    row: id,
    column: `wrapped:${created_at}`,
    version,
  }),
  /** These rows have no seal of their own, so what a key is for and whether it has retired is bound here. */
  dataKey: (
    row: Omit<DataKeyRow, 'wrapped' | 'public_jwk' | 'domain_kek_id' | 'created_at'>,
  ): Place => ({
    domain: row.domain_id,
    table: 'data_keys',
    row: row.id,
    column: `wrapped:${row.purpose}:${row.retired_at ?? ''}`,
    version: row.version,
  }),
}

/**
 * The id of a key follows from what it is (a UUID of version 8, RFC 9562 section 5.8). When two nodes make the same
 * version of the same key at once, the primary key lets one of them through.
 */
export function keyId(table: string, ...parts: readonly string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([table, ...parts]))
    .digest('hex')
  const variant = (8 + (Number.parseInt(hash.charAt(16), 16) & 3)).toString(16)
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

export interface RootKek extends Kek {
  readonly version: number
}

export interface DomainKek extends Kek {
  readonly domain: string
  readonly version: number
  /** When this process came to know it, on the clock that never jumps. */
  readonly seenAt: number
}

export function newRootKek(
  rootKey: Kek,
  installation: string,
  version: number,
): { kek: RootKek; row: RootKekRow } {
  const id = keyId('root_keks', String(version))
  const key = newKey()
  const row = {
    id,
    version,
    root_key_id: rootKey.id,
    wrapped: wrapKey(rootKey, installation, places.rootKek({ id, version }), key),
    created_at: stamp(),
  }
  return { kek: { id, key, version }, row }
}

export function newDomainKek(
  rootKek: Kek,
  installation: string,
  domain: string,
  version: number,
): { kek: DomainKek; row: DomainKekRow } {
  const id = keyId('domain_keks', domain, String(version))
  const key = newKey()
  const identity = { id, domain_id: domain, version, created_at: stamp() }
  const row = {
    ...identity,
    root_kek_id: rootKek.id,
    wrapped: wrapKey(rootKek, installation, places.domainKek(identity), key),
  }
  return { kek: { id, key, domain, version, seenAt: performance.now() }, row }
}

/** A key wrapped by another. */
export function wrapKey(
  under: Kek,
  installation: string,
  place: Place,
  key: KeyObject,
): Uint8Array {
  const plain = secretOf(key)
  try {
    return wrapUnder(under, installation, place, plain)
  } finally {
    plain.wipe()
  }
}

export function unwrapKey(
  find: (id: string) => Kek | undefined,
  installation: string,
  place: Place,
  wrapped: Uint8Array,
): KeyObject {
  const plain = unwrapUnder(find, installation, place, wrapped)
  try {
    return createSecretKey(plain.reveal())
  } finally {
    plain.wipe()
  }
}

export function secretOf(key: KeyObject): Secret {
  const bytes = key.export()
  try {
    return new Secret(bytes)
  } finally {
    bytes.fill(0)
  }
}

export function newKey(): KeyObject {
  const bytes = new Secret(new Uint8Array(32))
  randomFillSync(bytes.reveal())
  const key = createSecretKey(bytes.reveal())
  bytes.wipe()
  return key
}

/** Every root KEK that this root key opens; one that it should open and does not is `Tampered`. */
export async function loadRootKeks(
  read: Reader,
  installation: string,
  rootKey: Kek,
): Promise<RootKek[]> {
  const rows = await read.selectFrom('root_keks').selectAll().orderBy('version').execute()
  const find = (id: string) => (id === rootKey.id ? rootKey : undefined)
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    key: unwrapKey(find, installation, places.rootKek(row), row.wrapped),
  }))
}

/** The KEKs of every domain, as the database has them; filled by `load`, and again whenever they change. */
export class Ring implements KekRing {
  readonly #domains = new Map<string, readonly DomainKek[]>()
  readonly #settleSeconds: number

  constructor(settleSeconds: number) {
    this.#settleSeconds = settleSeconds
  }

  /** A new version is used only once every node has had the time to learn of it. */
  newest(domain: string): DomainKek | undefined {
    const keks = this.versions(domain)
    const settled = performance.now() - this.#settleSeconds * 1000
    return keks.findLast((kek) => kek.seenAt <= settled) ?? keks[0]
  }

  find(domain: string, id: string): DomainKek | undefined {
    return this.versions(domain).find((kek) => kek.id === id)
  }

  /** Oldest first. */
  versions(domain: string): readonly DomainKek[] {
    return this.#domains.get(domain) ?? []
  }

  domains(): string[] {
    return [...this.#domains.keys()]
  }

  load(
    rows: readonly DomainKekRow[],
    installation: string,
    findRootKek: (id: string) => Kek | undefined,
  ): void {
    const loaded = new Map<string, DomainKek[]>()
    for (const row of [...rows].sort((a, b) => a.version - b.version)) {
      const domain = row.domain_id
      const kek = this.find(domain, row.id) ?? {
        id: row.id,
        domain,
        version: row.version,
        seenAt: performance.now(),
        key: unwrapKey(findRootKek, installation, places.domainKek(row), row.wrapped),
      }
      loaded.set(domain, [...(loaded.get(domain) ?? []), kek])
    }
    this.#domains.clear()
    for (const [domain, keks] of loaded) this.#domains.set(domain, keks)
  }
}
