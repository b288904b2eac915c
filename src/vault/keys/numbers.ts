import { hash } from 'node:crypto'
import type { KeyRow } from '../../store/schema.ts'

/**
 * The other names that every object has by CM: `uuid`, `muid` and the decimal `keyId`. An importer may choose them;
 * otherwise they follow from the row's id, so that neither a column nor an index has to hold them.
 */
type Named = Pick<KeyRow, 'id' | 'uuid' | 'muid' | 'number_id'>

export const uuidOfKey = ({ id, uuid }: Named): string => uuid ?? id

export const muidOfKey = (row: Named): string =>
  row.muid ?? `${row.id}${asUuid(hash('sha256', row.id, 'hex'))}`

/** The first 128 bits. By parts, since a page of keys has a thousand of them. */
const asUuid = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`

/** The first sixty bits of the id: they fit a 64-bit number with its sign. */
const NUMBER_DIGITS = 15
export const numberOfKey = ({ id, number_id }: Named): string =>
  number_id ?? BigInt(`0x${id.replaceAll('-', '').slice(0, NUMBER_DIGITS)}`).toString()

/** What the id of a row begins with whose number is this; undefined when there can be none. */
export function idPrefixOf(number: string): string | undefined {
  if (!/^\d{1,19}$/.test(number)) return undefined
  const hex = BigInt(number).toString(16).padStart(NUMBER_DIGITS, '0')
  if (hex.length > NUMBER_DIGITS) return undefined
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12)}`
}

/** The id of the row whose default muid this would be. */
export const idInMuid = (muid: string): string | undefined =>
  /^[0-9a-f-]{72}$/.test(muid) ? muid.slice(0, 36) : undefined
