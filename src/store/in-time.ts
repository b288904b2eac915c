import { Fault } from '../kit/fault.ts'
import type { Store } from './store.ts'

/** A caller is told within five seconds that nothing can be written or recorded (U1); some of them are kept for the rest. */
const PATIENCE_MS = 4000

/**
 * The same store for those who answer requests: a write that hangs, on a disk or a connection that does not even fail,
 * is answered with Fault 'unavailable' in time. Whether it is done later nobody knows then, but it is done together with its
 * audit record or not at all. Until it settles, others are not kept waiting behind it.
 */
export function answeringInTime(store: Store, patienceMs = PATIENCE_MS): Store {
  let overdue = 0
  const transact: Store['transact'] = async (work) => {
    if (overdue > 0)
      throw new Fault('unavailable', 'the database does not answer, try again shortly')
    const { promise: late, reject } = Promise.withResolvers<never>()
    const writing = store.transact(work)
    let isOverdue = false
    const timer = setTimeout(() => {
      isOverdue = true
      overdue++
      reject(
        new Fault(
          'unavailable',
          'the database did not answer in time: whether this was done is not known',
        ),
      )
    }, patienceMs)
    const settled = () => {
      clearTimeout(timer)
      if (isOverdue) overdue--
    }
    writing.then(settled, settled)
    return Promise.race([writing, late])
  }
  return {
    dialect: store.dialect,
    read: store.read,
    transact,
    authority: () => store.authority(),
    unseal: (keys) => store.unseal(keys),
    healthy: async () => overdue === 0 && (await store.healthy()),
    close: () => store.close(),
  }
}
