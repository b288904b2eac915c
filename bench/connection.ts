import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Request, Target } from './load-job.ts'

/** An answer, or the error that ended the connection while one was due. */
export type Answered = (status: number, body: string, error?: Error) => void

const HEAD_END = Buffer.from('\r\n\r\n')

/**
 * One keep-alive connection that speaks just enough HTTP/1.1 to load a server: one request at a time, the body
 * skipped over unread unless asked for. A full client costs several times as much per request and would be measured
 * along with the server.
 */
export class Connection {
  readonly #target: Target
  readonly #wantBody: boolean
  #socket: Socket | undefined
  #pending: Buffer | undefined
  #answered: Answered | undefined
  #closing = false

  constructor(target: Target, options: { wantBody: boolean } = { wantBody: false }) {
    this.#target = target
    this.#wantBody = options.wantBody
  }

  get busy(): boolean {
    return this.#answered !== undefined
  }

  open(): Promise<void> {
    const { host, port, ca } = this.#target
    return new Promise((resolve, reject) => {
      const socket =
        ca === undefined
          ? connectPlain({ host, port, noDelay: true }, resolve)
          : connectTls({ host, port, ca, ALPNProtocols: ['http/1.1'] }, resolve)
      socket.setNoDelay(true)
      socket.on('data', (chunk: Buffer) => this.#receive(chunk))
      socket.on('error', (error) => {
        reject(error)
        this.#fail(socket, error)
      })
      socket.on('close', () => this.#fail(socket, new Error('the server closed the connection')))
      this.#socket = socket
      this.#pending = undefined
    })
  }

  /** Sends bytes made by `encode`, over a new connection when the server has ended the last one. */
  send(bytes: string, answered: Answered): void {
    if (this.#answered) throw new Error('one request at a time')
    this.#answered = answered
    if (this.#socket && !this.#closing) {
      this.#socket.write(bytes)
      return
    }
    this.#closing = false
    this.open().then(
      () => this.#socket?.write(bytes),
      () => {}, // told to `answered` by the error event
    )
  }

  close(): void {
    this.#answered = undefined
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #fail(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return
    this.#socket = undefined
    // An answer without a length ends with the connection (RFC 9112 §6.3).
    const pending = this.#pending
    this.#pending = undefined
    const answered = this.#answered
    this.#answered = undefined
    if (!answered) return
    const headEnd = pending?.indexOf(HEAD_END) ?? -1
    if (pending && headEnd >= 0) answered(statusOf(pending), pending.toString('utf8', headEnd + 4))
    else answered(0, '', error)
  }

  #receive(chunk: Buffer): void {
    const received = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk
    const headEnd = received.indexOf(HEAD_END)
    if (headEnd < 0) {
      this.#pending = received
      return
    }
    const head = received.toString('latin1', 0, headEnd)
    const status = statusOf(received)
    const end = bodyEnd(received, head, headEnd + 4, status)
    if (end === undefined || received.length < end) {
      this.#pending = received
      return
    }
    this.#pending = undefined
    if (/\r\nconnection: close/i.test(head)) this.#closing = true
    const answered = this.#answered
    this.#answered = undefined
    const body = this.#wantBody ? received.toString('utf8', headEnd + 4, end) : ''
    answered?.(status, body)
  }
}

const statusOf = (bytes: Buffer): number => Number(bytes.toString('latin1', 9, 12))

/** Where the body ends, or undefined while that cannot be told. */
function bodyEnd(bytes: Buffer, head: string, start: number, status: number) {
  if (status === 204 || status === 304) return start
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return start + Number(length)
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return undefined
  return bytes.toString('latin1', bytes.length - 5) === '0\r\n\r\n' ? bytes.length : undefined
}

/** The request's bytes as text; `{n}` is still in it. */
export function encode(request: Request, target: Target): string {
  const { method, path, headers = {}, body } = request
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${target.host}:${target.port}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) {
    if (headers['content-type'] === undefined) lines.push('content-type: application/json')
    lines.push(`content-length: ${Buffer.byteLength(numbered(body, 0))}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

export const numbered = (text: string, number: number): string =>
  text.includes('{n}') ? text.replaceAll('{n}', String(number).padStart(8, '0')) : text
