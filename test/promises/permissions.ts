import { PERMISSIONS, type Permission } from '../../src/vault/keys/rights.ts'
import { ADMIN_PASSWORD, addUser, type Lab } from './lab.ts'
import {
  ALL_USES,
  b64,
  type Call,
  cryptoCall,
  demand,
  KEYS,
  LINKS,
  made,
  rawCall,
  SECRETS,
} from './vault.ts'

/** What A4 tries: everything that can be done with keys, what it takes, and who has which part of that. */

const LABELS = { tried: 'a4' }
const QUERY_KEYS = '/v1/vault/query-keys'

/** One key of each kind, all with the same rights. */
export interface Subjects {
  readonly aes: string
  readonly rsa: string
  readonly hmac: string
  readonly kem: string
  readonly secret: string
  readonly link: string
  /** What a holder of the keys was given to process. */
  readonly blob: object
  readonly wrapped: string
  readonly signature: string
  readonly signedKey: string
  readonly encapsulated: string
}

/** What a holder has of his own, to use beside a key that is not his. */
export interface Own {
  readonly key: string
  readonly other: string
  readonly link: string
  readonly blob: object
}

type Tried = Subjects & { readonly own: Own; fresh(): string }

export interface Operation {
  /** All of these; none: whoever manages the key, and nobody by a permission. */
  readonly needs: readonly Permission[]
  readonly call: (it: Tried) => Call
  /** A list, which shows a key or does not. */
  readonly lists?: boolean
}

export const groupOf = (permission: Permission): string => `with ${permission}`

const MATERIAL = '00112233445566778899aabbccddeeff'
const MAC_SIGN = { wrappingMethod: 'mac/sign' }
const PASSWORD = { algorithm: 'aes', usageMask: ALL_USES }

/** Keys that name a group for each permission. */
export async function makeSubjects(lab: Lab, of: string, token?: string): Promise<Subjects> {
  const permissions = Object.fromEntries(PERMISSIONS.map((name) => [name, [groupOf(name)]]))
  const shared = { usageMask: ALL_USES, labels: LABELS, meta: { permissions } }
  const make = async (kind: string, fields: object) =>
    (await made(lab, KEYS, { name: `${of}-${kind}`, ...shared, ...fields }, token)).name as string
  const aes = await make('aes', {})
  const rsa = await make('rsa', { algorithm: 'rsa', size: 2048 })
  const hmac = await make('hmac', { algorithm: 'hmac-sha256' })
  const { labels, ...ofPublicKey } = shared
  const kem = await make('kem', { algorithm: 'ml-kem', publicKeyParameters: ofPublicKey })
  const changed = { method: 'PATCH', path: `${KEYS}/${kem}-pub`, body: { labels } }
  await demand(lab, { ...changed, ...(token !== undefined && { token }) })
  const { usageMask: _, ...secretly } = shared
  const secret = { name: `${of}-secret`, dataType: 'password', material: 'a password', ...secretly }
  await made(lab, SECRETS, secret, token)
  const link = await made(lab, LINKS, { type: 'parent', source: aes, target: hmac }, token)
  await made(lab, `${KEYS}/${aes}/versions`, {}, token)
  const use = (call: Call) => demand(lab, { ...call, ...(token !== undefined && { token }) })
  const blob = await use(cryptoCall('encrypt', { id: aes, plaintext: 'aGk=' }))
  const plaintext = b64(Buffer.from(MATERIAL, 'hex'))
  const { ciphertext } = await use(cryptoCall('wrap', { id: aes, plaintext }))
  const macSign = { ...MAC_SIGN, macSignKeyIdentifier: hmac }
  const signed = await made(lab, `${KEYS}/${aes}/export`, macSign, token)
  return {
    aes,
    rsa,
    hmac,
    kem,
    secret: secret.name,
    link: link.id,
    blob,
    wrapped: ciphertext,
    signature: (await use(rawCall('sign', { keyName: rsa }, 'x'))).data,
    signedKey: JSON.stringify({ material: signed.material, macSignBytes: signed.macSignBytes }),
    encapsulated: (await use(cryptoCall('encapsulate', { id: `${kem}-pub` }))).ciphertext,
  }
}

export async function makeOwn(lab: Lab, of: string, token: string): Promise<Own> {
  const make = async (kind: string) =>
    (await made(lab, KEYS, { name: `own-${of}-${kind}`, usageMask: ALL_USES }, token))
      .name as string
  const key = await make('key')
  const other = await make('other')
  const link = await made(lab, LINKS, { type: 'parent', source: key, target: other }, token)
  const encrypt = cryptoCall('encrypt', { id: key, plaintext: 'aGk=' })
  return { key, other, link: link.id, blob: await demand(lab, { ...encrypt, token }) }
}

const get = (path: string): Call => ({ method: 'GET', path })
const send = (path: string, body?: object): Call => ({ method: 'POST', path, body })
const text = (operation: string, { aes }: Subjects) =>
  rawCall(operation, { keyName: aes, hint: 'digit' }, '123456', 'text/plain')
const exportOwn = ({ own }: Tried, how: object) => send(`${KEYS}/${own.key}/export`, how)
const importWith = (it: Tried, fields: object) =>
  send(KEYS, { name: it.fresh(), ...PASSWORD, ...fields })
const importSigned = (it: Tried, macSignKeyIdentifier: string) =>
  importWith(it, { ...MAC_SIGN, ...JSON.parse(it.signedKey), macSignKeyIdentifier, size: 256 })

const reads: Readonly<Record<string, Operation['call']>> = {
  'read a key': ({ aes }) => get(`${KEYS}/${aes}`),
  'read an old version': ({ aes }) => get(`${KEYS}/${aes}?version=0`),
  'list the versions': ({ aes }) => get(`${KEYS}/${aes}/versions`),
  'read the check value': ({ aes }) => send(`${KEYS}/${aes}/generate-kcv`),
  'read a secret': ({ secret }) => get(`${SECRETS}/${secret}`),
  'read a secret as a key': ({ secret }) => get(`${KEYS}/${secret}`),
  'list the versions of a secret': ({ secret }) => get(`${SECRETS}/${secret}/versions`),
  'read a link': ({ link }) => get(`${LINKS}/${link}`),
  'link another key to it': ({ own, hmac }) =>
    send(LINKS, { type: 'child', source: own.key, target: hmac }),
  'move a link to it': ({ own, hmac }) => ({
    method: 'PATCH',
    path: `${LINKS}/${own.link}`,
    body: { target: hmac },
  }),
}

const lists: Readonly<Record<string, Operation['call']>> = {
  'see it in the list of keys': ({ aes }) => get(`${KEYS}?name=${aes}`),
  'find it by its labels': ({ rsa }) => get(`${KEYS}?name=${rsa}&labels=tried%3Da4`),
  'find it by a query': ({ hmac }) => send(QUERY_KEYS, { name: hmac }),
  'find its id by a query': ({ hmac }) => send(QUERY_KEYS, { name: hmac, returnOnlyIDs: true }),
  'see it in the list of secrets': ({ secret }) => get(`${SECRETS}?name=${secret}`),
  'see its links': ({ aes }) => get(`${LINKS}?source=${aes}`),
}

const exports: Readonly<Record<string, Operation['call']>> = {
  'export a key': ({ aes }) => send(`${KEYS}/${aes}/export`, {}),
  'export an old version': ({ aes }) => send(`${KEYS}/${aes}/export?version=0`, {}),
  'export a key wrapped': ({ aes, own }) => send(`${KEYS}/${aes}/export`, { wrapKeyName: own.key }),
  'export a private key': ({ rsa }) => send(`${KEYS}/${rsa}/export`, { format: 'pkcs8' }),
  'export a secret': ({ secret }) => send(`${SECRETS}/${secret}/export`),
  'copy a key': ({ aes, fresh }) => send(`${KEYS}/${aes}/clone`, { newKeyName: fresh() }),
  'copy a key and see it': ({ aes, fresh }) =>
    send(`${KEYS}/${aes}/clone?includeMaterial=true`, { newKeyName: fresh() }),
}

/** By the permission beside UseKey; `UseKey` itself: by that alone. */
const uses: Readonly<Partial<Record<Permission, Readonly<Record<string, Operation['call']>>>>> = {
  EncryptWithKey: {
    encrypt: ({ aes }) => cryptoCall('encrypt', { id: aes, plaintext: 'aGk=' }),
    'encrypt with an old version': ({ aes }) =>
      cryptoCall('encrypt', { id: aes, version: 0, plaintext: 'aGk=' }),
    'encrypt with RSA': ({ rsa }) =>
      cryptoCall('encrypt', { id: rsa, plaintext: 'aGk=', pad: 'oaep256' }),
    'reencrypt into it': ({ own, aes }) => cryptoCall('reencrypt', { ...own.blob, newId: aes }),
    hide: (it) => text('hide', it),
    hide2: (it) => text('hide2', it),
    encapsulate: ({ kem }) => cryptoCall('encapsulate', { id: `${kem}-pub` }),
  },
  DecryptWithKey: {
    decrypt: ({ blob }) => cryptoCall('decrypt', blob),
    'reencrypt out of it': ({ blob, own }) => cryptoCall('reencrypt', { ...blob, newId: own.key }),
    unhide: (it) => text('unhide', it),
    unhide2: (it) => text('unhide2', it),
    decapsulate: ({ kem, encapsulated }) =>
      cryptoCall('decapsulate', { id: kem, ciphertext: encapsulated }),
  },
  SignWithKey: {
    sign: ({ rsa }) => rawCall('sign', { keyName: rsa }, 'x'),
    'sign a certificate request': ({ rsa }) =>
      send('/v1/vault/csr', { keyID: rsa, csrParams: { cn: 'tried' } }),
    'sign an export': (it) => exportOwn(it, { ...MAC_SIGN, macSignKeyIdentifier: it.rsa }),
  },
  SignVerifyWithKey: {
    'verify a signature': ({ rsa, signature }) =>
      rawCall('signv', { keyName: rsa, signature }, 'x'),
  },
  MACWithKey: {
    mac: ({ hmac }) => rawCall('mac', { keyName: hmac }, 'x'),
    'MAC with AES': ({ aes }) => rawCall('mac', { keyName: aes }, 'x'),
    'MAC an export': (it) => exportOwn(it, { ...MAC_SIGN, macSignKeyIdentifier: it.hmac }),
  },
  MACVerifyWithKey: {
    'verify a MAC': ({ hmac }) => rawCall('macv', { keyName: hmac, hash: '00' }, 'x'),
    'import by its MAC': (it) => importSigned(it, it.hmac),
  },
  UseKey: {
    wrap: ({ aes }) => cryptoCall('wrap', { id: aes, plaintext: b64(Buffer.alloc(16)) }),
    unwrap: ({ aes, wrapped }) => cryptoCall('unwrap', { id: aes, ciphertext: wrapped }),
    derive: ({ aes }) => cryptoCall('derive', { id: aes }),
    'wrap an export with it': (it) => exportOwn(it, { wrapKeyName: it.aes }),
    'import what it wraps': (it) =>
      importWith(it, { material: it.wrapped, wrapKeyName: it.aes, size: 128 }),
    'derive a key from it': (it) =>
      importWith(it, { hkdfCreateParameters: { ikmKeyName: it.aes } }),
    'wrap an export with a password that a secret holds': (it) =>
      exportOwn(it, {
        wrappingMethod: 'pbe',
        wrapPBE: {
          hashAlgorithm: 'hmac-sha256',
          passwordIdentifier: it.secret,
          salt: MATERIAL,
          iteration: 1000,
        },
      }),
  },
}

const manages: Readonly<Record<string, Operation['call']>> = {
  'change a key': ({ aes }) => ({
    method: 'PATCH',
    path: `${KEYS}/${aes}`,
    body: { description: 'changed' },
  }),
  'give rights to a key': ({ aes }) => ({
    method: 'PATCH',
    path: `${KEYS}/${aes}`,
    body: { meta: { permissions: { ReadKey: ['All'] } }, allVersions: true },
  }),
  'make a version': ({ aes }) => send(`${KEYS}/${aes}/versions`, {}),
  'make a version and see it': ({ aes }) =>
    send(`${KEYS}/${aes}/versions?includeMaterial=true`, {}),
  'archive a key': ({ aes }) => send(`${KEYS}/${aes}/archive`),
  'recover a key': ({ aes }) => send(`${KEYS}/${aes}/recover`),
  'revoke a key': ({ aes }) => send(`${KEYS}/${aes}/revoke`, { reason: 'Superseded' }),
  'reactivate a key': ({ aes }) =>
    send(`${KEYS}/${aes}/reactivate`, { reason: 'DeactivatedToActive' }),
  'destroy a version': ({ aes }) => send(`${KEYS}/${aes}/destroy?version=0`),
  'destroy a key': ({ aes }) => send(`${KEYS}/${aes}/destroy`),
  'link it to another key': ({ hmac, own }) =>
    send(LINKS, { type: 'child', source: hmac, target: own.other }),
  'change a link of it': ({ link }) => ({
    method: 'PATCH',
    path: `${LINKS}/${link}`,
    body: { index: 7 },
  }),
  'delete a link of it': ({ link }) => ({ method: 'DELETE', path: `${LINKS}/${link}` }),
  'delete a version': ({ aes }) => ({ method: 'DELETE', path: `${KEYS}/${aes}?version=0` }),
  'delete a key': ({ rsa }) => ({ method: 'DELETE', path: `${KEYS}/${rsa}` }),
  'change a secret': ({ secret }) => ({
    method: 'PATCH',
    path: `${SECRETS}/${secret}`,
    body: { description: 'changed' },
  }),
  'make a version of a secret': ({ secret }) => send(`${SECRETS}/${secret}/versions`, {}),
  'destroy a secret': ({ secret }) => send(`${SECRETS}/${secret}/destroy`),
  'delete a secret': ({ secret }) => ({ method: 'DELETE', path: `${SECRETS}/${secret}` }),
}

const all = (
  calls: Readonly<Record<string, Operation['call']>> = {},
  needs: readonly Permission[] = [],
  lists = false,
): [string, Operation][] =>
  Object.entries(calls).map(([name, call]) => [name, { needs, call, lists }])

/** In an order in which whoever may do all of it can. */
export const operations: readonly (readonly [name: string, operation: Operation])[] = [
  ...all(reads, ['ReadKey']),
  ...all(lists, ['ReadKey'], true),
  ...all(exports, ['ExportKey']),
  ...Object.entries(uses).flatMap(([permission, calls]) =>
    all(calls, [...new Set(['UseKey', permission as Permission] as const)]),
  ),
  ...all(manages),
]

export interface Principal {
  readonly name: string
  readonly has: ReadonlySet<Permission>
  /** Has everything, and manages the keys too. */
  readonly manages?: 'as their owner' | 'by duty'
  /** By a policy that names him, instead of by groups. */
  readonly byPolicy?: boolean
}

const holder = (name: string, has: Iterable<Permission>, more: Partial<Principal> = {}) => ({
  name,
  has: new Set(has),
  ...more,
})

/** Who tries. */
export const principals: readonly Principal[] = [
  holder('nobody', []),
  ...PERMISSIONS.map((one) => holder(`only ${one}`, [one])),
  ...PERMISSIONS.map((one) => holder(`UseKey and ${one}`, ['UseKey', one])),
  ...PERMISSIONS.map((one) =>
    holder(
      `all but ${one}`,
      PERMISSIONS.filter((other) => other !== one),
    ),
  ),
  ...PERMISSIONS.map((one) => holder(`${one} by policy`, [one], { byPolicy: true })),
  holder('all', PERMISSIONS),
  holder('all by policy', PERMISSIONS, { byPolicy: true }),
  holder('owner', PERMISSIONS, { manages: 'as their owner' }),
  holder('Key Admin', PERMISSIONS, { manages: 'by duty' }),
]

/** The user, with what he has. Everybody may make keys of his own. Returns his token. */
export async function makePrincipal(lab: Lab, { name, has, ...how }: Principal): Promise<string> {
  const groups = how.manages || how.byPolicy ? [] : [...has].map(groupOf)
  const duty = how.manages === 'by duty' ? ['Key Admins'] : []
  await addUser(lab, name, ADMIN_PASSWORD, ['Key Users', ...groups, ...duty])
  if (how.byPolicy)
    await made(lab, '/v1/vault/key-policies', {
      name,
      labelSelector: 'tried=a4',
      permissions: { users: Object.fromEntries([...has].map((one) => [one, [name]])) },
    })
  return lab.signIn(name, ADMIN_PASSWORD)
}
