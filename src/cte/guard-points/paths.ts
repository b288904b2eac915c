import { createHash } from 'node:crypto'
import { Fault, quote } from '../../kit/fault.ts'

const WINDOWS = /^(?:[A-Za-z]:|\\\\)/
const UNPRINTED = /\p{Cc}/u

/**
 * The digest by which a path is known among those of one client: a slash at the end makes no difference, nor does
 * case on Windows. Answers have the path as it was given.
 */
export function placeOf(path: string): string {
  const isWindows = WINDOWS.test(path)
  const whole = isWindows ? path.replaceAll('/', '\\').toLowerCase() : path
  const trimmed = whole.replace(isWindows ? /\\+$/ : /\/+$/, '')
  return createHash('sha256').update(trimmed).digest('hex')
}

/** Throws 'invalid-parameter' for what no client can guard. */
export function checkPath(path: string, type: string): void {
  if (path.trim() === '' || UNPRINTED.test(path))
    throw new Fault('invalid-parameter', `guard_paths: ${quote(path)} is no path`)
  const isRooted = path.startsWith('/') || WINDOWS.test(path)
  if (type.startsWith('directory_') && !isRooted)
    throw new Fault('invalid-parameter', `guard_paths: ${quote(path)} is no absolute path`)
}
