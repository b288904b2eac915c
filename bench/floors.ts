import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { loopbackCertificate } from './certificate.ts'
import type { BareRoute, BareServer } from './floors/answers.ts'
import type { Side } from './lab.ts'
import type { Target } from './load-job.ts'
import { pidOf, SERVER_CORE, Worker } from './processes.ts'
import type { Reading } from './readings.ts'

export interface Bare {
  readonly target: Target
  readonly pid: number
  stop(): Promise<void>
}

/** A server with nothing behind it that answers these bytes, pinned like the one it is compared with. */
export async function startBare(
  kind: 'bare-fastify' | 'bare-node',
  routes: readonly BareRoute[],
): Promise<Bare> {
  const { ca, cert, key } = await loopbackCertificate()
  const worker = new Worker<BareServer, { port: number }>(`floors/${kind}.ts`, SERVER_CORE)
  const { port } = await worker.ask({ cert, key, routes })
  return {
    target: { host: '127.0.0.1', port, ca },
    pid: pidOf(worker.child),
    stop: () => worker.stop(),
  }
}

/** A floor without a network: a process that works for as long as it is asked to. */
export class Floor<Question extends { seconds: number }> {
  readonly #worker: Worker<Question, Reading>

  constructor(script: string, ...args: string[]) {
    this.#worker = new Worker(`floors/${script}`, SERVER_CORE, args)
  }

  side(name: string, question: Question): Side {
    return { name, run: () => this.#worker.ask(question) }
  }

  stop(): Promise<void> {
    return this.#worker.stop()
  }
}

/** The SQLite file in a data folder, known by how it begins (the file format's header string). */
export function databaseOf(folder: string): string {
  const header = Buffer.alloc(16)
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const file = openSync(path, 'r')
    try {
      if (
        readSync(file, header, 0, 16, 0) === 16 &&
        header.toString('latin1') === 'SQLite format 3\0'
      ) {
        return path
      }
    } finally {
      closeSync(file)
    }
  }
  throw new Error(`no SQLite database in ${folder}`)
}

/** How often the write-ahead log began anew after a checkpoint: bytes 12 to 15 of its header (SQLite file format §4.1). */
export function walRestarts(database: string): number {
  const header = Buffer.alloc(16)
  const file = openSync(`${database}-wal`, 'r')
  try {
    return readSync(file, header, 0, 16, 0) === 16 ? header.readUInt32BE(12) : 0
  } finally {
    closeSync(file)
  }
}
