import type { FaultKind } from '../kit/fault.ts'

interface Wire {
  readonly status: number
  readonly code: number
  readonly codeDesc: string
  /** Where the sentence goes: behind the codeDesc, or into `message` (reference 1.3). */
  readonly sentence: 'codeDesc' | 'message'
}

/** The one place that knows status codes and the API's error vocabulary (reference 1.2, 1.3). */
const onTheWire = {
  invalid: {
    status: 400,
    code: 15,
    codeDesc: 'NCERRBadRequest: Bad HTTP request',
    sentence: 'message',
  },
  'invalid-parameter': {
    status: 400,
    code: 9,
    codeDesc: 'NCERRInvalidParamValue',
    sentence: 'codeDesc',
  },
  'crypto-failed': {
    status: 400,
    code: 106,
    codeDesc: 'NCERRCryptoOperationFailed',
    sentence: 'codeDesc',
  },
  unauthenticated: {
    status: 401,
    code: 5,
    codeDesc: 'NCERRUnauthorizedAccess',
    sentence: 'message',
  },
  forbidden: {
    status: 403,
    code: 13,
    codeDesc: 'NCERRForbidden: InsufficientPermissions',
    sentence: 'codeDesc',
  },
  'not-found': {
    status: 404,
    code: 16,
    codeDesc: 'NCERRResourceNotFound: Resource not found',
    sentence: 'message',
  },
  'method-not-allowed': {
    status: 405,
    code: 15,
    codeDesc: 'NCERRBadRequest: Method not allowed',
    sentence: 'message',
  },
  conflict: { status: 409, code: 8, codeDesc: 'NCERRConflict', sentence: 'codeDesc' },
  unprocessable: {
    status: 422,
    code: 9,
    codeDesc: 'NCERRInvalidParamValue: Unprocessable entity',
    sentence: 'message',
  },
  'too-large': {
    status: 413,
    code: 15,
    codeDesc: 'NCERRBadRequest: Request too large',
    sentence: 'message',
  },
  'unsupported-media-type': {
    status: 415,
    code: 15,
    codeDesc: 'NCERRBadRequest: Unsupported media type',
    sentence: 'message',
  },
  'too-many-requests': {
    status: 429,
    code: 14,
    codeDesc: 'NCERRTooManyRequests',
    sentence: 'message',
  },
  'not-built': { status: 501, code: 17, codeDesc: 'NCERRNotImplemented', sentence: 'message' },
  unavailable: { status: 503, code: 18, codeDesc: 'NCERRServiceUnavailable', sentence: 'message' },
  'no-space': { status: 507, code: 18, codeDesc: 'NCERRInsufficientStorage', sentence: 'message' },
} satisfies Record<FaultKind, Wire>

export interface ErrorBody {
  code: number
  codeDesc: string
  message?: string
  requestID: string
}

export function faultOnTheWire(
  kind: FaultKind,
  sentence: string,
  requestID: string,
): { status: number; body: ErrorBody } {
  const wire: Wire = onTheWire[kind]
  return wire.sentence === 'message'
    ? {
        status: wire.status,
        body: { code: wire.code, codeDesc: wire.codeDesc, message: sentence, requestID },
      }
    : {
        status: wire.status,
        body: { code: wire.code, codeDesc: `${wire.codeDesc}: ${sentence}`, requestID },
      }
}

/** For what is our bug: nothing of its cause is told. */
export const internalError = (requestID: string): { status: number; body: ErrorBody } => ({
  status: 500,
  body: {
    code: 1,
    codeDesc: 'NCERRInternalServerError: Internal error',
    message: 'The server failed; its log names this request by its requestID.',
    requestID,
  },
})
