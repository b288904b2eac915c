/**
 * Reference section 3: what may be asked of a new key. The algorithms and the forms of material are in algorithms.ts,
 * what comes wrapped in wrapping.ts.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | query `includeMaterial`, `returnExisting`; 409 | asked |
 * | name, description, labels, meta, defaultIV, rotationFrequencyDays, usage, usageMask | values |
 * | id, uuid, muid, keyId, generateKeyId, idSize | identifiers |
 * | unexportable, undeletable, neverExportable, neverExported, emptyMaterial | flags |
 * | state and the dates of a new key | dates |
 * | state and the dates of an imported one; material of dead keys | imported |
 * | hkdfCreateParameters | derived |
 * | templateId | policies.ts |
 * | publicKeyParameters | objects.ts |
 * | assignSelfAsOwner, meta.ownerId | rights.ts, values |
 */
import { get, post, type Scenario } from '../exchange.ts'
import { absent, allOf, sized, time } from '../expect.ts'
import { assumed, named, ours } from '../identity/common.ts'
import {
  conflict,
  KEYS,
  keyShape,
  makeBare,
  makeKey,
  nothingRefused,
  refusedKey,
  removeKey,
  removePublic,
  wrongValue,
} from './common.ts'
import { AES_128, AES_256, hkdf, SOME_ID, SOME_NUMBER, SOME_UUID, sha256 } from './materials.ts'

const OWNER = 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c'

const asked: Scenario = {
  name: 'a new key is answered with its material, or with the key that is there, when that is asked',
  exchanges: [
    makeKey('plain'),
    makeKey(
      'shown',
      { size: 128 },
      { material: /^[0-9a-f]{32}$/, neverExported: false, format: 'raw' },
      { query: '?includeMaterial=true' },
    ),
    makeKey(
      'encoded',
      { size: 128, encoding: 'base64' },
      { material: /^[A-Za-z0-9+/]{22}==$/, encoding: 'base64' },
      { query: '?includeMaterial=true' },
    ),
    makeKey(
      'pem',
      { algorithm: 'ec', curveid: 'prime256v1', format: 'pkcs8' },
      { material: /^-----BEGIN PRIVATE KEY-----/ },
      { query: '?includeMaterial=true' },
    ),
    post('its name is taken', KEYS, { name: named('plain') }, 409, conflict),
    post(
      'unless the key that is there is wanted',
      `${KEYS}?returnExisting=true`,
      { name: named('plain') },
      [200, 201],
      allOf(keyShape, { id: '{{plain}}' }),
    ),
    post(
      'which is made when there is none',
      `${KEYS}?returnExisting=true`,
      { name: named('fresh') },
      201,
      keyShape,
      { keep: { fresh: 'id' } },
    ),
    post('a key without a name gets one', KEYS, {}, 201, keyShape, { keep: { unnamed: 'id' } }),
    ours(
      post(
        'no material of a key that keeps it',
        `${KEYS}?includeMaterial=true`,
        { unexportable: true },
        403,
      ),
    ),
  ],
  tidy: [
    ...['plain', 'shown', 'encoded', 'pem', 'fresh', 'unnamed'].map(removeKey),
    removePublic('pem'),
  ],
}

const values: Scenario = {
  name: 'fields of a new key take the values that they should, and no others',
  exchanges: [
    ...(
      [
        ['blob', 12],
        ['encrypt', 12],
        ['sign', 3],
        ['hmac', 384],
        ['fpe', 3145728],
        ['any', 4194303],
      ] as const
    ).map(([usage, usageMask]) => makeKey(`for-${usage}`, { usage }, { usageMask })),
    makeKey('mask', { usageMask: 3145740 }, { usageMask: 3145740 }),
    assumed(makeKey('default', { algorithm: 'aes' }, { usageMask: 60 })),
    makeKey(
      'never',
      { rotationFrequencyDays: '0' },
      { rotationFrequencyDays: absent, rotationDate: absent },
    ),
    makeKey(
      'often',
      { rotationFrequencyDays: '1' },
      { rotationFrequencyDays: '1', rotationDate: time },
    ),
    makeKey(
      'free',
      { meta: { ownerId: OWNER, permissions: { ReadKey: null }, cte: null } },
      { meta: { ownerId: OWNER } },
    ),
    refusedKey('a bracket in a name', { name: 'a<b' }),
    refusedKey('another', { name: 'a>b' }),
    refusedKey('a backslash', { name: 'a\\b' }),
    refusedKey('a usage that is none', { usage: 'everything' }),
    refusedKey('a rotation in the past', { rotationFrequencyDays: '-1' }),
    refusedKey('a rotation that is no number', { rotationFrequencyDays: 'often' }),
    refusedKey('an IV of the wrong length', { defaultIV: '0011' }),
    refusedKey('an owner twice', { assignSelfAsOwner: true, meta: { ownerId: OWNER } }),
    refusedKey('an owner that is no user id', { meta: { ownerId: 'jo' } }),
    ours(
      refusedKey('permissions that are none', { meta: { permissions: { ReadKey: 'Key Users' } } }),
    ),
    refusedKey('a state that is none', { state: 'Asleep' }),
    nothingRefused,
  ],
  tidy: [
    'for-blob',
    'for-encrypt',
    'for-sign',
    'for-hmac',
    'for-fpe',
    'for-any',
    'mask',
    'default',
    'never',
    'often',
    'free',
  ].map(removeKey),
}

const identifiers: Scenario = {
  name: 'an imported key brings identifiers of its own',
  exchanges: [
    post(
      'a shorter id',
      KEYS,
      { name: named('short'), idSize: 32 },
      201,
      { id: /^[0-9a-f]{32}$/, idSize: 32 },
      { keep: { short: 'id' } },
    ),
    makeKey(
      'brought',
      {
        material: AES_128,
        id: SOME_ID,
        uuid: SOME_UUID,
        muid: 'muid-{{run}}-1',
        keyId: `1${SOME_NUMBER}`,
      },
      { uuid: SOME_UUID, muid: 'muid-{{run}}-1', keyId: `1${SOME_NUMBER}` },
    ),
    get('found by its UUID', `${KEYS}?uuid=${SOME_UUID}`, 200, {
      resources: [{ id: '{{brought}}' }],
    }),
    get('by its MUID', `${KEYS}?muid=muid-{{run}}-1`, 200, { resources: [{ id: '{{brought}}' }] }),
    get('by its number', `${KEYS}?keyId=1${SOME_NUMBER}`, 200, {
      resources: [{ id: '{{brought}}' }],
    }),
    makeKey('numbered', { generateKeyId: true }, { keyId: /^\d+$/ }),
    refusedKey('an id for a key that is made here', { id: 'ab'.repeat(32) }),
    refusedKey('a UUID in capitals', {
      material: AES_128,
      uuid: SOME_UUID.toUpperCase().replace(/\d/, 'A'),
    }),
    refusedKey('a number that is none', { material: AES_128, keyId: 'seven' }),
    refusedKey('a size of an id that is none', { idSize: 3 }),
    nothingRefused,
  ],
  tidy: ['short', 'brought', 'numbered'].map(removeKey),
}

const flags: Scenario = {
  name: 'what must not happen to a key is said when it is made, and kept',
  exchanges: [
    makeKey(
      'free',
      {},
      {
        unexportable: false,
        undeletable: false,
        neverExported: true,
        neverExportable: false,
        emptyMaterial: false,
      },
    ),
    makeKey('inside', { unexportable: true }, { unexportable: true, neverExportable: true }),
    makeKey('staying', { undeletable: true }, { undeletable: true }),
    makeKey(
      'known',
      { material: AES_128, neverExported: false, neverExportable: false, unexportable: true },
      { neverExported: false, neverExportable: false, unexportable: true },
    ),
    makeBare('empty', { emptyMaterial: true }, { emptyMaterial: true, sha256Fingerprint: absent }),
    assumed(post('what is empty is not exported', `${KEYS}/{{empty}}/export`, {}, 409)),
    post('an exported key was exported', `${KEYS}/{{free}}/export`, {}, 200, {
      neverExported: false,
    }),
    get('and stays so', `${KEYS}/{{free}}`, 200, { neverExported: false }),
    post('the one that must not go', `${KEYS}/{{inside}}/export`, {}, 403, undefined),
    { ...post('may', `${KEYS}/{{staying}}`, { undeletable: false }, 200), method: 'PATCH' },
  ],
  tidy: ['free', 'inside', 'staying', 'known', 'empty'].map(removeKey),
}

const dates: Scenario = {
  name: 'a new key lives by its dates',
  exchanges: [
    makeKey('now', {}, { state: 'Active', activationDate: time, deactivationDate: absent }),
    makeKey(
      'planned',
      {
        activationDate: '{{in:3600}}',
        processStartDate: '{{in:3700}}',
        protectStopDate: '{{in:7000}}',
        deactivationDate: '{{in:7200}}',
        archiveDate: '{{in:9000}}',
      },
      {
        state: 'Pre-Active',
        activationDate: time,
        processStartDate: time,
        protectStopDate: time,
        deactivationDate: time,
        archiveDate: time,
      },
    ),
    makeKey('waiting', { state: 'Pre-Active' }, { state: 'Pre-Active', activationDate: absent }),
    makeKey(
      'past',
      { activationDate: '2020-01-01T00:00:00Z' },
      { state: 'Active', activationDate: '2020-01-01T00:00:00Z' },
    ),
    refusedKey('a state of its own, and a date that says another', {
      state: 'Pre-Active',
      activationDate: '{{in:60}}',
    }),
    refusedKey('the same with the date of processing', {
      state: 'Pre-Active',
      processStartDate: '{{in:60}}',
    }),
    refusedKey('an end before the beginning', {
      activationDate: '{{in:60}}',
      deactivationDate: '{{in:30}}',
    }),
    nothingRefused,
  ],
  tidy: ['now', 'planned', 'waiting', 'past'].map(removeKey),
}

const imported: Scenario = {
  name: 'a key is imported in the state in which it was',
  exchanges: [
    ...['Pre-Active', 'Active', 'Deactivated', 'Compromised'].map((state) =>
      makeKey(
        `is-${state}`,
        { material: AES_256, state, revocationReason: 'Superseded', revocationMessage: 'old' },
        {
          state,
          emptyMaterial: false,
          sha256Fingerprint: sha256(AES_256),
          ...(state === 'Deactivated' && {
            revocationReason: 'Superseded',
            revocationMessage: 'old',
            deactivationDate: time,
          }),
          ...(state === 'Compromised' && { compromiseDate: time }),
        },
      ),
    ),
    ...['Destroyed', 'Destroyed Compromised'].map((state, at) =>
      makeBare(
        `gone-${at}`,
        { material: AES_256, state, destroyDate: '2024-01-01T00:00:00Z' },
        {
          state,
          emptyMaterial: true,
          sha256Fingerprint: absent,
          destroyDate: '2024-01-01T00:00:00Z',
        },
      ),
    ),
    ...['Deactivated', 'Compromised'].map((state) =>
      makeBare(`none-${state}`, { state }, { state, emptyMaterial: true }),
    ),
    makeKey(
      'dated',
      {
        material: AES_256,
        state: 'Compromised',
        compromiseDate: '2024-05-06T07:08:09Z',
        compromiseOccurrenceDate: '2024-05-01T00:00:00Z',
        revocationReason: 'KeyCompromise',
      },
      {
        compromiseDate: '2024-05-06T07:08:09Z',
        compromiseOccurrenceDate: '2024-05-01T00:00:00Z',
        revocationReason: 'KeyCompromise',
      },
    ),
    post('what was destroyed has no material', `${KEYS}/{{gone-0}}/export`, {}, 409),
    get(
      'the states are there to be listed',
      `${KEYS}?state=Destroyed&name=conf-gone-*-{{run}}`,
      200,
      { resources: sized(1) },
    ),
  ],
  tidy: [
    'is-Pre-Active',
    'is-Active',
    'is-Deactivated',
    'is-Compromised',
    'gone-0',
    'gone-1',
    'none-Deactivated',
    'none-Compromised',
    'dated',
  ].map(removeKey),
}

const derived: Scenario = {
  name: 'a key is derived from another one by HKDF',
  exchanges: [
    makeKey('root', { material: AES_256, usageMask: 512 }),
    ...[
      [{}, hkdf(AES_256, '', '', 32), {}],
      [{ salt: '0011', info: 'aabb' }, hkdf(AES_256, '0011', 'aabb', 16), { size: 128 }],
    ].map(([parameters, material, fields], at) =>
      makeKey(
        `derived-${at}`,
        {
          ...(fields as object),
          hkdfCreateParameters: {
            ikmKeyName: named('root'),
            hashAlgorithm: at === 0 ? 'hmac-sha256' : null,
            ...(parameters as object),
          },
        },
        { sha256Fingerprint: sha256(material as string) },
      ),
    ),
    ...['hmac-sha1', 'hmac-sha224', 'hmac-sha384', 'hmac-sha512'].map((hashAlgorithm) =>
      makeKey(
        `by-${hashAlgorithm}`,
        { hkdfCreateParameters: { ikmKeyName: named('root'), hashAlgorithm } },
        { size: 256 },
      ),
    ),
    refusedKey('by a hash that is none', {
      hkdfCreateParameters: { ikmKeyName: named('root'), hashAlgorithm: 'md5' },
    }),
    refusedKey('from nothing', { hkdfCreateParameters: {} }),
    refusedKey('with a salt that is no hexadecimal', {
      hkdfCreateParameters: { ikmKeyName: named('root'), salt: 'salt' },
    }),
    refusedKey('with material beside it', {
      material: AES_256,
      hkdfCreateParameters: { ikmKeyName: named('root') },
    }),
    post(
      'from a key that is not there',
      KEYS,
      { name: named('refused'), hkdfCreateParameters: { ikmKeyName: named('none') } },
      404,
    ),
    makeKey('unfit', { usageMask: 12 }),
    refusedKey(
      'from a key that may not be used so',
      { hkdfCreateParameters: { ikmKeyName: named('unfit') } },
      wrongValue,
    ),
    nothingRefused,
  ],
  tidy: [
    'root',
    'derived-0',
    'derived-1',
    'by-hmac-sha1',
    'by-hmac-sha224',
    'by-hmac-sha384',
    'by-hmac-sha512',
    'unfit',
  ].map(removeKey),
}

export const creating: readonly Scenario[] = [
  asked,
  values,
  identifiers,
  flags,
  dates,
  imported,
  derived,
]
