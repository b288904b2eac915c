/**
 * The words in which the table of commands is written. This folder is compiled to ES5 for the engine inside Cortex
 * XSOAR, so it imports nothing from elsewhere and uses no library newer than that.
 */

/** How the text of an argument becomes a value; values.ts has a reader for each. */
export type Kind =
  /** One line. */
  | 'text'
  /** May have several lines. */
  | 'prose'
  /** One line that is never shown. */
  | 'secret'
  /** Several lines that are never shown. */
  | 'secret-text'
  /** What goes into a path: a name, a UUID, a URI. */
  | 'identifier'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'list'
  | 'choices'
  | 'dns-names'
  | 'emails'
  | 'addresses'
  | 'date'
  /** A date, or a word that takes one away. */
  | 'expiry'
  /** JSON: name fields of a subject. */
  | 'subject'
  /** A file with such JSON. */
  | 'subject-file'
  /** A file with PEM. */
  | 'pem-file'

/** Where the value goes in the request. Paging is worked out from three arguments together. */
export type Place =
  | { readonly in: 'path' | 'query' | 'body'; readonly as: string }
  | { readonly in: 'paging' }
  /** Used by the command itself. */
  | { readonly in: 'command' }

export interface Argument {
  readonly name: string
  /** What the published pack calls it. */
  readonly also?: string
  readonly kind: Kind
  readonly help: string
  readonly place: Place
  readonly required?: true
  /** Sent when nothing is given. */
  readonly default?: string
  /** The possible values that the documents name. */
  readonly choices?: readonly string[]
  /** Words of the published pack that mean the same as `empty`. */
  readonly empties?: readonly string[]
  readonly least?: number
  readonly most?: number
}

export type OutputType = 'String' | 'Number' | 'Integer' | 'Boolean' | 'Date' | 'Unknown'

export interface Output {
  readonly path: string
  readonly type: OutputType
  readonly help: string
}

/** A file that a command hands out: a member of the answer. */
export interface FileOutput {
  readonly member: 'csr' | 'cert' | 'key'
  readonly name: string
  /** Only when this argument names one resource of a list. */
  readonly when?: string
  readonly secret?: true
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** An endpoint, by its name in the catalogue and as it goes over the wire below `/api/v1`. */
export interface Call {
  readonly endpoint: string
  readonly method: Method
  readonly path: string
}

export interface Command {
  readonly name: string
  /** `published`: only the pack that Cortex publishes has it. */
  readonly vocabulary: 'documents' | 'published'
  readonly summary: string
  readonly description?: string
  readonly call: Call
  /** Another call when this argument is given: one resource instead of a list. */
  readonly single?: { readonly argument: string; readonly call: Call }
  readonly arguments: readonly Argument[]
  /** A body goes along even when it holds nothing. */
  readonly body?: true
  /**
   * `object`: the resource; `list`: the envelope; `resources`: what is in the envelope; `files`: nothing but files;
   * `nothing`: a sentence.
   */
  readonly answer: 'object' | 'list' | 'resources' | 'files' | 'nothing'
  readonly prefix?: string
  /** The member that tells one resource from another. */
  readonly key?: string
  readonly outputs: readonly Output[]
  readonly files?: readonly FileOutput[]
  /** What a person reads: a title and the members shown; `{name}` stands for an argument or a member of the answer. */
  readonly title: string
  readonly columns: readonly string[]
  /** What two arguments must not say together: a sentence for each. */
  readonly rules?: (values: Values) => readonly string[]
}

/** Arguments after reading, by name; what is not given is not there. */
export type Values = Readonly<Record<string, Value>>
export type Value = string | number | boolean | readonly string[] | readonly SubjectFields[]
export type SubjectFields = Readonly<Record<string, string>>

export type Json =
  | null
  | string
  | number
  | boolean
  | readonly Json[]
  | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

/** What a command needs of where it runs. */
export interface Host {
  /** The text of a file: an entry of the War Room, or a path. Throws an Error whose message continues "NAME ". */
  readFile(reference: string): string
  /** Milliseconds since 1970. */
  now(): number
}

export interface Request {
  readonly method: string
  /** From the server's URL on: `/api/v1/…`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export interface Reply {
  readonly status: number
  readonly body: string
}

export interface OutputFile {
  readonly name: string
  readonly text: string
  readonly secret: boolean
}

/** What a command gives back. */
export interface Outcome {
  readonly prefix: string | undefined
  /** Undefined: no context. */
  readonly context: Json | undefined
  readonly key: string | undefined
  readonly markdown: string
  readonly table: Table
  readonly files: readonly OutputFile[]
  /** The server's answer, without secrets. */
  readonly raw: Json
}

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Sentences below the table. */
  readonly notes: readonly string[]
}
