import type { KeyObject } from 'node:crypto'
import type { Caller, Context, Services } from '../context.ts'
import type { KeyRules } from '../crypto/weak-keys.ts'
import type { KeyRow } from '../store/schema.ts'
import type { Reader, Writer } from '../store/store.ts'
import { certificateUsing } from './keys/certificates.ts'
import { findRow, type KeyReference } from './keys/find.ts'
import { UseCounter } from './keys/limits.ts'
import { compilePolicy, type Policy } from './keys/rights.ts'
import type { StateRules } from './keys/states.ts'
import type { KeyUse } from './keys/uses.ts'
import { createKeyGenerator, type KeyGenerator, type KeySpec } from './material/index.ts'
import { type CryptoSettings, findSettings, settingsIn } from './settings/settings.ts'

/** A sentence that names who uses the key, for whoever wants to delete it; undefined: nobody of this kind. */
export type KeyUser = (read: Reader, row: KeyRow) => Promise<string | undefined>

/** Part of the unit that rotates a key: what else changes with the new version of it. */
export type KeyFollower = (tx: Writer, read: Reader, newest: KeyRow, at: string) => Promise<void>

/** A key that was found for use, with what was made of it. What it holds is never changed. */
export interface Held {
  readonly row: KeyRow
  readonly spec: KeySpec
  /** The number of the last change to any key, or to what grants rights to keys, when the row was read. */
  readonly generation: number
  readonly policies: readonly Policy[]
  /** Uses that were granted, by caller: a caller is another object as soon as anybody's rights have changed. */
  readonly granted: WeakMap<Caller, Set<KeyUse>>
  key?: KeyObject
  publicKey?: KeyObject
}

export interface LastUse {
  readonly domain: string
  readonly at: string
  readonly operation: KeyUse
}

const MAX_HELD = 5000

/** What a node remembers of its keys. One for each store, however many contexts come by. */
export class Vault {
  readonly #services: Pick<Services, 'store'>
  readonly #held = new Map<string, Held>()
  readonly #policies = new Map<string, { generation: number; policies: readonly Policy[] }>()
  readonly #settings = new Map<string, { authority: number; settings: CryptoSettings }>()
  /** By row of keys, until they are written. */
  #uses = new Map<string, LastUse>()
  #writing = new Map<string, LastUse>()
  readonly generator: KeyGenerator = createKeyGenerator()
  readonly counter: UseCounter
  /** As the operator set them. */
  rules: StateRules & KeyRules = {}
  readonly keyUsers: KeyUser[] = [certificateUsing]
  readonly keyFollowers: KeyFollower[] = []

  constructor(services: Pick<Services, 'store'>) {
    this.#services = services
    this.counter = new UseCounter(services.store)
  }

  /** The policies of a domain that grant rights by label. */
  async policies(domain: string): Promise<readonly Policy[]> {
    const { store } = this.#services
    const generation = store.keysChanged()
    const known = this.#policies.get(domain)
    if (known?.generation === generation) return known.policies
    const rows = await store.read.rows('key_policies', { domain_id: domain })
    const policies = rows.map(compilePolicy)
    this.#policies.set(domain, { generation, policies })
    return policies
  }

  /** What a domain has chosen about cryptography. */
  async settings(domain: string): Promise<CryptoSettings> {
    const { store } = this.#services
    const authority = store.authority()
    const known = this.#settings.get(domain)
    if (known?.authority === authority) return known.settings
    const settings = settingsIn(await findSettings(store.read, domain))
    this.#settings.set(domain, { authority, settings })
    return settings
  }

  /**
   * The key that a reference means, as it is now: remembered from an earlier use as long as no key and nothing that
   * grants rights to keys has changed. The number of the last change is taken before the row is read, so none is missed.
   */
  async hold(
    domain: string,
    reference: KeyReference,
    specOf: (row: KeyRow) => KeySpec,
  ): Promise<Held | undefined> {
    const { store } = this.#services
    const generation = store.keysChanged()
    const name = `${domain}\0${reference.type ?? ''}\0${reference.version ?? ''}\0${reference.id}`
    const known = this.#held.get(name)
    if (known?.generation === generation) return known
    this.#held.delete(name)
    const row = await findRow(store.read, domain, reference)
    if (!row) return undefined
    const policies = await this.policies(domain)
    const same = known?.row.id === row.id && known.row.version === row.version ? known : undefined
    const held: Held = {
      row,
      spec: specOf(row),
      generation,
      policies,
      granted: new WeakMap(),
      // The bytes of a row that nobody has written since need not be opened again.
      ...(same?.key && { key: same.key }),
      ...(same?.publicKey && { publicKey: same.publicKey }),
    }
    if (this.#held.size >= MAX_HELD) {
      const oldest = this.#held.keys().next()
      if (!oldest.done) this.#held.delete(oldest.value)
    }
    this.#held.set(name, held)
    return held
  }

  /** Remembers a use. It is written when the timer comes by, so that no use waits for it. */
  used({ id, domain_id }: KeyRow, at: string, operation: KeyUse): void {
    this.#uses.set(id, { domain: domain_id, at, operation })
  }

  lastUse(id: string): LastUse | undefined {
    return this.#uses.get(id) ?? this.#writing.get(id)
  }

  /** Has the uses written that wait for it. Until they are, they are known here; what cannot be written waits on. */
  async writeUses(write: (uses: ReadonlyMap<string, LastUse>) => Promise<void>): Promise<void> {
    this.#writing = this.#uses
    this.#uses = new Map()
    try {
      await write(this.#writing)
    } catch (error) {
      this.#uses = new Map([...this.#writing, ...this.#uses])
      throw error
    } finally {
      this.#writing = new Map()
    }
  }

  /** Why the key must stay: who uses it, in a sentence. */
  async usedBy(read: Reader, row: KeyRow): Promise<string | undefined> {
    for (const ask of this.keyUsers) {
      const user = await ask(read, row)
      if (user !== undefined) return user
    }
    return undefined
  }
}

const vaults = new WeakMap<Services['store'], Vault>()

export function vaultOf(services: Pick<Services, 'store'>): Vault {
  const known = vaults.get(services.store)
  if (known) return known
  const made = new Vault(services)
  vaults.set(services.store, made)
  return made
}

/** What finding and using a key takes out of a context. */
export type KeyContext = Pick<Context, 'services' | 'caller' | 'may' | 'now' | 'read'>
