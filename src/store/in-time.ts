import { Fault } from '../kit/fault.ts'
import type { Store } from './store.ts'

/** A caller is told within five seconds that nothing can be written or recorded (U1); some of them are kept for the rest. */
const PATIENCE_MS = 4000

interface Waiting {
  readonly due: number
  isOverdue: boolean
  readonly giveUp: (fault: Fault) => void
}

/**
 * The same store for those who answer requests: a write that hangs, on a disk or a connection that does not even fail,
 * is answered with Fault 'unavailable' in time. Whether it is done later nobody knows then, but it is done together with its
 * audit record or not at all. Until it settles, others are not kept waiting behind it.
 */
export function answeringInTime(store: Store, patienceMs = PATIENCE_MS): Store {
  /** The oldest first. */
  const waiting = new Set<Waiting>()
  let timer: NodeJS.Timeout | undefined
  let overdue = 0

  /** One timer for them all: it is set for the oldest, and finds most of them answered long ago. */
  function look(): void {
    timer = undefined
    const now = performance.now()
    for (const one of waiting) {
      if (one.due > now) {
        timer = setTimeout(look, one.due - now).unref()
        return
      }
      waiting.delete(one)
      one.isOverdue = true
      overdue++
      one.giveUp(
        new Fault(
          'unavailable',
          'the database did not answer in time: whether this was done is not known',
        ),
      )
    }
  }

  const transact: Store['transact'] = (work) => {
    if (overdue > 0)
      return Promise.reject(
        new Fault('unavailable', 'the database does not answer, try again shortly'),
      )
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        due: performance.now() + patienceMs,
        isOverdue: false,
        giveUp: reject,
      }
      waiting.add(one)
      if (timer === undefined) timer = setTimeout(look, patienceMs).unref()
      const settled = (): void => {
        waiting.delete(one)
        if (one.isOverdue) overdue--
      }
      store.transact(work).then(
        (result) => {
          settled()
          resolve(result)
        },
        (error: unknown) => {
          settled()
          reject(error)
        },
      )
    })
  }
  return {
    dialect: store.dialect,
    read: store.read,
    transact,
    authority: () => store.authority(),
    keysChanged: () => store.keysChanged(),
    unseal: (keys) => store.unseal(keys),
    healthy: async () => overdue === 0 && (await store.healthy()),
    close: () => store.close(),
  }
}
