import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withProgress } from './progress.ts'
import { Terminal } from './terminal.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function terminal(isTTY: boolean) {
  let shown = ''
  const stderr = { isTTY, write: (text: string) => (shown += text) }
  const stdin = new PassThrough()
  const io = { stdin, stdout: stderr, stderr, env: {}, cwd: '/', onStop: () => {} }
  return { terminal: new Terminal(io), shown: () => shown }
}

const work = (milliseconds: number) => (say: (words: string) => void) =>
  new Promise<string>((resolve) => {
    setTimeout(() => say('200 of 1000'), milliseconds / 2)
    setTimeout(() => resolve('done'), milliseconds)
  })

test('quick work is not talked about', async () => {
  const { terminal: own, shown } = terminal(true)
  const done = withProgress(own, 'keystead groups list', work(900))
  await vi.advanceTimersByTimeAsync(900)
  expect(await done).toBe('done')
  expect(shown()).toBe('')
})

test('long work is, and leaves nothing behind on the line', async () => {
  const { terminal: own, shown } = terminal(true)
  const done = withProgress(own, 'keystead groups list', work(5000))
  await vi.advanceTimersByTimeAsync(2000)
  expect(shown()).toContain('keystead groups list … 1 s')
  await vi.advanceTimersByTimeAsync(3000)
  await done
  expect(shown()).toContain('200 of 1000 … 4 s')
  expect(shown().endsWith('\r\u001b[K')).toBe(true)
})

test('in a script nothing is written', async () => {
  const { terminal: own, shown } = terminal(false)
  const done = withProgress(own, 'keystead groups list', work(5000))
  await vi.advanceTimersByTimeAsync(5000)
  await done
  expect(shown()).toBe('')
})
