import type { Terminal } from './terminal.ts'

/** Nobody has to be told of work that is done before this. */
const QUIET_MS = 1000
const EVERY_MS = 250

/** Does the work, and at a terminal says on standard error what it waits for once that takes long. */
export async function withProgress<T>(
  terminal: Terminal,
  words: string,
  work: (say: (words: string) => void) => Promise<T>,
): Promise<T> {
  const { stderr } = terminal.io
  if (stderr.isTTY !== true) return work(() => {})
  let current = words
  let isShown = false
  const since = Date.now()
  const timer = setInterval(() => {
    const elapsed = Date.now() - since
    if (elapsed < QUIET_MS) return
    isShown = true
    stderr.write(`\r\u001b[K${current} … ${Math.floor(elapsed / 1000)} s`)
  }, EVERY_MS)
  try {
    return await work((said) => {
      current = said
    })
  } finally {
    clearInterval(timer)
    if (isShown) stderr.write('\r\u001b[K')
  }
}
