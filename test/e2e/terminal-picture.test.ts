import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { terminalSvg } from '../../tools/terminal-svg.ts'
import { canBrowse, openBrowser } from '../support/browser.ts'

const picture = terminalSvg(
  [
    { text: 'keystead groups get a&b', is: 'command' },
    { text: 'name  a&b <"x">', is: 'output' },
    { text: '', is: 'output' },
  ],
  'a & b',
)

describe.runIf(canBrowse)('a picture of a terminal', () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test.each([
    ['light', 'rgb(255, 255, 255)', 'rgb(31, 35, 40)'],
    ['dark', 'rgb(13, 17, 23)', 'rgb(230, 237, 243)'],
  ] as const)('is readable where the reader likes it %s', async (colorScheme, paper, ink) => {
    const page = await browser.newPage({ colorScheme })
    await page.setContent(picture)
    // As text: the checker of types knows no document, and the browser has one.
    const seen = await page.evaluate(`(() => {
      const fillOf = (selector) => getComputedStyle(document.querySelector(selector)).fill
      const { width } = document.querySelector('svg').getBoundingClientRect()
      const lines = [...document.querySelectorAll('text')]
      return {
        paper: fillOf('.w'),
        ink: fillOf('.o'),
        text: lines.map(({ textContent }) => textContent),
        isInside: lines.every((line) => line.getBoundingClientRect().right < width),
      }
    })()`)
    await page.close()
    expect(seen).toEqual({
      paper,
      ink,
      text: ['$', 'keystead groups get a&b', 'name  a&b <"x">'],
      isInside: true,
    })
  })
})
