import { del, type Exchange, get, post } from '../exchange.ts'
import { absent, allOf, bool, type Expected, integer, someText, time } from '../expect.ts'
import { named, noRows } from '../identity/common.ts'

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

/** A key without material of its own, or with material that has no fingerprint: its id, name and URI are kept. */
export const makeBare = (
  key: string,
  fields: object = {},
  body: Expected = {},
  status: Exchange['status'] = 201,
): Exchange =>
  post(
    `an object is made: ${key}`,
    KEYS,
    { name: named(key), ...fields },
    status,
    allOf(keyShape, { name: named(key), version: 0 }, body),
    { keep: { [key]: 'id', [`${key}.name`]: 'name', [`${key}.uri`]: 'uri' } },
  )

/** What is refused with 400, whatever it is: nothing of that name is there afterwards. */
export const refusedKey = (name: string, fields: object, body: Expected = wrongValue): Exchange =>
  post(name, KEYS, { name: named('refused'), ...fields }, 400, body)

export const nothingRefused = get(
  'nothing came of what was refused',
  `${KEYS}?name=${named('refused')}`,
  200,
  noRows,
)

/** The public key beside a private one. */
export const removePublic = (key: string): Exchange =>
  del(`the public key of ${key} is deleted`, `${KEYS}/${named(key)}-pub`, [200, 204, 404])

/** Bytes or text as the body, and JSON back. */
export const raw = (
  name: string,
  path: string,
  text: string,
  status: Exchange['status'],
  body: Expected,
  rest: Partial<Exchange> = {},
  type = 'application/octet-stream',
): Exchange =>
  post(name, path, undefined, status, body, {
    text,
    headers: { 'Content-Type': type, Accept: '*/*' },
    ...rest,
  })

export const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
export const HEX = /^([0-9a-f]{2})+$/
/** `plaintext`. */
export const PLAINTEXT = 'cGxhaW50ZXh0'
export const ALL_USES = 4194303

export const failedToOpen = {
  code: 106,
  codeDesc: 'NCERRCryptoOperationFailed: Cryptographic operation failed in cipher operation',
}

export const encrypt = (
  name: string,
  json: object,
  body: Expected,
  rest: Partial<Exchange> = {},
): Exchange => post(name, '/crypto/encrypt', json, 200, body, rest)
export const decrypt = (name: string, json: object, plaintext = PLAINTEXT): Exchange =>
  post(name, '/crypto/decrypt', json, 200, { plaintext })

/** What an encryption answered, to be sent back. */
export const kept = (blob: string, fields: readonly string[]) => ({
  keep: Object.fromEntries(fields.map((field) => [`${blob}.${field}`, field])),
})
export const again = (blob: string, fields: readonly string[]) =>
  Object.fromEntries(fields.map((field) => [field, `{{${blob}.${field}}}`]))
export const GCM = ['ciphertext', 'iv', 'tag', 'id', 'version', 'mode'] as const

export const sealed: Expected = {
  ciphertext: BASE64,
  iv: /^[A-Za-z0-9+/]{16}$/,
  tag: /^[A-Za-z0-9+/]{22}==$/,
  id: /^[0-9a-f]{64}$/,
  version: integer,
  mode: 'gcm',
}

export const removeKey = (key: string): Exchange =>
  del(`the key ${key} is deleted`, `${KEYS}/{{${key}}}`, [200, 204, 404])
