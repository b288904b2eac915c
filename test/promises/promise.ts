import { randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'

/** Whether this run takes the figures meant for a release (`npm run soak`), or those of every commit. */
export const isSoak = process.env['KEYSTEAD_SOAK'] === '1'

/** How often, how many: the figure of every commit, or the larger one of a soak. */
export const scale = (everyCommit: number, soak: number): number => (isSoak ? soak : everyCommit)

/** Printed with a failure; set KEYSTEAD_SEED to replay it. */
export const seed = Number(process.env['KEYSTEAD_SEED'] ?? randomInt(2 ** 31))

/** A small repeatable source of random numbers (mulberry32), for walks and mutations. */
export function random(from = seed): () => number {
  let state = from >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Says what a promise's test did and saw; docs/promises.md is made from these (`npm run promises`). */
export function report(id: string, figure: string): void {
  process.stdout.write(`promise ${id}: ${figure}\n`)
  const folder = new URL('../../reports/promises/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const kind = isSoak ? 'soak' : 'commit'
  const date = new Date().toISOString().slice(0, 10)
  writeFileSync(
    new URL(`${id}.${kind}.json`, folder),
    `${JSON.stringify({ id, kind, figure, date })}\n`,
  )
}
