import { Fault, quote } from '../../kit/fault.ts'

/** What a key is, as the wire spells it (reference 2). */
const OBJECT_TYPES = [
  'Symmetric Key',
  'Private Key',
  'Public Key',
  'Secret Data',
  'Opaque Object',
  'Certificate',
] as const
export type ObjectType = (typeof OBJECT_TYPES)[number]

/** In whatever case; undefined for what is none. */
export const objectTypeNamed = (text: string): ObjectType | undefined =>
  OBJECT_TYPES.find((type) => type.toLowerCase() === text.toLowerCase())

export function readObjectType(text: string | undefined): ObjectType | undefined {
  if (text === undefined) return undefined
  const type = objectTypeNamed(text)
  if (!type)
    throw new Fault(
      'invalid-parameter',
      `objectType: ${quote(text)} is not one of ${OBJECT_TYPES.join(', ')}`,
    )
  return type
}
