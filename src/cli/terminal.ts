import { StringDecoder } from 'node:string_decoder'
import { Failed } from './failures.ts'
import type { Environment } from './settings/index.ts'

export interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface Input extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
  on(event: 'data' | 'end', listener: (chunk: Buffer | string) => void): unknown
  off(event: 'data' | 'end', listener: (chunk: Buffer | string) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** The world as a command sees it; tests hand in their own. */
export interface Io {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Environment
  readonly cwd: string
  /** Calls back each time the process is asked to stop. */
  onStop(listener: () => void): void
}

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'

/** Speaks to the person or script behind the command. Answers go to stdout, all else to stderr. */
export class Terminal {
  readonly io: Io
  #rest = ''
  #hasEnded = false

  constructor(io: Io) {
    this.io = io
  }

  get isInteractive(): boolean {
    return this.io.stdin.isTTY === true && this.io.stdin.setRawMode !== undefined
  }

  say(line = ''): void {
    this.io.stdout.write(`${printable(line)}\n`)
  }

  /** Output for another program, as it is. */
  put(text: string): void {
    this.io.stdout.write(text)
  }

  complain(line: string): void {
    this.io.stderr.write(`keystead: ${printable(line)}\n`)
  }

  /** Asks for a secret without showing it. Failed when it is given up with Ctrl-C or Ctrl-D. */
  async askSecret(question: string): Promise<string> {
    const { stdin, stderr } = this.io
    stderr.write(`${printable(question)}: `)
    stdin.setRawMode?.(true)
    const decoder = new StringDecoder('utf8')
    let typed = this.#rest
    this.#rest = ''
    try {
      return await new Promise<string>((resolve, reject) => {
        const take = (text: string): void => {
          typed += text
          const end = typed.search(/[\r\n]/)
          const giveUp = typed.split('').findIndex((key) => key === CTRL_C || key === CTRL_D)
          if (giveUp >= 0 && (end < 0 || giveUp < end)) {
            done(() => reject(new Failed('Given up.')))
            return
          }
          if (end < 0) return
          this.#rest = typed.slice(end + 1)
          const answer = edited(typed.slice(0, end))
          done(() => resolve(answer))
        }
        const onData = (chunk: Buffer | string): void =>
          take(typeof chunk === 'string' ? chunk : decoder.write(chunk))
        const onEnd = (): void => done(() => reject(new Failed('Given up.')))
        const done = (settle: () => void): void => {
          stdin.off('data', onData)
          stdin.off('end', onEnd)
          // At once: what was typed ahead waits for the next question.
          stdin.pause()
          settle()
        }
        stdin.on('data', onData)
        stdin.on('end', onEnd)
        stdin.resume()
        take('')
      })
    } finally {
      stdin.setRawMode?.(false)
      stderr.write('\n')
    }
  }

  /** All that is left of standard input; undefined at its end. */
  async rest(): Promise<string | undefined> {
    await this.#readWhole()
    const text = this.#rest
    this.#rest = ''
    return text === '' ? undefined : text
  }

  /** The next line of standard input; undefined at its end. */
  async line(): Promise<string | undefined> {
    if (!this.#rest.includes('\n')) await this.#readWhole()
    if (this.#rest === '') return undefined
    const end = this.#rest.indexOf('\n')
    const line = end < 0 ? this.#rest : this.#rest.slice(0, end)
    this.#rest = end < 0 ? '' : this.#rest.slice(end + 1)
    return line.replace(/\r$/, '')
  }

  /** Input that is no terminal comes at once: piped secrets, one per line, or a document. */
  async #readWhole(): Promise<void> {
    if (this.#hasEnded) return
    const decoder = new StringDecoder('utf8')
    for await (const chunk of this.io.stdin)
      this.#rest += typeof chunk === 'string' ? chunk : decoder.write(chunk)
    this.#hasEnded = true
  }
}

/** What was typed, after Backspace (DEL or BS) and Ctrl-U. */
function edited(typed: string): string {
  let answer: string[] = []
  for (const character of typed) {
    if (character === '\u007f' || character === '\b') answer.pop()
    else if (character === '\u0015') answer = []
    else if (character >= ' ') answer.push(character)
  }
  return answer.join('')
}

/** Text from elsewhere must not drive the terminal: ECMA-48 control characters become visible. */
const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
