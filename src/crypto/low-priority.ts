import { constants, setPriority } from 'node:os'

/** Low enough to give way to requests, and not so low that a busy server gets nothing done. */
const LOW_PRIORITY = constants.priority.PRIORITY_BELOW_NORMAL

/** A child lowers itself as well; done from here it also holds for threads that start before its code runs. */
export function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, LOW_PRIORITY)
  } catch {
    // It has ended already, or the system has no priorities; the work is done either way.
  }
}
