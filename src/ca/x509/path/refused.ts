import { NotDer } from '../../../crypto/der.ts'

/** Why a certificate is not believed, in one sentence. For the log: whoever shows a certificate is not told. */
export class PathRefused extends Error {
  override readonly name = 'PathRefused'
}

/** Runs a reader over bytes of others; what is not DER is refused like anything else that is wrong. */
export function orRefused<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof NotDer)
      throw new PathRefused(`${what} cannot be read: ${error.message}`, { cause: error })
    throw error
  }
}

/** What of these bytes can be read; the rest cannot be part of any path. */
export function readable<T>(ders: readonly Uint8Array[], parse: (der: Uint8Array) => T): T[] {
  return ders.flatMap((der) => {
    try {
      return [parse(der)]
    } catch (error) {
      if (error instanceof NotDer) return []
      throw error
    }
  })
}
