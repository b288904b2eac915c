import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { stamp } from '../../kit/time.ts'
import type { CteSetRow, CteSignatureRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { presentIdentity } from '../records.ts'
import type { Signature } from './contract.ts'

interface Given {
  readonly file_name: string
  readonly hash_value: string
}

/** Part of a unit that changes the set as well: two at once follow each other, so none is there twice. */
export async function insertSignatures(
  tx: Writer,
  { read, now }: Pick<Context, 'read' | 'now'>,
  set: CteSetRow,
  given: readonly Given[],
): Promise<void> {
  const known = await read
    .selectFrom('cte_signatures')
    .select(['file_name', 'hash_value'])
    .where('domain_id', '=', set.domain_id)
    .where('set_id', '=', set.id)
    .where('file_name', 'in', [...new Set(given.map(({ file_name }) => file_name))])
    .execute()
  const seen = new Set(known.map(pair))
  let added = 0
  for (const one of given) {
    if (seen.has(pair(one))) continue
    seen.add(pair(one))
    const at = stamp(now())
    tx.insert('cte_signatures', {
      id: randomUUID(),
      domain_id: set.domain_id,
      set_id: set.id,
      file_name: one.file_name,
      hash_value: one.hash_value,
      created_at: at,
      updated_at: at,
    })
    added++
  }
  if (added > 0) tx.count(set.domain_id, 'cte_signatures', added)
}

const pair = ({ file_name, hash_value }: Given): string => JSON.stringify([file_name, hash_value])

/** The one place where a signature becomes JSON. */
export const presentSignature = (row: CteSignatureRow): Signature => ({
  ...presentIdentity({ segment: 'signatures' }, row),
  signature_set_id: row.set_id,
  file_name: row.file_name,
  hash_value: row.hash_value,
})
