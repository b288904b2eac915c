/**
 * Reference sections 5 and 6: what the bits of a usage mask allow, and what a key does in each of its states.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 5 each bit that a call asks for; `usageMask` of GET and of lists | masks |
 * | 6 protect, process, export, delete in each state | states (one scenario each) |
 * | 6 protectStopDate, processStartDate | moments |
 * | 6 each transition, by a call | transitions |
 * | 6 each transition, by its date | calendar |
 * | 6 archive | archive |
 * | 7 revoke: each reason | reasons |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, type Expected, time } from '../expect.ts'
import { assumed, list, named, notFound, only, ours } from '../identity/common.ts'
import {
  ALL_USES,
  again,
  conflict,
  encrypt,
  GCM,
  HEX,
  KEYS,
  kept,
  makeKey,
  PLAINTEXT,
  raw,
  removeKey,
  wrongValue,
} from './common.ts'
import { AES_128, AES_256 } from './materials.ts'

const octets = 'application/octet-stream'

/** A call that wants a bit of the mask, of a key that has it and of one that has all the others. */
const wants = (
  name: string,
  bit: number,
  call: (key: string, status: number) => Exchange,
  fields: object = {},
): Exchange[] => [
  makeKey(`has-${name}`, { ...fields, usageMask: bit }, { usageMask: bit }),
  // Key Agreement derives as well.
  makeKey(`lacks-${name}`, { ...fields, usageMask: (ALL_USES - 2048) & ~bit }, {}),
  call(`has-${name}`, 200),
  call(`lacks-${name}`, 400),
]

const USES = ['encrypt', 'hide', 'mac', 'wrap', 'derive', 'sign']

const masks: Scenario = {
  name: 'a key is used as the bits of its usage mask say',
  exchanges: [
    ...wants('encrypt', 4, (key, status) =>
      post(`${key} encrypts`, '/crypto/encrypt', { id: named(key), plaintext: PLAINTEXT }, status),
    ),
    ...wants('hide', 1048576, (key, status) =>
      raw(
        `${key} hides`,
        `/crypto/hide2?keyName=${named(key)}&hint=digit`,
        '1234567',
        status,
        {},
        {},
        'text/plain',
      ),
    ),
    ...wants(
      'mac',
      128,
      (key, status) =>
        raw(`${key} makes a MAC`, `/crypto/mac?keyName=${named(key)}`, 'x', status, {}, {}, octets),
      { algorithm: 'hmac-sha256' },
    ),
    ...wants('wrap', 16, (key, status) =>
      post(
        `${key} wraps`,
        '/crypto/wrap',
        { id: named(key), plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==' },
        status,
      ),
    ),
    ...wants('derive', 512, (key, status) =>
      post(`${key} derives`, '/crypto/derive', { id: named(key) }, status),
    ),
    ...wants(
      'sign',
      1,
      (key, status) =>
        raw(`${key} signs`, `/crypto/sign?keyName=${named(key)}`, 'x', status, {}, {}, octets),
      { algorithm: 'ec', curveid: 'prime256v1' },
    ),
    raw(
      'what cannot be hidden back',
      `/crypto/unhide2?keyName=${named('has-hide')}&hint=digit`,
      '1234567',
      400,
      wrongValue,
      {},
      'text/plain',
    ),
    raw(
      'what cannot be verified',
      `/crypto/macv?keyName=${named('has-mac')}&hash=00`,
      'x',
      400,
      wrongValue,
      {},
      octets,
    ),
    raw(
      'what cannot be verified by its key',
      `/crypto/signv?keyName=${named('has-sign')}&signature=00`,
      'x',
      400,
      wrongValue,
      {},
      octets,
    ),
    post(
      'what cannot be unwrapped',
      '/crypto/unwrap',
      { id: named('has-wrap'), ciphertext: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      400,
      wrongValue,
    ),
    post(
      'what cannot be decrypted',
      '/crypto/decrypt',
      {
        id: named('has-encrypt'),
        ciphertext: 'AAAA',
        iv: 'AAAAAAAAAAAAAAAA',
        tag: 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
      400,
      wrongValue,
    ),
    get('a use that it allows', `${KEYS}/{{has-encrypt}}?usageMask=4`, 200, {
      id: '{{has-encrypt}}',
    }),
    assumed(get('one that it does not', `${KEYS}/{{has-encrypt}}?usageMask=12`, 404, notFound)),
    get(
      'keys that allow a use',
      `${KEYS}?usageMask=1048576&name=conf-has-*-{{run}}`,
      200,
      only({ id: '{{has-hide}}' }),
    ),
    post(
      'the same asked by a body',
      '/vault/query-keys',
      { usageMasks: [1048576, 16], name: 'conf-has-*-{{run}}' },
      200,
      list([{ id: '{{has-wrap}}' }, { id: '{{has-hide}}' }], 2),
    ),
  ],
  tidy: USES.flatMap((use) => [
    removeKey(`has-${use}`),
    removeKey(`lacks-${use}`),
    ...(use === 'sign'
      ? ['has', 'lacks'].map((has) =>
          del('its public key', `${KEYS}/${named(`${has}-sign`)}-pub`, [204, 404]),
        )
      : []),
  ]),
}

/** Reference 6, the first table. What is asked of the key, and what a refusal answers. */
interface Row {
  readonly state: string
  readonly reach: (key: string) => readonly Exchange[]
  readonly protects: boolean
  readonly processes: boolean
  readonly exports: boolean
}

const revoke = (reason: string) => (key: string) => [
  post(`it is revoked: ${reason}`, `${KEYS}/{{${key}}}/revoke`, { reason }, 200, {
    id: `{{${key}}}`,
  }),
]
const destroy = (key: string) =>
  post('it is destroyed', `${KEYS}/{{${key}}}/destroy`, undefined, 200, { id: `{{${key}}}` })

const rows: readonly Row[] = [
  { state: 'Active', reach: () => [], protects: true, processes: true, exports: true },
  {
    state: 'Deactivated',
    reach: revoke('Superseded'),
    protects: false,
    processes: true,
    exports: true,
  },
  {
    state: 'Compromised',
    reach: revoke('KeyCompromise'),
    protects: false,
    processes: true,
    exports: true,
  },
  {
    state: 'Destroyed',
    reach: (key) => [destroy(key)],
    protects: false,
    processes: false,
    exports: false,
  },
  {
    state: 'Destroyed Compromised',
    reach: (key) => [...revoke('CACompromise')(key), destroy(key)],
    protects: false,
    processes: false,
    exports: false,
  },
]

const all = { algorithm: 'aes', usageMask: ALL_USES }

const states: readonly Scenario[] = rows.map(({ state, reach, protects, processes, exports }) => {
  const [protect, process, out] = [protects, processes, exports].map((may) =>
    may ? 200 : 409,
  ) as [number, number, number]
  return {
    name: `${state}: what a key does then`,
    exchanges: [
      makeKey('key', all, { state: 'Active' }),
      makeKey('mac', { algorithm: 'hmac-sha256' }),
      makeKey('sig', { algorithm: 'ec', curveid: 'prime256v1', usageMask: 3 }),
      encrypt(
        'something is encrypted while it is Active',
        { id: '{{key}}', plaintext: PLAINTEXT },
        {},
        kept('blob', GCM),
      ),
      raw(
        'hidden',
        '/crypto/hide2?keyName={{key}}&hint=digit',
        '1234567',
        200,
        {},
        { keep: { hidden: 'data' } },
        'text/plain',
      ),
      raw(
        'MACed',
        '/crypto/mac?keyName={{mac}}',
        'x',
        200,
        { data: HEX },
        { keep: { mac1: 'data' } },
      ),
      raw(
        'signed',
        '/crypto/sign?keyName={{sig}}',
        'x',
        200,
        { data: HEX },
        { keep: { sig1: 'data' } },
      ),
      post(
        'wrapped',
        '/crypto/wrap',
        { id: '{{key}}', plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==' },
        200,
        {},
        { keep: { wrapped: 'ciphertext' } },
      ),
      ...['key', 'mac', 'sig'].flatMap(reach),
      get(`it is ${state}`, `${KEYS}/{{key}}`, 200, { state }),
      get(
        'and listed so',
        `${KEYS}?name=${named('key')}&state=${encodeURIComponent(state)}`,
        200,
        only({ id: '{{key}}', state }),
      ),
      post('encrypt', '/crypto/encrypt', { id: '{{key}}', plaintext: PLAINTEXT }, protect),
      raw(
        'hide',
        '/crypto/hide2?keyName={{key}}&hint=digit',
        '1234567',
        protect,
        {},
        {},
        'text/plain',
      ),
      raw('mac', '/crypto/mac?keyName={{mac}}', 'x', protect, {}),
      raw('sign', '/crypto/sign?keyName={{sig}}', 'x', protect, {}),
      post(
        'wrap',
        '/crypto/wrap',
        { id: '{{key}}', plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==' },
        protect,
      ),
      post(
        'decrypt',
        '/crypto/decrypt',
        again('blob', GCM),
        process,
        processes ? { plaintext: PLAINTEXT } : conflict,
      ),
      raw(
        'unhide',
        '/crypto/unhide2?keyName={{key}}&hint=digit',
        '{{hidden}}',
        process,
        processes ? { data: '1234567' } : conflict,
        {},
        'text/plain',
      ),
      raw(
        'macv',
        '/crypto/macv?keyName={{mac}}&hash={{mac1}}',
        'x',
        process,
        processes ? { verified: true } : conflict,
      ),
      raw(
        'signv',
        '/crypto/signv?keyName={{sig}}&signature={{sig1}}',
        'x',
        process,
        processes ? { verified: true } : conflict,
      ),
      post('unwrap', '/crypto/unwrap', { id: '{{key}}', ciphertext: '{{wrapped}}' }, process),
      ...(state === 'Active'
        ? [post('export', `${KEYS}/{{key}}/export`, {}, out)]
        : [
            assumed(
              post('export', `${KEYS}/{{key}}/export`, {}, out, exports ? { state } : conflict),
            ),
          ]),
      del('delete', `${KEYS}/{{key}}`, 204),
    ],
    tidy: ['key', 'mac', 'sig']
      .map(removeKey)
      .concat(del('the public key', `${KEYS}/${named('sig')}-pub`, [204, 404])),
  }
})

const preActive: Scenario = {
  name: 'Pre-Active: a key does nothing yet',
  exchanges: [
    makeKey(
      'key',
      { ...all, state: 'Pre-Active' },
      { state: 'Pre-Active', activationDate: absent },
    ),
    post('encrypt', '/crypto/encrypt', { id: '{{key}}', plaintext: PLAINTEXT }, 409, conflict),
    post(
      'decrypt',
      '/crypto/decrypt',
      {
        id: '{{key}}',
        ciphertext: 'AAAA',
        iv: 'AAAAAAAAAAAAAAAA',
        tag: 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
      409,
      conflict,
    ),
    post('export', `${KEYS}/{{key}}/export`, {}, 409, conflict),
    get(
      'it is listed as that',
      `${KEYS}?state=pre-active&name=${named('key')}`,
      200,
      only({ id: '{{key}}' }),
    ),
    assumed(del('delete', `${KEYS}/{{key}}`, 204)),
  ],
  tidy: [removeKey('key')],
}

const act = (
  name: string,
  key: string,
  action: string,
  json: unknown,
  status: number,
  body: { readonly [field: string]: Expected } = {},
): Exchange =>
  post(
    name,
    `${KEYS}/{{${key}}}/${action}`,
    json,
    status,
    status === 200 ? { id: `{{${key}}}`, ...body } : body,
  )

const transitions: Scenario = {
  name: 'a key goes from state to state as it is told, and no other way',
  exchanges: [
    makeKey('early', { state: 'Pre-Active' }),
    act(
      'a Pre-Active key is not deactivated',
      'early',
      'revoke',
      { reason: 'Superseded' },
      409,
      conflict,
    ),
    patch('activated by its date', `${KEYS}/{{early}}`, { activationDate: '{{in:0}}' }, 200, {
      id: '{{early}}',
      state: 'Active',
      activationDate: time,
    }),
    act(
      'an Active key is not reactivated',
      'early',
      'reactivate',
      { reason: 'DeactivatedToActive' },
      409,
      conflict,
    ),
    act(
      'Active → Deactivated',
      'early',
      'revoke',
      { reason: 'Superseded', message: 'a newer one is there' },
      200,
      {
        state: 'Deactivated',
        deactivationDate: time,
        revocationReason: 'Superseded',
        revocationMessage: 'a newer one is there',
      },
    ),
    act('it is not deactivated twice', 'early', 'revoke', { reason: 'Superseded' }, 409, conflict),
    act(
      'Deactivated → Active',
      'early',
      'reactivate',
      { reason: 'DeactivatedToActive', message: 'again' },
      200,
      { state: 'Active', revocationReason: absent, deactivationDate: absent },
    ),
    post('it encrypts again', '/crypto/encrypt', { id: '{{early}}', plaintext: PLAINTEXT }, 200),
    act('deactivated', 'early', 'revoke', { reason: 'Unspecified' }, 200, { state: 'Deactivated' }),
    act(
      'Deactivated → Active past protectStop',
      'early',
      'reactivate',
      { reason: 'DeactivatedToActiveProtectStop' },
      200,
      { state: 'Active', protectStopDate: time },
    ),
    post(
      'which protects nothing',
      '/crypto/encrypt',
      { id: '{{early}}', plaintext: PLAINTEXT },
      409,
      conflict,
    ),
    act(
      'Active past protectStop → Active',
      'early',
      'reactivate',
      { reason: 'ActiveProtectStopToActive' },
      200,
      { state: 'Active', protectStopDate: absent },
    ),
    post('which protects', '/crypto/encrypt', { id: '{{early}}', plaintext: PLAINTEXT }, 200),
    act(
      'but only from there',
      'early',
      'reactivate',
      { reason: 'ActiveProtectStopToActive' },
      409,
      conflict,
    ),
    act('a reason that is none', 'early', 'reactivate', { reason: 'Because' }, 400, wrongValue),
    act(
      'Active → Compromised',
      'early',
      'revoke',
      { reason: 'KeyCompromise', compromiseOccurrenceDate: '2024-01-02T03:04:05Z' },
      200,
      {
        state: 'Compromised',
        compromiseDate: time,
        compromiseOccurrenceDate: '2024-01-02T03:04:05Z',
        revocationReason: 'KeyCompromise',
      },
    ),
    act(
      'a Compromised key stays so',
      'early',
      'reactivate',
      { reason: 'DeactivatedToActive' },
      409,
      conflict,
    ),
    patch(
      'when it happened is told later',
      `${KEYS}/{{early}}`,
      { compromiseOccurrenceDate: '2023-01-01T00:00:00Z' },
      200,
      { compromiseOccurrenceDate: '2023-01-01T00:00:00Z' },
    ),
    act('Compromised → Destroyed Compromised', 'early', 'destroy', undefined, 200, {
      state: 'Destroyed Compromised',
      destroyDate: time,
      emptyMaterial: true,
    }),
    act('once', 'early', 'destroy', undefined, 409, conflict),
    get('its row is kept', `${KEYS}/{{early}}`, 200, {
      id: '{{early}}',
      state: 'Destroyed Compromised',
    }),
    makeKey('waiting', { state: 'Pre-Active' }),
    act('Pre-Active → Compromised', 'waiting', 'revoke', { reason: 'CACompromise' }, 200, {
      state: 'Compromised',
    }),
    makeKey('old'),
    act('Active → Deactivated', 'old', 'revoke', { reason: 'CessationOfOperation' }, 200, {
      state: 'Deactivated',
    }),
    act('Deactivated → Compromised', 'old', 'revoke', { reason: 'KeyCompromise' }, 200, {
      state: 'Compromised',
    }),
    makeKey('unborn', { state: 'Pre-Active' }),
    act('Pre-Active → Destroyed', 'unborn', 'destroy', undefined, 200, { state: 'Destroyed' }),
    act('not deactivated', 'unborn', 'revoke', { reason: 'Superseded' }, 409, conflict),
    ours(
      act(
        'Destroyed → Destroyed Compromised',
        'unborn',
        'revoke',
        { reason: 'KeyCompromise' },
        200,
        {
          state: 'Destroyed Compromised',
        },
      ),
    ),
    act('not archived', 'unborn', 'archive', undefined, 409, conflict),
    makeKey('kept', { undeletable: true }),
    ours(
      act('an undeletable key is not destroyed', 'kept', 'destroy', undefined, 400, {
        message: /key is not deletable/,
      }),
    ),
    patch('it may go', `${KEYS}/{{kept}}`, { undeletable: false }, 200),
  ],
  tidy: ['early', 'waiting', 'old', 'unborn', 'kept'].map(removeKey),
}

const REASONS = [
  'Unspecified',
  'AffiliationChanged',
  'Superseded',
  'CessationOfOperation',
  'PrivilegeWithdrawn',
]

const reasons: Scenario = {
  name: 'a key is revoked for each reason that there is',
  exchanges: [
    ...REASONS.flatMap((reason) => [
      makeKey(reason),
      act(reason, reason, 'revoke', { reason }, 200, {
        state: 'Deactivated',
        revocationReason: reason,
      }),
    ]),
    ...['KeyCompromise', 'CACompromise'].flatMap((reason) => [
      makeKey(reason),
      act(reason, reason, 'revoke', { reason, message: null }, 200, {
        state: 'Compromised',
        revocationReason: reason,
        revocationMessage: absent,
      }),
    ]),
    makeKey('none'),
    act('a reason that is none', 'none', 'revoke', { reason: 'Bored' }, 400, wrongValue),
    act('no reason', 'none', 'revoke', {}, 400, wrongValue),
    get('and it lives', `${KEYS}/{{none}}`, 200, { state: 'Active' }),
    post(
      'by reason',
      '/vault/query-keys',
      { revocationReasons: ['Superseded', 'cacompromise'], name: 'conf-*-{{run}}' },
      200,
      list([{ id: '{{CACompromise}}' }, { id: '{{Superseded}}' }], 2),
    ),
  ],
  tidy: [...REASONS, 'KeyCompromise', 'CACompromise', 'none'].map(removeKey),
}

const archive: Scenario = {
  name: 'an archived key does nothing until it is recovered',
  exchanges: [
    makeKey('key', { material: AES_256 }),
    encrypt(
      'something is encrypted',
      { id: '{{key}}', plaintext: PLAINTEXT },
      {},
      kept('blob', GCM),
    ),
    act('archived', 'key', 'archive', undefined, 200, { archiveDate: time, state: 'Active' }),
    act('twice changes nothing', 'key', 'archive', undefined, 200, { archiveDate: time }),
    ...[
      post(
        'no encryption',
        '/crypto/encrypt',
        { id: '{{key}}', plaintext: PLAINTEXT },
        409,
        conflict,
      ),
      post('no decryption', '/crypto/decrypt', again('blob', GCM), 409, conflict),
      post('no export', `${KEYS}/{{key}}/export`, {}, 409, conflict),
      post('no clone', `${KEYS}/{{key}}/clone`, { newKeyName: named('clone') }, 409, conflict),
    ].map(assumed),
    get('it can be read of', `${KEYS}/{{key}}`, 200, { archiveDate: time }),
    act('recovered', 'key', 'recover', undefined, 200, { archiveDate: absent }),
    post('decryption', '/crypto/decrypt', again('blob', GCM), 200, { plaintext: PLAINTEXT }),
    act('recovered again changes nothing', 'key', 'recover', undefined, 200, {
      archiveDate: absent,
    }),
  ],
  tidy: [removeKey('key')],
}

const moments: Scenario = {
  name: 'a key protects until protectStopDate and processes from processStartDate',
  exchanges: [
    makeKey('stops', { protectStopDate: '{{in:1000}}' }),
    makeKey('starts', { material: AES_128, processStartDate: '{{in:1000}}' }),
    encrypt('the first protects', { id: '{{stops}}', plaintext: PLAINTEXT }, {}, kept('one', GCM)),
    encrypt('the second too', { id: '{{starts}}', plaintext: PLAINTEXT }, {}, kept('two', GCM)),
    post('and does not process', '/crypto/decrypt', again('two', GCM), 409, conflict),
    post(
      'the first protects no more',
      '/crypto/encrypt',
      { id: '{{stops}}', plaintext: PLAINTEXT },
      409,
      conflict,
      { laterBySeconds: 1100 },
    ),
    post('and processes', '/crypto/decrypt', again('one', GCM), 200, { plaintext: PLAINTEXT }),
    post('the second processes', '/crypto/decrypt', again('two', GCM), 200, {
      plaintext: PLAINTEXT,
    }),
    get('both are Active', `${KEYS}?name=conf-st*-{{run}}&state=Active`, 200, { total: 2 }),
  ],
  tidy: ['stops', 'starts'].map(removeKey),
}

const calendar: Scenario = {
  name: 'dates change the state by themselves',
  exchanges: [
    makeKey(
      'key',
      { activationDate: '{{in:1000}}', deactivationDate: '{{in:3000}}' },
      { state: 'Pre-Active' },
    ),
    makeKey('shelf', { archiveDate: '{{in:1000}}' }, { state: 'Active' }),
    makeKey('turning', { rotationFrequencyDays: '1' }, { rotationDateReached: false }),
    post('too early', '/crypto/encrypt', { id: '{{key}}', plaintext: PLAINTEXT }, 409, conflict),
    get('its day comes', `${KEYS}/{{key}}`, 200, { state: 'Active' }, { laterBySeconds: 1100 }),
    get(
      'in lists as well',
      `${KEYS}?name=${named('key')}&state=Active`,
      200,
      only({ id: '{{key}}', state: 'Active' }),
    ),
    get('and in no other', `${KEYS}?name=${named('key')}&state=Pre-Active`, 200, list([], 0)),
    post('it protects', '/crypto/encrypt', { id: '{{key}}', plaintext: PLAINTEXT }, 200),
    post(
      'what is archived by its date does not',
      '/crypto/encrypt',
      { id: '{{shelf}}', plaintext: PLAINTEXT },
      409,
      conflict,
    ),
    patch('a later end', `${KEYS}/{{key}}`, { deactivationDate: '{{in:4000}}' }, 200, {
      state: 'Active',
    }),
    get('goes by', `${KEYS}/{{key}}`, 200, { state: 'Active' }, { laterBySeconds: 3000 }),
    get(
      'and comes',
      `${KEYS}/{{key}}`,
      200,
      { state: 'Deactivated', deactivationDate: time },
      { laterBySeconds: 1100 },
    ),
    patch(
      'a key that is at its end has no other',
      `${KEYS}/{{key}}`,
      { deactivationDate: '{{in:4000}}' },
      400,
      wrongValue,
    ),
    get(
      'after a day there is a second version',
      `${KEYS}/${named('turning')}?type=name`,
      200,
      { version: 1 },
      { laterBySeconds: 86_400, withinMs: 30_000 },
    ),
    get('and the first is turned no more', `${KEYS}/{{turning}}`, 200, {
      version: 0,
      rotationFrequencyDays: absent,
    }),
  ],
  tidy: ['key', 'shelf', 'turning']
    .map(removeKey)
    .concat(del('its second version', `${KEYS}/${named('turning')}`, [204, 404])),
}

export const lifecycle: readonly Scenario[] = [
  masks,
  ...states,
  preActive,
  transitions,
  reasons,
  archive,
  moments,
  calendar,
]
