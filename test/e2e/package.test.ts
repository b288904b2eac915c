import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const checkout = resolve(import.meta.dirname, '../..')
const isWindows = process.platform === 'win32'

/** Rejects with everything that the program said. */
const run = (program: string, args: readonly string[], options: { cwd: string }) =>
  promisify(execFile)(program, args, { ...options }).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`, { cause: error })
  })

/** npm hands its own settings to what it runs; another npm inside must not take this checkout for its project. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm|keystead)_/i.test(name)),
)

describe('the published package, installed in an empty folder', () => {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-package-'))
    await run('npm', ['pack', '--pack-destination', folder], { cwd: checkout })
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'empty', private: true, type: 'module' }),
    )
    const packed = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packed], {
      cwd: folder,
    })
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const npx = (...args: readonly string[]) => run('npx', ['--no-install', ...args], { cwd: folder })

  test('knows its version', async () => {
    const { version } = await import('../../package.json', { with: { type: 'json' } }).then(
      ({ default: manifest }) => manifest,
    )
    expect((await npx('keystead', '--version')).stdout.trim()).toBe(`keystead ${version}`)
  })

  test('carries the compiled program, and neither its sources nor its tests', () => {
    const carried = readdirSync(join(folder, 'node_modules/keystead'), { recursive: true }).map(
      String,
    )
    expect(carried.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([])
    expect(carried).toContain(join('dist', 'src', 'main.js'))
  })

  test('carries a man page for each group of commands, and what a command needs to start', async () => {
    const carried = readdirSync(join(folder, 'node_modules/keystead'), { recursive: true }).map(
      String,
    )
    expect(carried).toContain(join('man', 'keystead.1'))
    expect(carried).toContain(join('man', 'keystead-groups.1'))
    expect((await npx('keystead', 'groups', '--help')).stdout).toContain('groups add-user NAME')
  })

  test('gives a bundler for browsers a client without anything of Node', async () => {
    const entry = join(folder, 'page.js')
    writeFileSync(entry, "export { createClient } from 'keystead/client'\n")
    const bundle = await rolldown({ input: entry, platform: 'browser', logLevel: 'silent' })
    const { output } = await bundle.generate({ format: 'esm' })
    await bundle.close()
    expect(output[0].code).toContain('fetch(')
    expect(output[0].code).not.toMatch(/from ['"]node:|require\(/)
  })

  test('serves, and its client signs in, writes and reads', async () => {
    const server = spawn('npx', ['--no-install', 'keystead', 'serve', '--listen', '127.0.0.1:0'], {
      cwd: folder,
      env: { ...env, KEYSTEAD_ADMIN_PASSWORD: 'Automation-1234!', KEYSTEAD_LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // npx does not pass every signal on; its whole group gets them.
      detached: !isWindows,
    })
    const ended = once(server, 'exit')
    try {
      let said = ''
      server.stderr.on('data', (chunk) => (said += chunk))
      for await (const chunk of server.stdout) {
        said += chunk
        // Its last line: leaving the loop closes the pipe, and a server that still writes ends with it.
        if (said.includes('/openapi.json\n')) break
      }
      const url = /https:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0]
      expect(url, said).toBeDefined()
      writeFileSync(
        join(folder, 'use.js'),
        `import { catalogue, createClient } from 'keystead/client'
import description from 'keystead/openapi.json' with { type: 'json' }

const client = createClient({
  url: '${url}',
  caFile: 'keystead-data/ca.pem',
  credentials: { username: 'admin', password: 'Automation-1234!' },
})
await client.call(catalogue.groups.create, { body: { name: 'made by a client' } })
const names = []
for await (const { name } of client.each(catalogue.groups.list, {})) names.push(name)
await client.signOut()
process.stdout.write(JSON.stringify({ names, openapi: description.openapi }))
`,
      )
      // The Node that came with the package; the one in the path may be any.
      const { stdout } = await run(process.execPath, ['use.js'], { cwd: folder })
      const { names, openapi } = JSON.parse(stdout) as { names: string[]; openapi: string }
      expect(names).toContain('made by a client')
      expect(openapi).toBe('3.1.0')
    } finally {
      if (server.pid !== undefined && !isWindows) process.kill(-server.pid, 'SIGTERM')
      else server.kill()
      await ended
    }
  })

  test("types a program that uses its client, from the contracts' own words", async () => {
    const check = async (name: string, body: string) => {
      writeFileSync(
        join(folder, name),
        `import { catalogue, createClient } from 'keystead/client'
const client = createClient({ url: 'https://keys.example.com' })
const group = await client.call(catalogue.groups.create, { body: ${body} })
export const made: string = group.name
`,
      )
      const tsc = join(checkout, 'node_modules/typescript/bin/tsc')
      return run(
        process.execPath,
        [
          tsc,
          '--noEmit',
          '--strict',
          '--module',
          'nodenext',
          '--target',
          'es2024',
          '--skipLibCheck',
          name,
        ],
        { cwd: folder },
      ).then(
        () => '',
        (error: Error) => error.message,
      )
    }
    expect(await check('right.ts', "{ name: 'ops' }")).toBe('')
    expect(await check('wrong.ts', "{ nom: 'ops' }")).toContain("'nom' does not exist")
  })
})
