import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { Terminal } from './terminal.ts'

function atTerminal() {
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    raw: [] as boolean[],
    setRawMode(raw: boolean) {
      this.raw.push(raw)
    },
  })
  let shown = ''
  const output = { write: (text: string) => (shown += text) }
  const io = { stdin, stdout: output, stderr: output, env: {}, cwd: '/', onStop: () => {} }
  return { stdin, terminal: new Terminal(io), shown: () => shown }
}

describe('a secret that is asked for', () => {
  test('is not shown while it is typed', async () => {
    const { stdin, terminal, shown } = atTerminal()
    const answer = terminal.askSecret('Password')
    stdin.write('hun')
    stdin.write('ter2\r')
    expect(await answer).toBe('hunter2')
    expect(shown()).toBe('Password: \n')
    expect(stdin.raw).toEqual([true, false])
  })

  test('can be corrected with Backspace and Ctrl-U', async () => {
    const { stdin, terminal } = atTerminal()
    const answer = terminal.askSecret('Password')
    stdin.write('wrong\u0015hx\u007füñ\u007fé\n')
    expect(await answer).toBe('hüé')
  })

  test('may come in pieces that cut a character, or together with the next', async () => {
    const { stdin, terminal } = atTerminal()
    const first = terminal.askSecret('Old')
    stdin.write(Buffer.from([0xc3]))
    stdin.write(Buffer.from([0xa9, 0x0a, 0x62, 0x0a]))
    expect(await first).toBe('é')
    expect(await terminal.askSecret('New')).toBe('b')
  })

  test('may be typed ahead of its question', async () => {
    const { stdin, terminal } = atTerminal()
    for (const line of ['one\r', 'two\r', 'three\r']) stdin.write(line)
    for (const line of ['one', 'two', 'three'])
      expect(await terminal.askSecret('Password')).toBe(line)
  })

  test.each(['\u0003', 'abc\u0004'])(
    'is given up with %j, and the terminal is as before',
    async (keys) => {
      const { stdin, terminal } = atTerminal()
      const answer = terminal.askSecret('Password')
      stdin.write(keys)
      await expect(answer).rejects.toThrow('Given up')
      expect(stdin.raw).toEqual([true, false])
    },
  )

  test('is given up when the terminal goes away', async () => {
    const { stdin, terminal } = atTerminal()
    const answer = terminal.askSecret('Password')
    stdin.end()
    await expect(answer).rejects.toThrow('Given up')
  })
})

test('piped lines are handed out one by one', async () => {
  const { stdin, terminal } = atTerminal()
  stdin.end('one\r\n\ntwo')
  expect([await terminal.line(), await terminal.line(), await terminal.line()]).toEqual([
    'one',
    '',
    'two',
  ])
  expect(await terminal.line()).toBeUndefined()
})

test('what a server says cannot drive the terminal', () => {
  const { terminal, shown } = atTerminal()
  terminal.complain('\u001b]0;owned\u0007\u009b2J')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(shown()).not.toMatch(/[\u0000-\u0009\u001b\u009b]/)
  expect(shown()).toContain('owned')
})
