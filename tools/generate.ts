import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { catalogue } from '../src/catalogue.ts'
import { cliMarkdown, makeTable, manPages, settingsMarkdown } from '../src/cli/docs.ts'
import { openapi } from '../src/http/openapi.ts'

/**
 * Writes what is generated from the declarations; with --check it compares instead, and fails when a file is not what
 * it should be. Generated files are committed and never edited.
 */
const root = new URL('../', import.meta.url)
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
  version: string
}

const check = process.argv.includes('--check')
let stale = 0

/** First of all, since the pages about commands are made from it. */
await put('src/cli/api/table.json', `${JSON.stringify(makeTable(catalogue), null, 1)}\n`)

const generated: Readonly<Record<string, string>> = {
  'openapi.json': `${JSON.stringify(openapi(catalogue, version), null, 1)}\n`,
  'docs/settings.md': settingsMarkdown(),
  'docs/cli.md': cliMarkdown(),
  ...Object.fromEntries(
    Object.entries(manPages(version)).map(([name, page]) => [`man/${name}`, page]),
  ),
}
for (const [name, text] of Object.entries(generated)) await put(name, text)

for (const name of await readdir(new URL('man/', root)).catch(() => []))
  if (!Object.hasOwn(generated, `man/${name}`)) await drop(`man/${name}`)

process.exitCode = stale > 0 ? 1 : 0

async function put(name: string, text: string): Promise<void> {
  const url = new URL(name, root)
  if ((await readFile(url, 'utf8').catch(() => '')) === text) return
  if (check) {
    complain(name)
  } else {
    await mkdir(new URL('./', url), { recursive: true })
    await writeFile(url, text)
    process.stdout.write(`wrote ${fileURLToPath(url)}\n`)
  }
}

/** A page of a group that is no more. */
async function drop(name: string): Promise<void> {
  if (check) complain(name)
  else await rm(new URL(name, root))
}

function complain(name: string): void {
  stale++
  process.stderr.write(`${name} is not what the declarations say; run npm run generate\n`)
}
