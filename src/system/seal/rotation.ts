import type { Envelope } from '../../crypto/envelope.ts'
import {
  createRootKeyFile,
  isMissing,
  nameOf,
  type RootKey,
  RootKeyRefused,
  type RootKeySource,
  readRootKey,
  rootKeyOf,
} from '../../crypto/root-key.ts'
import {
  dropNextRootKeyFile,
  nextPath,
  promoteNextRootKeyFile,
  writeNextRootKeyFile,
} from '../../crypto/root-key-file.ts'
import { Fault, notFound } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { createTurns } from '../../kit/turns.ts'
import type { InstallationRow } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import {
  loadRootKeks,
  newDomainKek,
  places,
  type Ring,
  type RootKek,
  secretOf,
  wrapKey,
} from './hierarchy.ts'
import { removeUnused, rewrapAll, type WrappedColumn } from './rewrap.ts'
import { replacedMeanwhile, replaceRootKek } from './root-kek.ts'
import {
  findInstallation,
  fits,
  readFileKey,
  rememberInstallation,
  rootCheck,
  rootKeyFor,
  settleFile,
} from './unlock.ts'

/** Replaces keys while the server runs. A crash at any instant leaves a database that opens, with one root key. */
export interface Rotation {
  /**
   * Puts another root key in the place of this one: a new one in the same file, or the one that the new source holds
   * (a missing root key file is created). Afterwards the old one is refused. Other nodes go on, and need the new one
   * when they start next.
   */
  rotateRootKey(to?: RootKeySource): Promise<void>
  rotateRootKek(): Promise<void>
  /** Wraps everything of the domain anew under a new KEK; the old one goes once nothing can need it any more. */
  rotateDomainKek(domain: string): Promise<void>
  /** Goes on with KEK rotations that a crash cut short. To be called once the store is unsealed. */
  finishRotations(): Promise<void>
  /** Makes the first KEK of a new domain; without effect where it has one. */
  addDomain(domain: string): Promise<void>
  /** Learns of the keys that other nodes have made. */
  refresh(): Promise<void>
  /** The root key that this node knows to be in use. */
  rootKeyInUse(): RootKeyInUse
}

/** What may be told of a root key; authenticated by the key itself. */
export interface RootKeyInUse {
  readonly id: string
  readonly since: string
}

interface Unlocked {
  readonly source: RootKeySource
  readonly rootKey: RootKeyInUse
  readonly rootKeks: readonly RootKek[]
}

interface Settings {
  readonly wrappedColumns: readonly WrappedColumn[]
  readonly env: NodeJS.ProcessEnv
  /** Waits until every node knows what was just published. */
  settle(): Promise<unknown>
  readonly keepSeconds: number
}

export function createRotation(
  store: Store,
  envelope: Envelope,
  ring: Ring,
  opened: Unlocked,
  { wrappedColumns, env, settle, keepSeconds }: Settings,
): Rotation & { stop(): void } {
  const { installation } = envelope
  const alone = store.dialect === 'sqlite'
  let { source, rootKeks, rootKey } = opened
  let later: NodeJS.Timeout | undefined
  let stopped = false
  const turns = createTurns()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => turns('rotation', work)
  const findRootKek = (id: string) => rootKeks.find((kek) => kek.id === id)

  async function currentInstallation(): Promise<InstallationRow> {
    const row = await findInstallation(store.read)
    if (row?.id !== installation) throw new RootKeyRefused('The database is another one now.')
    return row
  }

  /** The root key, read again: it is not kept in memory. */
  async function unlock(): Promise<RootKey> {
    const unlocked = await rootKeyFor(await currentInstallation(), source, env)
    rootKeks = await loadRootKeks(store.read, installation, unlocked)
    rootKey = { id: unlocked.id, since: unlocked.since }
    return unlocked
  }

  async function refresh(): Promise<void> {
    const rows = await store.read.selectFrom('domain_keks').selectAll().execute()
    const strange = rows.some(
      (row) => !ring.find(row.domain_id, row.id) && !findRootKek(row.root_kek_id),
    )
    if (strange) await unlock()
    ring.load(rows, installation, findRootKek)
  }

  /** Wraps the root KEKs under another root key: with this commit the old one is worth nothing. */
  async function commitRootKey(next: RootKey): Promise<void> {
    const old = await unlock()
    if (next.id === old.id) throw new Fault('conflict', 'this is the root key already in use')
    const since = stamp()
    await store.transact((tx) => {
      tx.run(
        tx
          .updateTable('installation')
          .set({ root_key_id: next.id, root_check: rootCheck(next, installation, since) })
          .where('id', '=', installation)
          .where('root_key_id', '=', old.id),
        { rows: 1, otherwise: replacedMeanwhile() },
      )
      for (const kek of rootKeks) {
        const wrapped = wrapKey(next, installation, places.rootKek(kek), kek.key)
        tx.run(
          tx
            .updateTable('root_keks')
            .set({ root_key_id: next.id, wrapped })
            .where('id', '=', kek.id)
            .where('root_key_id', '=', old.id),
          { rows: 1, otherwise: replacedMeanwhile() },
        )
      }
      // A root KEK that another node has made meanwhile would be lost with the old root key.
      tx.run(
        tx.updateTable('root_keks').set({ root_key_id: old.id }).where('root_key_id', '=', old.id),
        { rows: 0, otherwise: replacedMeanwhile() },
      )
    })
    rootKey = { id: next.id, since }
  }

  async function replaceFile(path: string): Promise<void> {
    const settleNow = async () => settleFile(await currentInstallation(), source, alone)
    await settleNow()
    const next = await nextKey(path)
    try {
      await commitRootKey(next)
    } catch (failure) {
      // A commit that failed may still have happened; the database says so, now or at the next start.
      await settleNow().catch(() => {})
      throw failure
    }
    await promote(path, next)
  }

  /** A new key in the file that is to follow, or the one that an earlier rotation has left there unused. */
  async function nextKey(path: string): Promise<RootKey> {
    const left = await readFileKey(nextPath(path))
    if (left?.installation === installation) return left
    dropNextRootKeyFile(path)
    return rootKeyOf(writeNextRootKeyFile(path, installation), installation)
  }

  async function promote(path: string, next: RootKey): Promise<void> {
    // Another node that shares the file may have finished this for us, or have taken the new file for a leftover.
    if ((await readFileKey(nextPath(path)))?.id !== next.id) {
      if (await fits(path, await currentInstallation())) return
      const key = secretOf(next.key)
      dropNextRootKeyFile(path)
      writeNextRootKeyFile(path, installation, key)
      key.wipe()
    }
    promoteNextRootKeyFile(path)
  }

  async function changeSource(to: RootKeySource): Promise<void> {
    if (isMissing(to) && to.scheme === 'file') createRootKeyFile(to.path)
    const next = await readRootKey(to, undefined, env)
    if (next.installation !== undefined && next.installation !== installation) {
      throw new RootKeyRefused(
        `The root key in ${nameOf(to)} belongs to installation ${next.installation}.`,
      )
    }
    await commitRootKey(next)
    source = to
    rememberInstallation(to, next, installation)
  }

  /** A new version beside the old ones. */
  async function publish(domain: string): Promise<void> {
    const versions = ring.versions(domain)
    const rootKek = rootKeks.at(-1)
    if (!rootKek) throw new Error('there is no root KEK')
    const { row } = newDomainKek(rootKek, installation, domain, (versions.at(-1)?.version ?? 0) + 1)
    const raced = new Fault('conflict', 'another node is making the same key')
    try {
      await store.transact((tx) => {
        // Takes the row's lock, so that the root KEK cannot be replaced between here and the commit.
        tx.run(
          tx
            .updateTable('root_keks')
            .set({ version: rootKek.version })
            .where('id', '=', rootKek.id),
          { rows: 1, otherwise: replacedMeanwhile() },
        )
        tx.run(tx.insertInto('domain_keks').values(row), { duplicate: raced })
      })
    } catch (failure) {
      if (failure !== raced) throw failure
    }
    await refresh()
  }

  async function finish(domain: string): Promise<void> {
    const older = () => ring.versions(domain).slice(0, -1)
    for (const old of older()) await rewrapAll(store, envelope, old, wrappedColumns)
    const newest = ring.versions(domain).at(-1)
    if (!newest || older().length === 0) return
    const left = newest.seenAt + keepSeconds * 1000 - performance.now()
    if (left > 0) {
      finishLater(left)
      return
    }
    for (const old of older()) await removeUnused(store, old, wrappedColumns)
    await refresh()
  }

  async function finishAll(): Promise<void> {
    await refresh()
    for (const domain of ring.domains()) {
      if (ring.versions(domain).length < 2) continue
      await settle()
      await finish(domain)
    }
  }

  function finishLater(milliseconds: number): void {
    clearTimeout(later)
    if (stopped) return
    // A failure here leaves an old KEK behind, which the next start or rotation removes.
    later = setTimeout(() => inTurn(finishAll).catch(() => {}), milliseconds + 100).unref()
  }

  return {
    rotateRootKey: (to = source) =>
      inTurn(() => {
        const sameFile = to.scheme === 'file' && nameOf(to) === nameOf(source)
        return sameFile ? replaceFile(to.path) : changeSource(to)
      }),
    rotateRootKek: () =>
      inTurn(async () => {
        await replaceRootKek(store, installation, await unlock(), rootKeks)
        await unlock()
      }),
    rotateDomainKek: (domain) =>
      inTurn(async () => {
        await refresh()
        if (ring.versions(domain).length === 0) throw notFound('domain', domain)
        await publish(domain)
        await settle()
        await finish(domain)
      }),
    finishRotations: () => inTurn(finishAll),
    addDomain: (domain) =>
      inTurn(async () => {
        await refresh()
        if (ring.versions(domain).length === 0) await publish(domain)
      }),
    refresh,
    rootKeyInUse: () => rootKey,
    stop() {
      stopped = true
      clearTimeout(later)
    },
  }
}
