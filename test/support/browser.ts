import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const browserPath = '/usr/bin/chromium'

/** Without a browser its tests are left out, said loudly; CI has one, and fails without. */
export const canBrowse = existsSync(browserPath) || Boolean(process.env['CI'])
if (!canBrowse)
  process.stderr.write(
    `SKIPPED: the tests in a browser need ${browserPath} (apt-get install chromium)\n`,
  )

/** `home`: where it looks for the authorities that its user trusts. */
export const openBrowser = (home?: string): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath,
    ...(home === undefined ? undefined : { env: { ...process.env, HOME: home } }),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

/** What no page of ours may do: errors on the console, CSP and trusted-types violations among them, and other hosts. */
export function complaintsOf(page: Page, origin: string): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // Chromium reports every answer of 400 and above as an error; those are answers, not faults of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('requestfailed', (request) => {
    // Whoever leaves a page does not wait for the rest of it.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED')
      complaints.push(`${request.url()} failed`)
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.origin !== origin) complaints.push(`went to ${url.origin}`)
  })
  return complaints
}
