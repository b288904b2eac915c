import type { LocalCaRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A CA that has its certificate, and so something to publish. */
export type PublishedCa = LocalCaRow & { readonly cert: string; readonly not_after: string }

/** Of whichever domain: what a CA publishes is for everyone. Undefined while it is pending, and for any other text. */
export async function publishedCa(read: Reader, id: string): Promise<PublishedCa | undefined> {
  if (!UUID.test(id)) return undefined
  const row = await read.row('local_cas', { id })
  if (!row || row.cert === null || row.not_after === null) return undefined
  return { ...row, cert: row.cert, not_after: row.not_after }
}

/** Certificates, lists and answers tell no fractions of seconds. */
export const wholeSecond = (moment: Date): Date =>
  new Date(Math.floor(moment.getTime() / 1000) * 1000)
