import { request as httpsRequest } from 'node:https'
import { MessageChannel, Worker } from 'node:worker_threads'
import { type Context, merged } from './context.ts'

/** XSOAR, as far as an integration sees it: an instance with parameters, a War Room with files, and a context. */
export interface Xsoar {
  readonly context: Context
  /** Puts a file into the War Room and says its entry id. */
  addFile(name: string, text: string, kind?: 'File' | 'InfoFile'): string
  textOf(entryId: string): string | undefined
  run(command: string, args: Readonly<Record<string, unknown>>): Promise<Ran>
}

export interface Ran {
  /** What was thrown; undefined: it went well. */
  readonly error: string | undefined
  readonly entries: readonly Entry[]
  /** The context of this run alone, by prefix. */
  readonly context: Readonly<Record<string, unknown>>
  readonly files: readonly {
    readonly name: string
    readonly text: string
    readonly entryId: string
  }[]
  readonly result: unknown
}

export interface Entry {
  readonly Type: number
  readonly Contents?: unknown
  readonly ContentsFormat?: string
  readonly HumanReadable?: string
  readonly EntryContext?: Readonly<Record<string, unknown>>
  readonly FileID?: string
  readonly File?: string
}

export interface Instance {
  readonly params: Readonly<Record<string, unknown>>
  /** What XSOAR's own machine trusts. */
  readonly ca: string
  readonly timeoutMs?: number
}

const FILE_TYPES = [3, 9]

export function startXsoar(script: string, { params, ca, timeoutMs = 10_000 }: Instance): Xsoar {
  const context: Context = {}
  const files: Record<string, string> = {}
  let count = 0
  const addFile = (name: string, text: string, kind: 'File' | 'InfoFile' = 'File'): string => {
    const entryId = `${++count}@1`
    files[entryId] = text
    const extension = /\.(\w+)$/.exec(name)?.[1] ?? ''
    const about = {
      Name: name,
      EntryID: entryId,
      Size: text.length,
      Type: 'ASCII text',
      Info: 'text/plain',
      Extension: extension,
    }
    merged(context, kind, about)
    return entryId
  }
  return {
    context,
    addFile,
    textOf: (entryId) => files[entryId],
    async run(command, args) {
      const ended = await inThread({ script, command, args, params, files }, (call) =>
        answered(call, ca, timeoutMs),
      )
      if ('error' in ended)
        return { error: ended.error, entries: [], context: {}, files: [], result: undefined }
      const entries = (Array.isArray(ended.result) ? ended.result : [ended.result]).filter(
        (entry): entry is Entry => typeof entry === 'object' && entry !== null,
      )
      const own: Record<string, unknown> = {}
      const handedOut: { name: string; text: string; entryId: string }[] = []
      for (const entry of entries) {
        for (const [key, value] of Object.entries(entry.EntryContext ?? {})) {
          merged(context, key, value)
          own[key.replace(/\(.*$/, '')] = value
        }
        if (!FILE_TYPES.includes(entry.Type)) continue
        const name = entry.File ?? ''
        const text = ended.saved[entry.FileID ?? ''] ?? ''
        handedOut.push({
          name,
          text,
          entryId: addFile(name, text, entry.Type === 9 ? 'InfoFile' : 'File'),
        })
      }
      return { error: undefined, entries, context: own, files: handedOut, result: ended.result }
    },
  }
}

type Ended = { result: unknown; saved: Record<string, string> } | { error: string }
type HttpCall = readonly [
  url: string,
  request: { Method: string; Headers: Record<string, string[]>; Body?: string },
  insecure: boolean,
  proxy: boolean,
]

function inThread(task: object, http: (call: HttpCall) => Promise<unknown>): Promise<Ended> {
  const { port1, port2 } = new MessageChannel()
  const bell = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL('./engine.ts', import.meta.url), {
    workerData: { ...task, port: port2, bell },
    transferList: [port2],
  })
  return new Promise<Ended>((resolve, reject) => {
    worker.on('error', reject)
    port1.on('message', (message: { http?: HttpCall } & Partial<Ended>) => {
      if (message.http === undefined) {
        port1.close()
        resolve(message as Ended)
        return
      }
      http(message.http).then((answer) => {
        port1.postMessage(answer)
        Atomics.store(bell, 0, 1)
        Atomics.notify(bell, 0)
      }, reject)
    })
  }).finally(() => worker.terminate())
}

/** The words of Go's library, which the engine hands on when there is no answer. */
const goWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'dial tcp: connect: connection refused',
  ENOTFOUND: 'dial tcp: lookup: no such host',
  ECONNRESET: 'read tcp: connection reset by peer',
  ABORT_ERR: 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'x509: certificate is valid for another name',
  EPROTO: 'tls: first record does not look like a TLS handshake',
}

function answered(
  [url, given, insecure]: HttpCall,
  ca: string,
  timeoutMs: number,
): Promise<unknown> {
  return new Promise((resolve) => {
    const failed = (error: Error & { code?: string }) => {
      const words = goWords[error.code ?? ''] ?? 'x509: certificate signed by unknown authority'
      resolve({
        StatusCode: 0,
        Status: `${given.Method} "${url}": ${words}`,
        Body: '',
        Headers: {},
      })
    }
    const outgoing = httpsRequest(
      url,
      {
        method: given.Method,
        ca,
        rejectUnauthorized: !insecure,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...Object.fromEntries(
            Object.entries(given.Headers).map(([name, values]) => [name, values.join(', ')]),
          ),
          'content-length': String(Buffer.byteLength(given.Body ?? '')),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', failed)
        incoming.on('end', () =>
          resolve({
            StatusCode: incoming.statusCode,
            Status: `${incoming.statusCode} ${incoming.statusMessage}`,
            Body: Buffer.concat(chunks).toString('utf8'),
            Headers: Object.fromEntries(
              Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat()]),
            ),
          }),
        )
      },
    )
    outgoing.on('error', failed)
    outgoing.end(given.Body)
  })
}
