import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'

/**
 * The part of our environment that threads and children are given, of which the rest may hold the root key: where
 * compiled code is kept. Without it each loads the type stripper, a WebAssembly program of 18 MB, for itself.
 */
export function compileCacheOnly(): Record<string, string> {
  const compiled = getCompileCacheDir()
  return compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }
}
