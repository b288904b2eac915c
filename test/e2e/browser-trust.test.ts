import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { canBrowse, openBrowser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** NSS's own tool: what a person does in the settings of the browser, under "authorities". */
const canImport = spawnSync('certutil', ['-H']).error === undefined || Boolean(process.env['CI'])
if (!canImport)
  process.stderr.write(
    'SKIPPED: trusting the CA in a browser needs certutil (apt-get install libnss3-tools)\n',
  )

describe.skipIf(!canBrowse || !canImport)('a browser', () => {
  let server: TestServer
  let home: string
  let browser: Browser | undefined

  beforeAll(async () => {
    server = await startTestServer('sqlite')
    home = mkdtempSync(join(tmpdir(), 'keystead-browser-'))
  })
  afterEach(async () => {
    await browser?.close()
    browser = undefined
  })
  afterAll(async () => {
    await server.stop()
    rmSync(home, { recursive: true, force: true })
  })

  const nss = (...args: string[]) => {
    const run = spawnSync('certutil', ['-d', `sql:${join(home, '.pki/nssdb')}`, ...args], {
      encoding: 'utf8',
    })
    expect(run, run.stderr).toMatchObject({ status: 0 })
  }
  const open = async (host: string) => {
    browser = await openBrowser(home)
    const page = await browser.newPage()
    const { port } = new URL(server.url)
    return page
      .goto(`https://${host}:${port}/playground_v2`)
      .then(async (answer) => ({
        status: answer?.status(),
        title: await page.title(),
        protocol: (await answer?.securityDetails())?.protocol,
      }))
      .catch((error: unknown) => ({ error: String(error) }))
  }

  test('refuses the server as long as it does not know the CA', async () => {
    expect(await open('localhost')).toMatchObject({
      error: expect.stringContaining('ERR_CERT_AUTHORITY_INVALID'),
    })
  })

  test('opens the server without a warning once ca.pem is among its authorities', async () => {
    mkdirSync(join(home, '.pki/nssdb'), { recursive: true })
    nss('-N', '--empty-password')
    nss('-A', '-n', 'keystead', '-t', 'C,,', '-i', server.caFile)
    for (const host of ['localhost', '127.0.0.1']) {
      expect(await open(host)).toMatchObject({ status: 200, protocol: 'TLS 1.3' })
      await browser?.close()
    }
  })
})
