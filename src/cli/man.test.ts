import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { commands as integrationCommands } from '../../integrations/xsoar/commands/index.ts'
import { apiTable } from './api/table.ts'
import { commandNames, commandOf } from './commands.ts'
import { manPages } from './man.ts'

const pages = manPages('1.2.3')
const canFormat = spawnSync('man', ['--version']).error === undefined || Boolean(process.env['CI'])
if (!canFormat)
  process.stderr.write('SKIPPED: man pages are formatted by man (apt-get install man-db groff)\n')

test('there is a page for the program and one for each group of commands', () => {
  expect(Object.keys(pages).sort()).toEqual(
    [
      'keystead.1',
      'keystead-ciphertrust.1',
      ...Object.keys(apiTable()).map((group) => `keystead-${group}.1`),
    ].sort(),
  )
})

describe.runIf(canFormat)('as man shows it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-man-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  function shown(name: string): string {
    const file = join(folder, name)
    writeFileSync(file, pages[name] ?? '')
    const run = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', file], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat' },
    })
    expect(run.stderr, name).toBe('')
    return run.stdout
  }

  test('no page has a fault', () => {
    for (const name of Object.keys(pages)) expect(shown(name)).toMatch(/^KEYSTEAD/)
  })

  test('the page of the program names every command of its own and every group', () => {
    const text = shown('keystead.1')
    for (const name of commandNames)
      expect(text).toContain(`keystead ${commandOf(name).words.join(' ')}`)
    for (const group of Object.keys(apiTable())) expect(text).toContain(`keystead-${group}(1)`)
    expect(text).toContain('--data-dir FOLDER')
  })

  test('the page of the integration names its commands with their arguments', () => {
    const text = shown('keystead-ciphertrust.1')
    for (const { name } of integrationCommands) expect(text).toContain(`keystead ${name}`)
    expect(text).toContain('csr_entry_id')
  })

  test('the page of a group names its commands with their fields', () => {
    const text = shown('keystead-ca.1')
    expect(text).toContain('keystead ca issue CAID')
    expect(text).toContain('--purpose TEXT')
    expect(text).toContain('One of server, client, ca.')
  })
})
