import type { KeyObject } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Services } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import type { DataKeyRow } from '../../store/schema.ts'
import { type SigningKey, TOKEN_SECONDS } from './jwt.ts'

const PURPOSE = 'token-sign'
/** How long a retired key still checks tokens: their whole life, and some for clocks that differ. */
const TRUSTED_AFTER_SECONDS = TOKEN_SECONDS + 120
const LOOK_AGAIN_MS = 250

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
  /** The newest: after a change on another node the keys are read again first. */
  signing(): Promise<SigningKey>
  /** Undefined for a key that is not ours, or no longer trusted. */
  publicKey(kid: string): KeyObject | undefined
  /** Newest first; those that still check tokens. */
  list(): readonly DataKeyRow[]
  /** The public keys as RFC 7517 has them. */
  jwks(): Record<string, unknown>[]
  /** Reads the keys again, since another node may have made one; who asks too often waits, together with the others. */
  refresh(): Promise<void>
  /** As `refresh`, for readers whom keys of a moment ago will do: they never wait for their turn. */
  recent(): Promise<void>
  rotate(transact: Services['store']['transact']): Promise<DataKeyRow>
}

export async function openTokenKeys(services: Services, shelf: KeyShelf): Promise<TokenKeys> {
  let keys: readonly Key[] = []
  let lookedAt = Number.NEGATIVE_INFINITY
  let seenAuthority = services.store.authority()
  let begun = 0
  let newest = 0
  let nextLook: Promise<void> | undefined

  async function load(): Promise<void> {
    lookedAt = performance.now()
    seenAuthority = services.store.authority()
    const look = ++begun
    const found = await shelf.all(PURPOSE)
    // Two at once may end in another order than they began.
    if (look < newest) return
    newest = look
    keys = found
  }

  function refresh(): Promise<void> {
    nextLook ??= (async () => {
      await pause(Math.max(0, lookedAt + LOOK_AGAIN_MS - performance.now()))
      // Who asks from here on may ask for a key that this look comes too soon for.
      nextLook = undefined
      await load()
    })()
    return nextLook
  }

  /** Asked at every use: whoever made off with a key that was rotated for it must not have it for longer. */
  function isTrusted({ row }: Key): boolean {
    const oldest = new Date(services.now().getTime() - TRUSTED_AFTER_SECONDS * 1000)
    return row.retired_at === null || row.retired_at > timeText(oldest)
  }

  async function rotate(transact: Services['store']['transact']): Promise<DataKeyRow> {
    const made = await transact(async (tx) => {
      const all = await shelf.all(PURPOSE)
      const retired_at = stamp(services.now())
      for (const key of all)
        if (!isTrusted(key)) tx.run(tx.deleteFrom('data_keys').where('id', '=', key.row.id))
        else if (key.row.retired_at === null)
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

  return {
    async signing() {
      const changed = services.store.authority() !== seenAuthority
      if (changed && performance.now() - lookedAt >= LOOK_AGAIN_MS) await load()
      const found = keys.find(({ row }) => row.retired_at === null)
      if (!found) throw new Fault('unavailable', 'there is no key to sign tokens with')
      return { kid: found.row.id, privateKey: found.key }
    },
    publicKey: (kid) => keys.find((key) => key.row.id === kid && isTrusted(key))?.publicKey,
    list: () => keys.filter(isTrusted).map(({ row }) => row),
    jwks: () =>
      keys.filter(isTrusted).map(({ row, publicKey }) => ({
        ...publicKey?.export({ format: 'jwk' }),
        kid: row.id,
        alg: 'ES256',
        use: 'sig',
      })),
    refresh,
    async recent() {
      if (performance.now() - lookedAt >= LOOK_AGAIN_MS) await refresh()
    },
    rotate,
  }
}
