import { setTimeout as pause } from 'node:timers/promises'
import { keysPath, keysServer } from '../keys.ts'
import { type Lab, p99s, type Side } from '../lab.ts'
import { readingOf } from '../readings.ts'
import type { Keystead } from '../server.ts'
import { ratios } from '../statistics.ts'
import { createKeyRequest, encryptRequest } from '../vault.ts'

const PER_SECOND = 10
const SECONDS = 4

/**
 * Latency of encryption while keys are deleted from among many: what SQLite leaves of them is overwritten meanwhile, for
 * which every page of the database is looked at (decision 14).
 */
export async function vaultDeletes(lab: Lab): Promise<void> {
  const server = await keysServer(lab, lab.many)
  const count = lab.many.toLocaleString('en')
  const key = crypto.randomUUID()
  await makeKeys(server, [key])
  const { connections } = lab
  const encrypts = async () => ({
    name: 'encrypt',
    connections,
    requests: [encryptRequest(await server.signIn(), key)],
    expect: [200],
  })
  const found = await lab.load(server, { seconds: lab.seconds(1), streams: [await encrypts()] })
  const perSecond = Math.round((found.streams[0]?.perSecond ?? 0) / 4)
  const side = (name: string, deleted: number): Side => ({
    name,
    run: async () => {
      const seconds = lab.seconds(SECONDS)
      // A server that stops overwrites what is left, and one that has just started waits for nothing to do so again.
      await server.stop()
      await server.start()
      const names = Array.from({ length: deleted * seconds }, () => crypto.randomUUID())
      await makeKeys(server, names)
      await server.rest()
      const deleting = deleteKeys(server, names, 1000 / deleted)
      const streams = [{ ...(await encrypts()), perSecond }]
      const result = await lab.load(server, { seconds, streams })
      await deleting
      const [first] = result.streams
      if (!first) throw new Error('no stream ran')
      return readingOf(result, first)
    },
  })
  const [alone = [], beside = []] = await lab.interleave([
    side(`encrypt among ${count} keys at a steady quarter of full load`, 0),
    side(
      `encrypt among ${count} keys, beside ${PER_SECOND} deletions of others a second`,
      PER_SECOND,
    ),
  ])
  lab.find({
    promise: 'S5',
    metric: `p99 of encrypt beside deletions among ${count} keys against alone, at a steady quarter of full load`,
    figure: ratios(p99s(beside), p99s(alone)),
    unit: '×',
    target: { most: 2 },
    tolerance: true,
  })
}

async function makeKeys(server: Keystead, names: readonly string[]): Promise<void> {
  const session = await server.signIn()
  for (const name of names)
    await server.call(createKeyRequest(session, { name, algorithm: 'AES', size: 256 }), 201)
}

async function deleteKeys(
  server: Keystead,
  names: readonly string[],
  everyMs: number,
): Promise<void> {
  const { bearer } = await server.signIn()
  for (const name of names) {
    const due = performance.now() + everyMs
    await server.call({ method: 'DELETE', path: `${keysPath}${name}`, headers: bearer }, 204)
    await pause(Math.max(0, due - performance.now()))
  }
}
