import { Fault, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import { type KeySpec, type Material, readPassword } from '../material/index.ts'
import type { KeyContext } from '../vault.ts'
import type { CreateBody } from './contract-bodies.ts'
import { openMaterial } from './opened.ts'
import { stateRefusal } from './states.ts'
import { findKey } from './usable.ts'

export interface Given {
  readonly spec: KeySpec
  /** Whoever asked for it wipes its secret. */
  readonly material: Material
}

/** Material fields of a request, as several endpoints have them. */
export type GivenFields = Partial<CreateBody>

/** What kind of key is asked for. An object that is no key of an algorithm is opaque. */
export const askedSpec = ({ algorithm, size, curveid, xts, objectType }: GivenFields) => {
  const isOpaque = /^(secret data|opaque object)$/i.test(objectType ?? '')
  return { algorithm: algorithm ?? (isOpaque ? 'opaque' : undefined), size, curveid, xts }
}

/** The password of an archive: in the request, or a secret that holds it. */
export async function passwordOf(
  context: KeyContext,
  { password, secretDataLink, secretDataEncoding }: GivenFields,
): Promise<string | undefined> {
  if (secretDataLink === undefined)
    return password === undefined ? undefined : readPassword(password)
  if (password !== undefined)
    throw new Fault('invalid-parameter', 'password: does not go with secretDataLink')
  const { text, isHex } = await secretText(context, secretDataLink, undefined)
  return isHex || secretDataEncoding?.toUpperCase() === 'HEX' ? readPassword(text, 'hex') : text
}

/** The text of a secret that the caller may use. */
export async function secretText(
  context: KeyContext,
  id: string,
  type: string | undefined,
): Promise<{ readonly text: string; readonly isHex: boolean }> {
  const row = await findKey(context, { id, type }, 'UseKey')
  if (row.object_type !== 'Secret Data')
    throw new Fault('invalid-parameter', `${quote(id)} is no secret but ${row.object_type}`)
  const refusal = stateRefusal(row, { protects: false }, timeText(context.now()))
  if (refusal !== undefined) throw new Fault('conflict', `secret ${quote(row.name)} ${refusal}`)
  const { secret } = openMaterial(context.services.envelope, row)
  try {
    const isHex = row.data_type === 'seed'
    return { text: secret.reveal().toString(isHex ? 'hex' : 'utf8'), isHex }
  } finally {
    secret.wipe()
  }
}
