import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the test files of one run share. Everything else in the run's folder is a test's own to remove. */
export const SHARED = 'shared-'

/**
 * Before the tests: gives the run a folder for temporary files of its own. Afterwards: names what was left in it, and
 * removes it. The folder of a run that was killed goes with the next one.
 */
export default function setUp(): () => void {
  for (const name of readdirSync(tmpdir())) {
    const ofRun = /^keystead-run-(\d+)-/.exec(name)?.[1]
    if (ofRun && !isRunning(Number(ofRun)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
  const folder = mkdtempSync(join(tmpdir(), `keystead-run-${process.pid}-`))
  process.env['TMPDIR'] = folder
  return () => {
    // Node's own cache of what tsc and npm compile is nobody's to remove.
    const left = readdirSync(folder).filter(
      (name) => !name.startsWith(SHARED) && name !== 'node-compile-cache',
    )
    if (left.length > 0) process.stderr.write(`Tests left behind: ${left.join(', ')}\n`)
    rmSync(folder, { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
