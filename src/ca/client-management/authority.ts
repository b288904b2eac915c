import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { Writer } from '../../store/store.ts'
import { existingActive } from '../local-cas/service.ts'
import { find } from '../local-cas/store.ts'

/** A CA that is named to sign for clients: its id, and what the caller called it, which is what he reads back. */
export interface NamedCa {
  readonly ca_id: string
  readonly ca_ref: string
}

/** The local CA that a text means, when it can sign. Throws 'invalid-parameter' for any other. */
export async function namedCa({ caller, read }: Context, text: string): Promise<NamedCa> {
  const ca = await find(read, caller.domain, text)
  if (!ca) throw new Fault('invalid-parameter', `ca_id: there is no local CA ${quote(text)}`)
  if (ca.state !== 'active')
    throw new Fault('invalid-parameter', `ca_id: the local CA ${quote(ca.name)} is pending`)
  return { ca_id: ca.id, ca_ref: text }
}

export type SigningCa = Awaited<ReturnType<typeof existingActive>>

/** The first of these that is named, else the domain's oldest CA that can sign now. */
export async function signingCa(
  context: Context,
  named: readonly (string | null | undefined)[],
): Promise<SigningCa> {
  const first = named.find((id) => id)
  return existingActive(context, first ?? (await oldest(context)))
}

async function oldest({ caller, now, read }: Context): Promise<string> {
  const row = await read
    .selectFrom('local_cas')
    .select('id')
    .where('domain_id', '=', caller.domain)
    .where('state', '=', 'active')
    .where('not_after', '>', timeText(now()))
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!row) throw new Fault('invalid', 'no local CA can sign for clients')
  return row.id
}

/** Part of a unit that names a CA: fails when it was deleted meanwhile. */
export function demandNamedStays(tx: Writer, named: NamedCa | undefined): void {
  if (named)
    tx.set(
      'local_cas',
      { id: named.ca_id },
      { id: named.ca_id },
      {
        rows: 1,
        otherwise: new Fault('invalid-parameter', `ca_id: ${quote(named.ca_ref)} was deleted`),
      },
    )
}
