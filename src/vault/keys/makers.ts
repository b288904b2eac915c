import { Fault } from '../../kit/fault.ts'
import type { KeyContext } from '../vault.ts'

/** The predefined group whose members make keys of their own (reference 4). */
const KEY_USERS = 'Key Users'

type Maker = Pick<KeyContext, 'caller' | 'may'>

/** Whether the caller may make keys: those with the duty for any owner, members of `Key Users` for themselves. */
const makesKeys = ({ caller, may }: Maker): boolean =>
  may('CreateKey', 'vault:keys') || caller.groups.includes(KEY_USERS)

/** Throws 'forbidden' unless the caller may make keys. */
export function demandMaker(context: Maker): void {
  if (!makesKeys(context)) throw new Fault('forbidden', 'CreateKey on vault:keys is not permitted')
}

/** Templates are read by those who make keys with them. */
export function demandTemplateReader(context: Maker): void {
  if (!context.may('ReadKeyTemplate', 'vault:key-templates') && !makesKeys(context))
    throw new Fault('forbidden', 'ReadKeyTemplate on vault:key-templates is not permitted')
}
