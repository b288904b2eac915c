import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/**
 * Runs the promises of docs/promises.md at the figures meant for a release: `npm run soak -- w1`, or several names, or `all`.
 * A name is the beginning of a file's in test/promises. KEYSTEAD_SEED replays a run that failed.
 */
const folder = new URL('../test/promises/', import.meta.url)
const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
const names = process.argv.slice(2).map((name) => name.toLowerCase())

const chosen = names.includes('all')
  ? tests
  : tests.filter((file) => names.some((name) => file.split('-').includes(name)))
if (chosen.length === 0) {
  const known = [...new Set(tests.flatMap((file) => file.match(/[a-z]\d+/g) ?? []))].sort()
  process.stderr.write(`Name promises to soak, or all: ${known.join(', ')}\n`)
  process.exit(2)
}

/** Nothing here is fast; a test that hangs is ended all the same. */
const MOST_MS = 12 * 3_600_000
const { status } = spawnSync(
  process.execPath,
  [
    new URL('../node_modules/vitest/vitest.mjs', import.meta.url).pathname,
    'run',
    `--testTimeout=${MOST_MS}`,
    // One after the other: each wants the machine for itself.
    '--maxWorkers=1',
    ...chosen.map((file) => `test/promises/${file}`),
  ],
  { stdio: 'inherit', env: { ...process.env, KEYSTEAD_SOAK: '1' } },
)
process.exitCode = status ?? 1
