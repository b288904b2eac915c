import { del, type Exchange, post } from '../exchange.ts'
import { absent, allOf, bool, type Expected, integer, someText, time } from '../expect.ts'
import { named } from '../identity/common.ts'

export const KEYS = '/vault/keys2'

export const wrongValue = { code: 9, codeDesc: /^NCERRInvalidParamValue: ./ }
/** The text is what clients match on; the number was not seen. */
export const conflict = { codeDesc: /^NCERRConflict/ }

/** Reference 2: what every answer holds, and what none does. */
export const keyShape: Expected = {
  id: /^[0-9a-f]{64}$/,
  uri: /^kylo:kylo:vault:keys:[^A-Z]+$/,
  account: 'kylo:kylo:admin:accounts:kylo',
  application: someText,
  devAccount: someText,
  createdAt: time,
  updatedAt: time,
  name: someText,
  version: integer,
  algorithm: /^[A-Z0-9-]+$/,
  size: integer,
  objectType: someText,
  state: someText,
  unexportable: bool,
  undeletable: bool,
  neverExported: bool,
  neverExportable: bool,
  emptyMaterial: bool,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  muid: someText,
  keyId: /^\d+$/,
  description: /^/,
  material: absent,
  xts: absent,
  publicKeyParameters: absent,
}

/** A key of that name in this run, kept with its id, name and URI. */
export const makeKey = (
  key: string,
  fields: object = {},
  body: Expected = {},
  rest: { readonly query?: string } = {},
): Exchange =>
  post(
    `a key is made: ${key}`,
    `${KEYS}${rest.query ?? ''}`,
    { name: named(key), ...fields },
    201,
    allOf(rest.query ? {} : keyShape, { name: named(key), version: 0 }, body),
    {
      keep: {
        [key]: 'id',
        [`${key}.name`]: 'name',
        [`${key}.uri`]: 'uri',
        [`${key}.print`]: 'sha256Fingerprint',
      },
    },
  )

export const removeKey = (key: string): Exchange =>
  del(`the key ${key} is deleted`, `${KEYS}/{{${key}}}`, [200, 204, 404])
