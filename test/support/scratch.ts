import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the test files of one run share. Everything else in the run's folder is a test's own to remove. */
export const SHARED = 'shared-'

/** Before the tests: gives the run a folder for temporary files of its own. Afterwards: names what was left in it, and removes it. */
export default function setUp(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-run-'))
  process.env['TMPDIR'] = folder
  return () => {
    const left = readdirSync(folder).filter((name) => !name.startsWith(SHARED))
    if (left.length > 0) process.stderr.write(`Tests left behind: ${left.join(', ')}\n`)
    rmSync(folder, { recursive: true, force: true })
  }
}
