import { unwrapUnder, wrapUnder } from '../../crypto/envelope.ts'
import {
  isMissing,
  nameOf,
  type RootKey,
  RootKeyRefused,
  type RootKeySource,
  readRootKey,
} from '../../crypto/root-key.ts'
import {
  dropNextRootKeyFile,
  isThere,
  nextPath,
  promoteNextRootKeyFile,
  writeNextRootKeyFile,
} from '../../crypto/root-key-file.ts'
import { Secret } from '../../crypto/secret.ts'
import type { InstallationRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { places, secretOf } from './hierarchy.ts'

/** The installation that this database is, or undefined for a database that holds nothing yet. Changes nothing. */
export async function findInstallation(read: Reader): Promise<InstallationRow | undefined> {
  const installation = await readInstallation(read)
  if (installation) return installation
  for (const table of ['root_keks', 'domain_keks', 'data_keys', 'users'] as const) {
    const found = await read.selectFrom(table).select('id').limit(1).execute()
    if (found.length === 0) continue
    // Each of these reads stands by itself: another node may have set the database up since the first one.
    const since = await readInstallation(read)
    if (since) return since
    throw new RootKeyRefused(
      'The database holds data, but not the row that says which installation it is: it was damaged or restored in part.',
    )
  }
  return undefined
}

async function readInstallation(read: Reader): Promise<InstallationRow | undefined> {
  const rows = await read.selectFrom('installation').selectAll().execute()
  if (rows.length > 1) throw new RootKeyRefused('The database claims to be several installations.')
  return rows[0]
}

/** Reads the root key and makes sure that it is the one of this installation. Changes nothing in the database. */
export async function rootKeyFor(
  installation: InstallationRow,
  source: RootKeySource,
  env: NodeJS.ProcessEnv,
): Promise<UnlockedRootKey> {
  if (isMissing(source)) {
    throw new RootKeyRefused(
      `The database was set up with a root key, but ${nameOf(source)} does not exist. Put the root key back; nothing was changed.`,
    )
  }
  const check = readCheck(installation)
  if (!check) {
    throw new RootKeyRefused('The row that says which installation the database is was damaged.')
  }
  if ((source.scheme === 'passphrase-file') !== (check.salt !== undefined)) {
    throw new RootKeyRefused(
      `The database was set up with ${check.salt ? 'a passphrase' : 'a root key of 32 bytes'}, and ${nameOf(source)} is not one; nothing was changed.`,
    )
  }
  const rootKey = await readRootKey(source, check.salt, env)
  if (rootKey.installation !== undefined && rootKey.installation !== installation.id) {
    throw new RootKeyRefused(
      `The root key in ${nameOf(source)} belongs to installation ${rootKey.installation}, the database is installation ${installation.id}; nothing was changed.`,
    )
  }
  if (rootKey.id !== installation.root_key_id) {
    throw new RootKeyRefused(
      rootKey.installation === undefined
        ? `The root key in ${nameOf(source)} does not open this database; nothing was changed.`
        : `The root key in ${nameOf(source)} no longer opens this database: the root key was replaced since; nothing was changed.`,
    )
  }
  const find = (id: string) => (id === rootKey.id ? rootKey : undefined)
  const place = places.rootCheck(installation.id)
  const opened = unwrapUnder(find, installation.id, place, check.wrapped)
  const since = opened.reveal().toString().slice(CHECK_TEXT.length)
  return { ...rootKey, since }
}

/** The root key in use, and since when. */
export interface UnlockedRootKey extends RootKey {
  readonly since: string
}

/** Before the time from which the root key is in use. */
const CHECK_TEXT = 'keystead root check since '
const SALT_LENGTH = 16

/** A value that only the root key opens, after the salt that a passphrase needs to become it (its length first). */
export function rootCheck(rootKey: RootKey, installation: string, since: string): Uint8Array {
  const salt = rootKey.salt ?? Buffer.alloc(0)
  const place = places.rootCheck(installation)
  return Buffer.concat([
    Buffer.of(salt.length),
    salt,
    wrapUnder(rootKey, installation, place, new Secret(Buffer.from(CHECK_TEXT + since))),
  ])
}

function readCheck({
  root_check,
}: InstallationRow): { salt: Buffer | undefined; wrapped: Uint8Array } | undefined {
  const length = root_check[0]
  if (length !== 0 && length !== SALT_LENGTH) return undefined
  return {
    salt: length === 0 ? undefined : Buffer.from(root_check.subarray(1, 1 + length)),
    wrapped: root_check.subarray(1 + length),
  }
}

/**
 * Finishes a replacement of the root key file that was cut short, when the database has taken the new key. When it
 * has not, the new one is removed; but only by who is `alone` on the database: another node may be about to commit
 * it, or its commit may still be under way. A key that opens nothing is left there, and the next rotation uses it.
 */
export async function settleFile(
  installation: InstallationRow,
  source: RootKeySource,
  alone: boolean,
): Promise<void> {
  if (source.scheme !== 'file' || !isThere(nextPath(source.path))) return
  if (await fits(nextPath(source.path), installation)) promoteNextRootKeyFile(source.path)
  else if (alone && (await fits(source.path, installation))) dropNextRootKeyFile(source.path)
}

/** The file that is to follow, when the database has taken its key already; else the source itself. */
export async function fittingSource(
  installation: InstallationRow,
  source: RootKeySource,
): Promise<RootKeySource> {
  if (source.scheme !== 'file' || !isThere(nextPath(source.path))) return source
  const next = { ...source, path: nextPath(source.path) }
  return (await fits(next.path, installation)) ? next : source
}

/** Whether this file holds the root key of this installation. */
export async function fits(path: string, { root_key_id }: InstallationRow): Promise<boolean> {
  return (await readFileKey(path))?.id === root_key_id
}

/** The key in this file, or undefined when there is none that may be used. */
export async function readFileKey(path: string): Promise<RootKey | undefined> {
  try {
    return await readRootKey({ scheme: 'file', path })
  } catch (refused) {
    if (refused instanceof RootKeyRefused) return undefined
    throw refused
  }
}

/**
 * Writes into a root key file which installation it opens, so that it is never taken for a new one beside an empty
 * database. A file that cannot be replaced (handed in read-only) goes without.
 */
export function rememberInstallation(
  source: RootKeySource,
  rootKey: RootKey,
  installation: string,
): void {
  if (source.scheme !== 'file' || rootKey.installation !== undefined) return
  const key = secretOf(rootKey.key)
  try {
    writeNextRootKeyFile(source.path, installation, key)
    promoteNextRootKeyFile(source.path)
  } catch {
    // Nothing depends on it: the database knows its root key.
  } finally {
    key.wipe()
  }
}
