import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { catalogue } from '../src/catalogue.ts'
import { cliMarkdown, settingsMarkdown } from '../src/cli/docs.ts'
import { openapi } from '../src/http/openapi.ts'

/**
 * Writes what is generated from the declarations; with --check it compares instead, and fails when a file is not what
 * it should be. Generated files are committed and never edited.
 */
const root = new URL('../', import.meta.url)
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
  version: string
}

const generated: Readonly<Record<string, string>> = {
  'openapi.json': `${JSON.stringify(openapi(catalogue, version), null, 1)}\n`,
  'docs/settings.md': settingsMarkdown(),
  'docs/cli.md': cliMarkdown(),
}

const check = process.argv.includes('--check')
let stale = 0
for (const [name, text] of Object.entries(generated)) {
  const url = new URL(name, root)
  const before = await readFile(url, 'utf8').catch(() => '')
  if (before === text) continue
  if (check) {
    stale++
    process.stderr.write(`${name} is not what the declarations say; run npm run generate\n`)
  } else {
    await writeFile(url, text)
    process.stdout.write(`wrote ${fileURLToPath(url)}\n`)
  }
}
process.exitCode = stale > 0 ? 1 : 0
