import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Line, terminalSvg } from './terminal-svg.ts'

/** Writes the pictures of the README, docs/terminal-*.svg, from a real run against a server of its own. */
const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
const PASSWORD = 'Picture-1234!'

const scenes: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'docs/terminal-help.svg': [['--help']],
  'docs/terminal-commands.svg': [
    ['groups', 'create', '--name', 'payments', '--description', 'On call'],
    ['groups', 'list', '--limit', '4'],
    ['ciphertrust-group-list', 'group_name=pay*', 'limit=5', '-o', 'context'],
  ],
}

const folder = mkdtempSync(join(tmpdir(), 'keystead-picture-'))
const env = {
  PATH: process.env['PATH'],
  KEYSTEAD_DATA_DIR: join(folder, 'data'),
}
const server = spawn(process.execPath, [path('bin/keystead.js'), 'serve'], {
  env: {
    ...env,
    KEYSTEAD_LISTEN: '127.0.0.1:0',
    KEYSTEAD_PKI_LISTEN: 'off',
    KEYSTEAD_ADMIN_PASSWORD: PASSWORD,
    KEYSTEAD_LOG_LEVEL: 'silent',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = once(server, 'exit')
try {
  let said = ''
  for await (const chunk of server.stdout) {
    said += chunk
    // Its last line: leaving the loop closes the pipe, and a server that still writes ends with it.
    if (said.includes('/openapi.json\n')) break
  }
  const url = /https:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]
  if (url === undefined) throw new Error(`the server did not start: ${said}`)
  for (const [name, commands] of Object.entries(scenes)) {
    const lines = commands.flatMap((args) => run(args, url))
    writeFileSync(path(name), terminalSvg(lines, `keystead ${commands[0]?.join(' ')}`))
    process.stdout.write(`wrote ${name}\n`)
  }
} finally {
  server.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true })
}

/** A command with what it says, as it would stand in a terminal. */
function run(args: readonly string[], url: string): Line[] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path('bin/keystead.js'), ...args],
    {
      encoding: 'utf8',
      cwd: folder,
      env: {
        ...env,
        KEYSTEAD_URL: url,
        KEYSTEAD_CA_FILE: join(folder, 'data', 'ca.pem'),
        KEYSTEAD_PASSWORD: PASSWORD,
      },
    },
  )
  if (status !== 0) throw new Error(`keystead ${args.join(' ')} failed: ${stderr}`)
  const typed = args.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')
  const output = stdout.trimEnd().split('\n')
  return [
    { text: `keystead ${typed}`, is: 'command' },
    ...output.map((text): Line => ({ text, is: 'output' })),
    { text: '', is: 'output' },
  ]
}
