/**
 * The thread in which XSOAR's engine is played: a bare global object with the library of ES5 and the engine's own
 * functions, and nothing else. `http` waits for its answer, as it does there.
 */
import { createContext, runInContext } from 'node:vm'
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads'

interface Task {
  readonly script: string
  readonly command: string
  readonly args: unknown
  readonly params: unknown
  readonly files: Readonly<Record<string, string>>
  readonly port: MessagePort
  readonly bell: Int32Array
}

const { script, command, args, params, files, port, bell } = workerData as Task

/** The names that ECMA-262, 5.1 edition, gives the global object (section 15.1). */
const ES5 =
  'NaN Infinity undefined eval parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent Object Function Array String Boolean Number Date RegExp Error EvalError RangeError ReferenceError SyntaxError TypeError URIError Math JSON'.split(
    ' ',
  )

function http(url: string, request: unknown, insecure: unknown, proxy: unknown): unknown {
  Atomics.store(bell, 0, 0)
  port.postMessage({ http: [url, request, insecure, proxy] })
  Atomics.wait(bell, 0, 0)
  return (receiveMessageOnPort(port) as { message: unknown }).message
}

const saved: Record<string, string> = {}
let count = 0
function saveFile(text: string): string {
  const id = `file-${++count}`
  saved[id] = text
  return id
}

function entrytoa(entryId: string): string {
  const text = files[entryId]
  if (text === undefined) throw new Error(`no entry ${entryId}`)
  return text
}

const context = createContext(Object.create(null) as object)
runInContext(
  `Object.getOwnPropertyNames(this).forEach(function (name) {
    if (${JSON.stringify(ES5)}.indexOf(name) < 0) delete this[name]
  }, this)`,
  context,
)
Object.assign(context, { command, args, params, http, saveFile, entrytoa })

try {
  // What comes back crosses to another thread, as it crosses into XSOAR's database: as JSON.
  const result: unknown = runInContext(`(function () {${script}\n})()`, context)
  port.postMessage({ result: JSON.parse(JSON.stringify(result ?? null)) as unknown, saved })
} catch (error) {
  port.postMessage({ error: typeof error === 'string' ? error : String(error) })
}
