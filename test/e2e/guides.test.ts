import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Runs what guides tell their readers to type, in one shell from top to bottom, and compares what comes back with what the
 * guide says. A block of `sh` is run; a block of text or JSON right after it is what it prints, where `…` stands for
 * anything in a line, and a line of it alone for any lines. A block that shows a line beginning with `keystead: ` is
 * meant to fail.
 */

const checkout = resolve(import.meta.dirname, '../..')
const GUIDES = ['protect-data.md', 'cte-keys.md']
/** As the guides have it. */
const ADDRESS = 'https://127.0.0.1:8443'

interface Block {
  /** Of the line that it begins in, counted from 1. */
  readonly line: number
  readonly commands: string
  readonly prints?: string
}

function blocksOf(file: string): Block[] {
  const blocks: { line: number; commands: string; prints?: string }[] = []
  let fence: { language: string; line: number; lines: string[] } | undefined
  /** Whether nothing but blank lines stood since the last block of commands. */
  let follows = false
  for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const opening = /^```(\w*)$/.exec(line)
    if (!opening) {
      if (fence) fence.lines.push(line)
      else if (line !== '') follows = false
    } else if (!fence) fence = { language: opening[1] ?? '', line: at + 2, lines: [] }
    else {
      const text = fence.lines.join('\n')
      const last = blocks.at(-1)
      if (fence.language === 'sh') blocks.push({ line: fence.line, commands: text })
      else if (follows && last) last.prints = text
      follows = fence.language === 'sh'
      fence = undefined
    }
  }
  return blocks
}

const MARK = '\u0001'

/** What each block printed, and the exit code of its last command. */
async function play(blocks: readonly Block[], folder: string, env: Record<string, string>) {
  const script = [
    'set -o pipefail; exec 2>&1',
    ...blocks.map(({ commands }) => `${commands}\nprintf '${MARK}%s${MARK}' "$?"`),
  ].join('\n')
  const shell = spawn('bash', ['-c', script], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await new Promise((resolve) => shell.on('close', resolve))
  const parts = said.split(MARK)
  return blocks.map((_, at) => ({
    text: (parts[2 * at] ?? '').trimEnd(),
    exit: Number(parts[2 * at + 1]),
  }))
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const matches = (prints: string, text: string): boolean =>
  new RegExp(
    `^${prints
      .trimEnd()
      .split(/^…$/m)
      .map((lines) => lines.split('…').map(literal).join('.*'))
      .join('[^]*')}$`,
  ).test(text)

describe.each(GUIDES)('the guide %s', (name) => {
  let server: TestServer
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    server = await startTestServer('sqlite')
    folder = mkdtempSync(join(tmpdir(), 'keystead-guide-'))
    symlinkSync(server.dataDir, join(folder, 'keystead-data'))
    writeFileSync(join(folder, 'password'), `${server.adminPassword}\n`)
    // `npx keystead` as it would be in the checkout; only signing in asks for a password.
    writeFileSync(
      join(folder, 'npx'),
      `#!/bin/sh\nshift\n[ "$1" = login ] && export KEYSTEAD_PASSWORD='${server.adminPassword}'\nexec '${process.execPath}' '${join(checkout, 'bin/keystead.js')}' "$@"\n`,
    )
    chmodSync(join(folder, 'npx'), 0o755)
    env = {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
    }
  })

  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('prints what it says', async () => {
    const blocks = blocksOf(join(checkout, 'docs/guides', name)).map((block) => ({
      ...block,
      commands: block.commands.replaceAll(ADDRESS, server.url),
    }))
    expect(blocks.length).toBeGreaterThan(5)
    const played = await play(blocks, folder, env)
    const wrong = blocks.flatMap(({ line, commands, prints }, at) => {
      const { text = '', exit = Number.NaN } = played[at] ?? {}
      const fails = prints !== undefined && /^keystead: /m.test(prints)
      const asExpected = (prints === undefined || matches(prints, text)) && (exit !== 0) === fails
      return asExpected
        ? []
        : [
            `${name}:${line}\n${commands}\n--- printed (exit ${exit})\n${text}\n--- the guide says\n${prints ?? ''}`,
          ]
    })
    expect(wrong.join('\n\n')).toBe('')
  }, 240_000)
})
