import { spawnSync } from 'node:child_process'

/** What CI holds a change against. `--no-tests` leaves the slow part out. */
const steps: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['format and lint', ['biome', 'check', '.']],
  ['types', ['tsc', '--noEmit']],
  ['types of ES5', ['tsc', '-p', 'integrations/xsoar/tsconfig.json']],
  ['imports', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs']],
  ['unused code', ['knip']],
  ['generated files', ['node', 'tools/generate.ts', '--check']],
  ...(process.argv.includes('--no-tests') ? [] : [['tests', ['node', 'tools/test.ts']] as const]),
]

const failed = steps.filter(([name, [command = '', ...args]]) => {
  process.stdout.write(`\n— ${name}\n`)
  return spawnSync(command, args, { stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) {
  process.stderr.write(`\nfailed: ${failed.map(([name]) => name).join(', ')}\n`)
  process.exitCode = 1
}
