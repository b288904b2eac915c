import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packFiles } from '../integrations/xsoar/pack/pack.ts'

/** Writes the content pack for Cortex XSOAR below dist/xsoar, and the one YAML to upload by hand. */
const root = fileURLToPath(new URL('../', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
}
const folder = join(root, 'dist', 'xsoar')

const files = await packFiles(version)
rmSync(folder, { recursive: true, force: true })
for (const [name, content] of Object.entries(files)) {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}
process.stdout.write(`wrote ${Object.keys(files).length} files below dist/xsoar\n`)
