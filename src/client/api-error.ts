import { ClientError, type FailureKind } from './client-error.ts'
import type { WireResponse } from './transport.ts'

/** The server answered that it did not do what was asked. */
export class ApiError extends ClientError {
  override readonly name: string = 'ApiError'
  readonly kind: FailureKind = 'refused'
  declare readonly status: number
  readonly codeDesc: string
  /** What to name when asking about it: the server's log has it. */
  readonly requestId: string | undefined

  constructor(
    status: number,
    fields: { code?: number; codeDesc?: string; message?: string; requestId?: string },
  ) {
    super(sentenceOf(status, fields.codeDesc, fields.message), { status, code: fields.code })
    this.codeDesc = fields.codeDesc ?? ''
    this.requestId = fields.requestId
  }
}

/** Something answered, though not a server of this API: mostly a wrong URL. */
export class ForeignAnswer extends ClientError {
  override readonly name = 'ForeignAnswer'
  readonly kind = 'foreign'
  declare readonly status: number

  constructor({ status }: WireResponse, detail: string) {
    super(detail, { status })
  }
}

/** An answer of 400 and above as the failure it describes. */
export function failureOf(response: WireResponse): ApiError | ForeignAnswer {
  const body = parsed(response.body)
  if (typeof body === 'object' && body !== null && 'codeDesc' in body) {
    const { code, codeDesc, message, requestID } = body as Record<string, unknown>
    return new ApiError(response.status, {
      ...(typeof code === 'number' ? { code } : {}),
      ...(typeof codeDesc === 'string' ? { codeDesc } : {}),
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof requestID === 'string' ? { requestId: requestID } : {}),
    })
  }
  // Some servers of this API answer a call without credentials in plain text (reference 1.3), and proxies answer for
  // a server that is down.
  if (response.status === 401 || response.status === 429 || response.status >= 500)
    return new ApiError(response.status, {})
  return new ForeignAnswer(response, `HTTP ${response.status} in another form`)
}

/** Undefined when the text is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The sentence stands in `message`, else behind the name in `codeDesc`. */
function sentenceOf(status: number, codeDesc = '', message = ''): string {
  if (message !== '') return message
  const behind = /^NCERR\w+: *(.+)$/s.exec(codeDesc)?.[1] ?? codeDesc
  return behind === '' ? `HTTP ${status}` : behind
}
