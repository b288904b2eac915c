import { randomUUID } from 'node:crypto'
import { chmod, link, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** 0700, ours, no symbolic link: everything the server keeps lies in it. */
export async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const found = await lstat(path)
  if (!found.isDirectory()) throw new Error(`the data folder ${path} is not a folder`)
  if (process.getuid !== undefined && found.uid !== process.getuid())
    throw new Error(`the data folder ${path} belongs to another user`)
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700)
}

/** A name for this node that lasts as long as its data folder: its audit chain carries it. */
export async function nodeIdOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'node.id')
  const kept = await readFile(file, 'utf8').catch(ignore('ENOENT'))
  const id = (kept ?? (await makeNodeId(file))).trim()
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new Error(`${file} does not hold the id of a node`)
  return id
}

/** Put in place whole, so that a crash leaves no empty file; of two that start at once, one is first. */
async function makeNodeId(file: string): Promise<string> {
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `${randomUUID()}\n`, { mode: 0o600, flush: true })
  await link(fresh, file).catch(ignore('EEXIST'))
  await rm(fresh)
  return readFile(file, 'utf8')
}

const ignore =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error
  }

/** Puts `ca.pem` there: what clients need to trust. Returns its path. */
export async function writeCa(dataDir: string, pem: string): Promise<string> {
  const file = join(dataDir, 'ca.pem')
  const text = `${pem.trim()}\n`
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    // Clients that wait for the file must not read half of it.
    await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
  }
  return file
}
