import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { json, startFakeHttps } from '../../test/fakes/https.ts'
import { startFakeProxy } from '../../test/fakes/proxy.ts'
import { runCli } from './main.ts'
import type { ServerCommands } from './server-commands.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-proxy-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

async function keystead(...argv: string[]) {
  let stdout = ''
  let stderr = ''
  const io = {
    stdin: Readable.from([]),
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
    cwd: folder,
    onStop: () => {},
  }
  // No command here is one of the server's own.
  const exit = await runCli(argv, io, {} as ServerCommands)
  return { exit, stdout, stderr }
}

test('a command goes through the proxy that the environment names', async () => {
  const fake = await startFakeHttps(
    (_request, response) => json(response, 200, { keys: [] }),
    ['keys.example.test'],
  )
  const proxy = await startFakeProxy(Number(new URL(fake.url).port), 'jo:secret')
  writeFileSync(join(folder, 'ca.pem'), fake.ca)
  vi.stubEnv('HTTPS_PROXY', proxy.url.replace('://', '://jo:secret@'))
  const argv = ['tokens', 'jwks', '--url', 'https://keys.example.test', '--ca-file', 'ca.pem']
  expect(await keystead(...argv)).toMatchObject({ exit: 0, stderr: '' })
  expect(proxy.asked).toEqual(['keys.example.test:443'])

  vi.stubEnv('HTTPS_PROXY', proxy.url.replace('://', '://jo:wrong@'))
  const refused = await keystead(...argv)
  expect(refused.exit).toBe(3)
  expect(refused.stderr).toContain('the proxy does not let us through')
  expect(refused.stderr).not.toContain('wrong')
  await Promise.all([proxy.stop(), fake.stop()])
})

test('a proxy that is none is told in a sentence', async () => {
  vi.stubEnv('HTTPS_PROXY', 'proxy.example.com:3128')
  const refused = await keystead('tokens', 'jwks', '--url', 'https://keys.example.test')
  expect(refused).toMatchObject({ exit: 2, stdout: '' })
  expect(refused.stderr).toMatch(/^keystead: HTTPS_PROXY is not usable: .+\n$/)
})
