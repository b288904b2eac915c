import type { Context } from '../../context.ts'
import { invalid } from '../../crypto/refuse.ts'
import { stamp } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import { vaultOf } from '../vault.ts'

type Recording = Pick<Context, 'services' | 'now' | 'transact'>

/**
 * In the strict mode of a domain an IV that the caller chose is good for one encryption by GCM under a key version:
 * a second one would give away what the two texts differ in, and the key of the tags (SP 800-38D §8). The row that uses
 * it up is unique on every node, and durable, with the record of the call, before the ciphertext leaves. IVs that are made
 * here are random and leave no row. Of CTR no IV of the caller's is taken: two that differ can run over the same
 * counters (SP 800-38A appendix B), which no comparison of IVs shows.
 */
export async function demandFreshIv(
  { services, now, transact }: Recording,
  { id, domain_id }: KeyRow,
  mode: string,
  iv: Buffer,
): Promise<void> {
  if (mode !== 'gcm' && mode !== 'ctr') return
  const { strictIv } = await vaultOf(services).settings(domain_id)
  if (!strictIv) return
  if (mode === 'ctr')
    throw invalid('iv: this domain is strict about IVs, so that of ctr is made by the server')
  const used = invalid(
    'iv: was used with this version of the key before; this domain is strict about that',
  )
  await transact((tx) =>
    tx.run(
      tx
        .insertInto('key_ivs')
        .values({ key_row: id, iv: Uint8Array.from(iv), domain_id, used_at: stamp(now()) }),
      { duplicate: used },
    ),
  )
}
