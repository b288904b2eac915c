/**
 * What the engine inside Cortex XSOAR offers to a JavaScript integration, as public integrations of demisto/content use
 * it. Only this much is counted on.
 */
export interface Globals {
  readonly command: string
  readonly args: Readonly<Record<string, unknown>>
  readonly params: Readonly<Record<string, unknown>>
  http(url: string, request: HttpRequest, insecure: boolean, proxy: boolean): HttpResponse
  /** Keeps the text as a file and says its id. */
  saveFile(text: string): string
  /** The text of an entry's file. */
  entrytoa(entryId: string): string
}

export interface HttpRequest {
  readonly Method: string
  readonly Headers: Readonly<Record<string, readonly string[]>>
  readonly Body?: string
}

export interface HttpResponse {
  readonly StatusCode?: number
  readonly Status?: string
  readonly Body?: string
}

/** Kinds of entries and forms of their contents, by the numbers and words of the War Room. */
export const NOTE = 1
export const FILE_FOR_COMMANDS = 9
export const MARKDOWN = 'markdown'
export const JSON_FORMAT = 'json'
export const TEXT = 'text'
