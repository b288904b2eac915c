import { Fault } from '../../kit/fault.ts'

/** What stands for no key at all in the rules of CTE policies (transparent-encryption reference, 3). */
const CLEAR_KEY = 'clear_key'

/** Throws 'invalid-parameter' for it: data would stay as it is where somebody believes in a key of that name. */
export function demandNotClear(field: string, text: string): void {
  if (text.toLowerCase() === CLEAR_KEY)
    throw new Fault(
      'invalid-parameter',
      `${field}: ${CLEAR_KEY} stands for no key at all in the rules of CTE policies`,
    )
}
