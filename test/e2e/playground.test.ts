import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../src/compose.ts'
import { canBrowse, complaintsOf, openBrowser } from '../support/browser.ts'

/** The playground as a newcomer meets it: the real server, its first start, a browser. */
describe.skipIf(!canBrowse)(
  'the playground of a server that was started for the first time',
  () => {
    let folder: string
    let server: RunningServer
    let browser: Browser
    let page: Page
    let complaints: string[]

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'keystead-playground-'))
      server = await startServer(
        {
          dataDir: join(folder, 'data'),
          listen: { host: '127.0.0.1', port: 0 },
          databaseUrl: undefined,
          rootKey: { scheme: 'file', path: join(folder, 'root.key') },
          adminPassword: undefined,
          tlsNames: [],
          logLevel: 'silent',
          shutdownSeconds: 5,
        },
        { checkReplies: true },
      )
      browser = await openBrowser()
    })
    afterAll(async () => {
      await browser?.close()
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    beforeEach(async () => {
      page = await browser.newPage({
        ignoreHTTPSErrors: true,
        viewport: { width: 1440, height: 900 },
      })
      complaints = complaintsOf(page, new URL(server.url).origin)
      await page.goto(`${server.url}/playground_v2`)
      await page.getByRole('heading', { name: 'Try the API from here' }).waitFor()
    })
    afterEach(async () => {
      await page.close()
      expect(complaints).toEqual([])
    })

    const PASSWORD = 'Chosen-In-A-Browser-1!'

    async function signIn(password: string) {
      await page.getByLabel('Username', { exact: true }).fill('admin')
      await page.getByLabel('Password', { exact: true }).fill(password)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    }
    const open = async (operation: string) => {
      await page.goto(`${server.url}/playground_v2#/${operation}`)
      await page.locator('article.operation').waitFor()
    }
    const send = () => page.getByRole('button', { name: 'Send', exact: true }).click()
    const answer = () => page.getByRole('region', { name: 'Answer', exact: true })

    test('a password that does not fit the rules is refused with the reason, a good one signs in', async () => {
      await signIn(server.firstPassword ?? '')
      await page.getByLabel('New password', { exact: true }).fill('short')
      await page.getByLabel('New password again').fill('short')
      await page.getByRole('button', { name: 'Change and sign in' }).click()
      await page
        .locator('.notice.bad')
        .getByText(/at least 8/)
        .waitFor()
      await page.getByLabel('New password', { exact: true }).fill(PASSWORD)
      await page.getByLabel('New password again').fill(PASSWORD)
      await page.getByRole('button', { name: 'Change and sign in' }).click()
      await page.getByText('The password is changed.').waitFor()
      await page.locator('.who').getByText('admin').waitFor()
    })

    test('signs in, creates a group and finds it in the list', async () => {
      await signIn(PASSWORD)
      await page.locator('.who').waitFor()
      await open('groups.create')
      await page
        .getByRole('textbox', { name: 'Body' })
        .fill('{ "name": "on call", "description": "Tier <b>1</b>" }')
      await send()
      await answer().getByText('201 Created').waitFor()
      expect(await answer().locator('pre').innerText()).toContain('"name": "on call"')

      await open('groups.list')
      await page.getByLabel('name', { exact: true }).fill('on*')
      await send()
      await answer().getByText('200 OK').waitFor()
      const shown = JSON.parse(await answer().locator('pre').innerText())
      expect(shown).toMatchObject({
        total: 1,
        resources: [{ name: 'on call', description: 'Tier <b>1</b>' }],
      })
    })

    test('lists every operation of the description under a title of its own', async () => {
      const described = (await (await page.request.get(`${server.url}/openapi.json`)).json()) as {
        paths: Record<string, object>
        tags: { name: string }[]
      }
      const operations = Object.values(described.paths).flatMap((methods) => Object.keys(methods))
      await expect.poll(() => page.locator('#operations a').count()).toBe(operations.length)
      const titles = await page.locator('#operations summary span:first-child').allTextContents()
      expect(titles.sort()).toEqual(described.tags.map(({ name }) => name).sort())
      for (const title of titles) expect(title).toMatch(/^[A-Z]/)
    })

    test('asks for a new password with masked fields, and leaves it out of the curl line', async () => {
      await open('users.create')
      const password = page.getByLabel(/^password/)
      expect(await password.getAttribute('type')).toBe('password')
      await password.fill('Never-Shown-1234!')
      const curl = page.getByRole('region', { name: 'curl' }).locator('code').first()
      expect(await curl.innerText()).toContain('"password": "<password>"')
      expect(await page.evaluate<string>('document.body.innerText')).not.toContain('Never-Shown')
    })

    test('what the server refuses is shown as its answer, with its reason', async () => {
      await signIn(PASSWORD)
      await page.locator('.who').waitFor()
      await open('groups.get')
      await page.getByLabel(/^name/).fill('nobody')
      await send()
      await answer().getByText('404 Not Found').waitFor()
      expect(await answer().locator('pre').innerText()).toContain('NCERRResourceNotFound')
    })
  },
)
