import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Makes `dist`, which the published package carries: the compiled sources, and what they read beside themselves. */
const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

rmSync(path('dist'), { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [path('node_modules/typescript/bin/tsc'), '-p', path('tsconfig.build.json')],
  { stdio: 'inherit' },
)
if (status === 0)
  for (const name of ['src/http/playground/page', 'src/cli/api/table.json'])
    cpSync(path(name), path(`dist/${name}`), { recursive: true })
process.exitCode = status ?? 1
