import { spawnSync } from 'node:child_process'

/** What CI holds a change against. `--no-tests` leaves the slow part out. */
const steps: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['format and lint', ['biome', 'check', '.']],
  ['types', ['tsc', '--noEmit']],
  ['imports', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs']],
  ['unused code', ['knip']],
  ['generated files', ['node', 'tools/generate.ts', '--check']],
  ...(process.argv.includes('--no-tests') ? [] : [['tests', ['node', 'tools/test.ts']] as const]),
]

for (const [name, [command = '', ...args]] of steps) {
  process.stdout.write(`\n— ${name}\n`)
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) {
    process.stdout.write(`\n${name}: failed\n`)
    process.exit(1)
  }
}
