import type { RootKey } from '../../crypto/root-key.ts'
import { Fault } from '../../kit/fault.ts'
import type { Store } from '../../store/store.ts'
import { newRootKek, places, type RootKek, unwrapKey, wrapKey } from './hierarchy.ts'

/** One transaction: a new root KEK, every domain KEK wrapped under it, the old ones gone. */
export async function replaceRootKek(
  store: Store,
  installation: string,
  rootKey: RootKey,
  rootKeks: readonly RootKek[],
): Promise<void> {
  const next = newRootKek(rootKey, installation, (rootKeks.at(-1)?.version ?? 0) + 1)
  const find = (id: string) => rootKeks.find((kek) => kek.id === id)
  await store.transact(async (tx) => {
    const rows = await store.read.selectFrom('domain_keks').selectAll().execute()
    tx.run(
      tx
        .updateTable('installation')
        .set({ root_key_id: rootKey.id })
        .where('root_key_id', '=', rootKey.id),
      { rows: 1, otherwise: replacedMeanwhile() },
    )
    tx.run(tx.insertInto('root_keks').values(next.row), { duplicate: replacedMeanwhile() })
    for (const row of rows) {
      const place = places.domainKek(row)
      const key = unwrapKey(find, installation, place, row.wrapped)
      const wrapped = wrapKey(next.kek, installation, place, key)
      tx.run(
        tx
          .updateTable('domain_keks')
          .set({ wrapped, root_kek_id: next.kek.id })
          .where('id', '=', row.id)
          .where('root_kek_id', '=', row.root_kek_id),
        { rows: 1 },
      )
    }
    for (const old of rootKeks) {
      // A domain KEK that was made meanwhile still needs the old one: then everything is read again.
      tx.run(
        tx
          .deleteFrom('root_keks')
          .where('id', '=', old.id)
          .where(({ not, exists, selectFrom }) =>
            not(exists(selectFrom('domain_keks').select('id').where('root_kek_id', '=', old.id))),
          ),
        { rows: 1 },
      )
    }
  })
}

export const replacedMeanwhile = () =>
  new Fault('conflict', 'another process is replacing the root key; try again')
