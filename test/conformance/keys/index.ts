import type { Scenario } from '../exchange.ts'
import { crypto } from './crypto.ts'
import { keys } from './keys.ts'

/** Reference sections 1 to 7 and 9 to 11 of keys. Each file opens with a table of the rows it covers. */
export const keyScenarios: readonly Scenario[] = [...keys, ...crypto]
