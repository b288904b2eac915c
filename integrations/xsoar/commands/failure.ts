/**
 * `input`: what was given is wrong, and nothing was sent. `unreachable`: no answer, or not from a key manager.
 * `refused`: not signed in, or not permitted. `failed`: the server said no.
 */
export type FailureKind = 'input' | 'unreachable' | 'refused' | 'failed'

/** An Error with sentences for whoever gave the command. A class would not survive ES5. */
export interface CommandFailure extends Error {
  readonly kind: FailureKind
  readonly sentences: readonly string[]
  readonly status: number | undefined
}

export function failure(
  kind: FailureKind,
  sentences: readonly string[],
  status?: number,
): CommandFailure {
  const error = new Error(sentences.join('\n')) as Error & {
    kind: FailureKind
    sentences: readonly string[]
    status: number | undefined
  }
  error.name = 'CommandFailure'
  error.kind = kind
  error.sentences = sentences
  error.status = status
  return error
}

export const isCommandFailure = (error: unknown): error is CommandFailure =>
  error instanceof Error && error.name === 'CommandFailure'

/** What somebody sent, for a sentence: short, on one line, without what could drive a terminal. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '?',
  )
}
