import type { Context } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import type { CteSetRow } from '../../store/schema.ts'
import { type CteKey, findCteKey } from '../../vault/index.ts'
import type { KeyDemand } from '../policies/types.ts'
import { type Collection, existing } from '../records.ts'
import { demandFit } from './fitness.ts'

/** Stands for no key: data that is not encrypted (reference 2). */
export const CLEAR_KEY = 'clear_key'

/** What rules name, found once for a request however often it is named, and held for the unit that uses it. */
export class Names {
  readonly #context: Context
  readonly #sets = new Map<string, Promise<CteSetRow>>()
  readonly #keys = new Map<string, Promise<CteKey>>()

  constructor(context: Context) {
    this.#context = context
  }

  /** Throws 'not-found'. */
  set(collection: Collection<'cte_sets'>, reference: string): Promise<CteSetRow> {
    return remembered(this.#sets, `${collection.segment} ${reference}`, () =>
      existing(this.#context, collection, reference),
    )
  }

  /**
   * A key that can be put there; undefined for `clear_key` where that may stand. Throws 'not-found', and
   * 'invalid-parameter' with the rule that it breaks.
   */
  async key(
    { id, type }: { readonly id: string; readonly type?: string | undefined },
    demand: KeyDemand,
    field: string,
  ): Promise<CteKey | undefined> {
    if (id === CLEAR_KEY) {
      if (demand.clear) return undefined
      throw new Fault('invalid-parameter', `${field}: ${CLEAR_KEY} cannot stand here`)
    }
    const key = await remembered(this.#keys, `${type ?? ''} ${id}`, () =>
      findCteKey(this.#context, { id, type }),
    )
    demandFit(key, demand, field)
    return key
  }
}

function remembered<Value>(
  known: Map<string, Promise<Value>>,
  name: string,
  find: () => Promise<Value>,
): Promise<Value> {
  const found = known.get(name) ?? find()
  known.set(name, found)
  return found
}
