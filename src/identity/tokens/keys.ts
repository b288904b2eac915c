import type { KeyObject } from 'node:crypto'
import type { Services } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import type { DataKeyRow } from '../../store/schema.ts'
import { type SigningKey, TOKEN_SECONDS } from './jwt.ts'

const PURPOSE = 'token-sign'
/** How long a retired key still checks tokens: their whole life, and some for clocks that differ. */
const TRUSTED_AFTER_SECONDS = TOKEN_SECONDS + 120
const LOOK_AGAIN_MS = 1000

interface Key {
  readonly row: DataKeyRow
  readonly key: KeyObject
  readonly publicKey: KeyObject | undefined
}

/** Where the server's own keys are kept (system/seal). */
export interface KeyShelf {
  all(purpose: typeof PURPOSE): Promise<Key[]>
  make(purpose: typeof PURPOSE, version: number): Key
  retire(key: Key, at: string | null): Partial<DataKeyRow>
}

/** The keys that sign access tokens: P-256, wrapped in the store, known to every node. */
export interface TokenKeys {
  signing(): SigningKey
  publicKey(kid: string): KeyObject | undefined
  /** Newest first; those that still check tokens. */
  list(): readonly DataKeyRow[]
  /** The public keys as RFC 7517 has them. */
  jwks(): Record<string, unknown>[]
  /** Reads the keys again, at most once a second: another node may have made one. */
  refresh(): Promise<void>
  rotate(transact: Services['store']['transact']): Promise<DataKeyRow>
}

export async function openTokenKeys(services: Services, shelf: KeyShelf): Promise<TokenKeys> {
  let keys: readonly Key[] = []
  let lookedAt = 0
  let seenAuthority = services.store.authority()

  async function load(): Promise<void> {
    lookedAt = Date.now()
    seenAuthority = services.store.authority()
    const oldest = timeText(new Date(services.now().getTime() - TRUSTED_AFTER_SECONDS * 1000))
    const all = await shelf.all(PURPOSE)
    keys = all.filter(({ row }) => row.retired_at === null || row.retired_at > oldest)
  }

  async function rotate(transact: Services['store']['transact']): Promise<DataKeyRow> {
    const made = await transact(async (tx) => {
      const all = await shelf.all(PURPOSE)
      const retired_at = stamp(services.now())
      for (const key of all)
        if (key.row.retired_at === null)
          tx.run(
            tx
              .updateTable('data_keys')
              .set(shelf.retire(key, retired_at))
              .where('id', '=', key.row.id),
            { rows: 1 },
          )
      const next = shelf.make(PURPOSE, 1 + Math.max(0, ...all.map(({ row }) => row.version)))
      const taken = new Fault('conflict', 'another node has rotated the key at the same time')
      tx.run(tx.insertInto('data_keys').values(next.row), { duplicate: taken })
      tx.changesAuthority()
      return next.row
    })
    await load()
    return made
  }

  await load()
  if (keys.length === 0)
    await rotate((work) => services.store.transact(work)).catch(async (cause: unknown) => {
      // Two nodes that start on one new database: the other's key serves both.
      await load()
      if (keys.length === 0) throw cause
    })

  const signingKey = () => keys.find(({ row }) => row.retired_at === null)

  return {
    signing() {
      // After a change on another node: what is signed with the old key until it is read stays good.
      if (services.store.authority() !== seenAuthority && Date.now() - lookedAt >= LOOK_AGAIN_MS)
        load().catch(() => {})
      const found = signingKey()
      if (!found) throw new Fault('unavailable', 'there is no key to sign tokens with')
      return { kid: found.row.id, privateKey: found.key }
    },
    publicKey: (kid) => keys.find(({ row }) => row.id === kid)?.publicKey,
    list: () => keys.map(({ row }) => row),
    jwks: () =>
      keys.map(({ row, publicKey }) => ({
        ...publicKey?.export({ format: 'jwk' }),
        kid: row.id,
        alg: 'ES256',
        use: 'sig',
      })),
    async refresh() {
      if (Date.now() - lookedAt >= LOOK_AGAIN_MS) await load()
    },
    rotate,
  }
}
