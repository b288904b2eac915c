import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

/**
 * Runs the tests and ends with `N passed, N failed` on a line of its own. Exits non-zero when a test failed, a file
 * could not be loaded, or nothing ran. Arguments go to vitest: `npm test -- src/store`.
 */
const SLOWEST = 40

const folder = mkdtempSync(join(tmpdir(), 'keystead-tests-'))
const result = join(folder, 'result.json')
if (!process.env['KEYSTEAD_TEST_DATABASE_URL'])
  process.stdout.write(
    'KEYSTEAD_TEST_DATABASE_URL is not set: PostgreSQL is stood in for by PGlite, and what needs several servers on one database is left out.\n',
  )
try {
  const run = spawnSync(
    process.execPath,
    [
      new URL('../node_modules/vitest/vitest.mjs', import.meta.url).pathname,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${result}`,
      ...process.argv.slice(2),
    ],
    { stdio: 'inherit' },
  )
  const { slowest, ...counts } = countsOf(result)
  process.stdout.write(`${slowest.join('\n')}\n`)
  const failed = counts.failed + (run.status === 0 || counts.failed > 0 ? 0 : 1)
  process.stdout.write(`${counts.passed} passed, ${failed} failed\n`)
  process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}

interface Result {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly startTime: number
    readonly endTime: number
    readonly assertionResults: readonly unknown[]
  }[]
}

interface Counts {
  readonly passed: number
  readonly failed: number
  /** The files that took longest, with their seconds: where to look when the whole run has become slow. */
  readonly slowest: readonly string[]
}

function countsOf(file: string): Counts {
  let read: Result
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as Result
  } catch {
    return { passed: 0, failed: 1, slowest: [] }
  }
  // A file that does not load has no tests to fail.
  const broken = read.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const root = new URL('../', import.meta.url).pathname
  const slowest = read.testResults
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, SLOWEST)
    .map(({ name, seconds }) => `${seconds.toFixed(0).padStart(5)} s  ${relative(root, name)}`)
  return { passed: read.numPassedTests, failed: read.numFailedTests + broken.length, slowest }
}
