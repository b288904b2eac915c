import type { FastifyServerOptions } from 'fastify'

/**
 * Structured logs on standard error, one JSON object a line. What a request carried is never logged: failures are
 * named by their requestID, and messages of drivers and parsers are left out, since they quote values.
 */
export const loggerOptions = (level: string): NonNullable<FastifyServerOptions['logger']> => ({
  level,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  serializers: { err: describeError },
  // Standard output is for what the operator asked to see.
  stream: process.stderr,
})

interface Described {
  type: string
  message: string
  code?: string
  stack: string
  [key: string]: unknown
}

export function describeError(error: unknown): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: '', stack: '' }
  const { code } = error as { code?: unknown }
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n')
  const quotesValues = code !== undefined || error instanceof SyntaxError
  return {
    type: error.name,
    message: quotesValues ? '' : error.message.slice(0, 500),
    ...(typeof code === 'string' ? { code } : undefined),
    stack: frames,
  }
}
