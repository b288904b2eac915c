import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const rules = join(root, '.dependency-cruiser.cjs')
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

/** What breaks a rule in the sources below `folder`, a sentence each. */
function broken(folder: string): string[] {
  const run = (): string => {
    try {
      return execFileSync(
        process.execPath,
        [cruiser, 'src', '--config', rules, '--output-type', 'json'],
        {
          cwd: folder,
          encoding: 'utf8',
          maxBuffer: 64 * 1024 * 1024,
        },
      )
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }
  const { summary } = JSON.parse(run()) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] }
  }
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
}

const planted = mkdtempSync(join(tmpdir(), 'keystead-imports-'))
afterAll(() => rmSync(planted, { recursive: true }))

test('imports point one way', () => {
  expect(broken(root)).toEqual([])
})

test('a planted import against the direction is found', () => {
  mkdirSync(join(planted, 'src/kit'), { recursive: true })
  mkdirSync(join(planted, 'src/identity'), { recursive: true })
  writeFileSync(
    join(planted, 'tsconfig.json'),
    '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true } }',
  )
  writeFileSync(join(planted, 'src/identity/names.ts'), 'export const name = 1\n')
  writeFileSync(
    join(planted, 'src/kit/word.ts'),
    "import { name } from '../identity/names.ts'\nexport const word = name\n",
  )
  expect(broken(planted)).toEqual(['kit-knows-nothing: src/kit/word.ts → src/identity/names.ts'])
})
