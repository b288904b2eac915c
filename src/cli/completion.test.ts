import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flagsOf } from './arguments.ts'
import { commandNames, commandOf, SHELLS } from './commands.ts'
import { completionScript } from './completion.ts'
import { settingNames } from './settings/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-completion-'))
const beside = mkdtempSync(join(tmpdir(), 'keystead-completion-'))
const completion = join(beside, 'completion')
beforeAll(() => {
  writeFileSync(completion, completionScript('bash'))
  writeFileSync(join(folder, 'team a.yaml'), '')
  writeFileSync(join(folder, 'ca.pem'), '')
  mkdirSync(join(folder, 'data'))
})
afterAll(() => {
  for (const one of [folder, beside]) rmSync(one, { recursive: true })
})

/** What bash itself offers after these words; the last one is being typed. */
function offered(...words: string[]): string[] {
  // From a file, as in a shell's own start: as an argument it would be too long.
  const script = `
    source ${completion}
    COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _keystead
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const out = execFileSync('bash', ['-c', script, 'bash', 'keystead', ...words], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return out.split('\n').filter((line) => line !== '')
}

describe('in bash', () => {
  test('the commands of the integration and their arguments are offered', () => {
    expect(offered('ciphertrust-group-l')).toEqual(['ciphertrust-group-list'])
    expect(offered('ciphertrust-group-list', '--group')).toEqual(['--group-name'])
    expect(offered('ciphertrust-group-list', '--ca')).toEqual(['--ca-file'])
  })

  test('the commands of the API, their flags and what these may be are offered', () => {
    expect(offered('grou')).toEqual(['groups'])
    expect(offered('groups', 'l')).toEqual(['list'])
    expect(offered('groups', 'list', '--us')).toEqual(['--users', '--username'])
    expect(offered('groups', 'list', '--ca')).toEqual(['--ca-file'])
    expect(offered('ca', 'issue', 'x', '--purpose', 's')).toEqual(['server'])
    expect(offered('groups', 'list', '-o', 'y')).toEqual(['yaml'])
    expect(offered('groups', 'list', '--name', '')).toEqual([])
    expect(offered('ca', 'issue', 'x', '--csr', '@c')).toEqual(['@ca.pem'])
  })

  test('the first word is a command', () => {
    expect(offered('se')).toEqual(expect.arrayContaining(['serve', 'self']))
    expect(offered('stat')).toEqual(['status'])
    expect(offered('')).toEqual(
      expect.arrayContaining(['serve', 'bootstrap', 'root-key', 'audit', '--help', '--version']),
    )
  })

  test('the second word of a command follows its first', () => {
    expect(offered('audit', '')).toEqual(['verify', 'head'])
    expect(offered('root-key', 'r')).toEqual(['rotate'])
  })

  test('flags are those of the command', () => {
    expect(offered('serve', '--data')).toEqual(['--data-dir'])
    expect(offered('serve', '--ur')).toEqual([])
    expect(offered('audit', 'verify', '--he')).toEqual(['--head', '--help'])
    expect(offered('passwd', '--url', 'https://h', '--user')).toEqual(['--username'])
  })

  test('values are choices, files or folders, as the setting takes them', () => {
    expect(offered('serve', '--log-level', 'w')).toEqual(['warn'])
    expect(offered('serve', '--data-dir', '')).toEqual(['data'])
    expect(offered('status', '--ca-file', 'c')).toEqual(['ca.pem'])
    expect(offered('status', '--username', '')).toEqual([])
    expect(offered('completion', 'z')).toEqual(['zsh'])
  })

  test('a file may have a space in its name', () => {
    expect(offered('bootstrap', 't')).toEqual(['team a.yaml'])
    expect(offered('bootstrap', '--dry')).toEqual(['--dry-run'])
  })
})

test.each(SHELLS)('the script for %s knows every command and every flag', (shell) => {
  const script = completionScript(shell)
  for (const name of commandNames) {
    for (const word of commandOf(name).words) expect(script).toContain(word)
    const own = Object.keys(commandOf(name).options)
    for (const flag of [...own, ...flagsOf(name).map((setting) => settingNames(setting.name).flag)])
      expect(script).toContain(shell === 'fish' ? `-l ${flag} ` : `--${flag}`)
  }
  expect(script).not.toContain('admin-password')
})
