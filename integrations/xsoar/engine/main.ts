import {
  begin,
  type CommandFailure,
  connectionFailure,
  connectionProblemIn,
  failure,
  isCommandFailure,
  type Json,
  type Outcome,
  type Reply,
  type Request,
  TEST_MODULE,
} from '../commands/index.ts'
import { FILE_FOR_COMMANDS, type Globals, JSON_FORMAT, MARKDOWN, NOTE, TEXT } from './globals.ts'

/** Runs the command that XSOAR asks for. What fails is thrown as text, which XSOAR shows as the error. */
export function run(globals: Globals): unknown {
  try {
    const outcome = outcomeFor(globals)
    return globals.command === TEST_MODULE ? 'ok' : entriesOf(outcome, globals)
  } catch (error) {
    throw isCommandFailure(error) ? error.sentences.join('\n') : String(error)
  }
}

interface Instance {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly insecure: boolean
  readonly proxy: boolean
}

function outcomeFor(globals: Globals): Outcome {
  const instance = instanceOf(globals.params)
  const exchange = begin(globals.command, globals.args, instance, {
    readFile: (entryId) => entryText(globals, entryId),
    now: () => Date.now(),
  })
  for (;;) {
    const request = exchange.next()
    if (request === undefined) return exchange.outcome()
    exchange.take(sent(globals, instance, request))
  }
}

/** The instance's settings; the published pack has user and password in one parameter. */
function instanceOf(params: Readonly<Record<string, unknown>>): Instance {
  const credentials = (params['credentials'] ?? {}) as Readonly<Record<string, unknown>>
  const url = textIn(params, 'server_url').trim().replace(/\/+$/, '')
  if (url === '')
    throw failure('input', ['Server URL is missing: such as https://keys.example.com.'])
  if (!/^https:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/i.test(url))
    throw failure('input', [
      'Server URL must begin with https:// and name a host, such as https://keys.example.com.',
    ])
  return {
    url,
    username: textIn(params, 'username') || textIn(credentials, 'identifier'),
    password: textIn(params, 'password') || textIn(credentials, 'password'),
    insecure: params['insecure'] === true || params['insecure'] === 'true',
    proxy: params['proxy'] === true || params['proxy'] === 'true',
  }
}

function textIn(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}

function sent(globals: Globals, { url, insecure, proxy }: Instance, request: Request): Reply {
  const headers: Record<string, readonly string[]> = {}
  for (const name of Object.keys(request.headers)) headers[name] = [request.headers[name] ?? '']
  let response: ReturnType<Globals['http']>
  try {
    response = globals.http(
      url + request.path,
      {
        Method: request.method,
        Headers: headers,
        ...(request.body === undefined ? {} : { Body: request.body }),
      },
      insecure,
      proxy,
    )
  } catch (error) {
    throw unreached(String(error))
  }
  // Without an answer there is no status code of HTTP, and Status says why.
  const status = response.StatusCode ?? 0
  if (status < 100) throw unreached(response.Status ?? response.Body ?? '')
  return { status, body: response.Body ?? '' }
}

/** The words may hold the whole URL with its query, which is none of the War Room's business. */
const unreached = (words: string): CommandFailure =>
  connectionFailure(
    connectionProblemIn(words),
    words
      .replace(/https?:\/\/\S*/g, '')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 200),
  )

function entryText({ entrytoa }: Globals, entryId: string): string {
  let text: unknown
  try {
    text = entrytoa(entryId)
  } catch {
    text = undefined
  }
  if (typeof text !== 'string' || text === '')
    throw new Error('must be the entry id of a file in the War Room that can be read')
  return text
}

function entriesOf(outcome: Outcome, { saveFile }: Globals): unknown {
  const note = {
    Type: NOTE,
    ContentsFormat: typeof outcome.raw === 'string' ? TEXT : JSON_FORMAT,
    Contents: outcome.raw ?? '',
    ReadableContentsFormat: MARKDOWN,
    HumanReadable: outcome.markdown,
    ...(outcome.context === undefined ? {} : { EntryContext: contextOf(outcome) }),
  }
  const files = outcome.files.map(({ name, text }) => ({
    Type: FILE_FOR_COMMANDS,
    FileID: saveFile(text),
    File: name,
    Contents: name,
  }))
  return files.length === 0 ? note : [note, ...files]
}

/** One resource takes the place of the same resource in the context; a list stands beside what is there. */
function contextOf({ prefix = '', context = null, key }: Outcome): Readonly<Record<string, Json>> {
  const path = key === undefined ? prefix : `${prefix}(val.${key} && val.${key} == obj.${key})`
  return { [path]: context }
}
