import { randomUUID } from 'node:crypto'

/**
 * A UUID that begins with the time (version 7, RFC 9562 §5.7). Rows that come with one stand beside each other in an
 * index; each random one lies on a page of its own, which has to be written too.
 */
export function timeOrderedUuid(): string {
  const millis = Date.now().toString(16).padStart(12, '0')
  // The version is the fifteenth character; variant and random bits stay as they are.
  return `${millis.slice(0, 8)}-${millis.slice(8)}-7${randomUUID().slice(15)}`
}
