import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/**
 * Runs the promises of docs/promises.md at the figures meant for a release: `npm run soak -- w1`, or several names, or `all`.
 * A name is the beginning of a file's in test/promises, or one of those that stand beside what they try: `model`, `vectors`, `opinions`.
 * KEYSTEAD_SEED replays a run that failed.
 */
const folder = new URL('../test/promises/', import.meta.url)
const beside: readonly (readonly [names: readonly string[], path: string])[] = [
  [['s6', 'vectors'], 'test/vectors/nist.test.ts'],
  [['s6', 'opinions'], 'test/vectors/second-opinions.test.ts'],
  [['model'], 'src/vault/keys/model.test.ts'],
  [['w7'], 'src/vault/timed/nodes.test.ts'],
]
const tests: typeof beside = [
  ...readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => [file.split('-'), `test/promises/${file}`] as const),
  ...beside,
]
const names = process.argv.slice(2).map((name) => name.toLowerCase())

const chosen = tests
  .filter(([known]) => names.some((name) => name === 'all' || known.includes(name)))
  .map(([, path]) => path)
if (chosen.length === 0) {
  const known = [
    ...new Set(
      tests.flatMap(([of]) =>
        of.filter((name) => /^([a-z]\d+|model|opinions|vectors)$/.test(name)),
      ),
    ),
  ].sort()
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
    ...chosen,
  ],
  { stdio: 'inherit', env: { ...process.env, KEYSTEAD_SOAK: '1' } },
)
process.exitCode = status ?? 1
