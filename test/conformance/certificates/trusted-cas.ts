/**
 * Reference section 10.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | create, fields, list with details at both levels, delete | trusted CAs |
 * | the same again is another entry | trusted CAs |
 * | create-many, `success.0.id` | trusted CAs |
 * | members, local CAs, bare array and auto_restart | forms |
 * | refusals, no get by id and no PATCH | trusted CAs; forms |
 */
import { foreignRoot } from '../../support/certificates.ts'
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, allOf, containing, each, not, time } from '../expect.ts'
import { anError, assumed, list, named, notFound, ours } from '../identity/common.ts'
import {
  EXTERNAL,
  makeCa,
  members,
  NOBODY,
  removeCa,
  removeExternal,
  selfSign,
  TRUSTED,
  wholeSeconds,
  wrongValue,
} from './common.ts'

const entry = { ca_id: '{{ca}}', service: 'web' }
const details = {
  name: named('trusted'),
  subject: '/C=US/ST=TX/L=Austin/O=Example Corp/CN=playbook external root',
  sha256Fingerprint: /^[0-9A-F]{64}$/,
  serial_number: '0',
  notAfter: time,
}

const trust: Scenario = {
  name: 'services are told which CAs they trust',
  exchanges: [
    post(
      'an external CA',
      EXTERNAL,
      { cert: foreignRoot, name: named('trusted') },
      201,
      {},
      {
        keep: { ca: 'id', 'ca.uri': 'uri' },
      },
    ),
    post(
      'by id',
      `${TRUSTED}/`,
      entry,
      201,
      { service: 'web', ca_type: 'external', createdAt: time, ca_details: absent },
      { keep: { one: 'id' } },
    ),
    post(
      'once more by URI',
      `${TRUSTED}/`,
      { ...entry, ca_id: '{{ca.uri}}', ca_type: 'external' },
      201,
      { service: 'web' },
      { keep: { two: 'id' } },
    ),
    get(
      'both are listed',
      `${TRUSTED}/?limit=100`,
      200,
      list(containing({ id: '{{one}}', ...details, ca_details: details })),
    ),
    assumed(
      post(
        'several',
        '/trusted-cas-create-many/',
        [entry, entry],
        201,
        { success: [{ service: 'web' }, { service: 'web' }] },
        { keep: { three: 'success.0.id', four: 'success.1.id' } },
      ),
    ),
    assumed(del('its CA is held', `${EXTERNAL}/{{ca}}`, 409, anError)),
    post('an unknown CA', TRUSTED, { ca_id: NOBODY, service: 'web' }, 400, wrongValue),
    post('no service', TRUSTED, { ca_id: '{{ca}}' }, 400, wrongValue),
    ...['one', 'two', 'three', 'four'].map((key) =>
      del(`${key} is taken away`, `${TRUSTED}/{{${key}}}`, 204),
    ),
    del('twice is once too many', `${TRUSTED}/{{one}}`, 404, notFound),
  ],
  tidy: [removeExternal('ca')],
}

const MANY = '/trusted-cas-create-many'
const HEAD = ['id', 'uri', 'account', 'createdAt', 'updatedAt', 'service', 'ca_type']
const one = (id: string) => ({ ca_id: id, ca_type: 'local', service: 'web' })
const localDetails = {
  name: named('ca'),
  subject: `/CN=${named('ca')}`,
  issuer: `/CN=${named('ca')}`,
  serial_number: '{{ca.serial}}',
  sha1Fingerprint: /^[0-9A-F]{40}$/,
  sha256Fingerprint: /^[0-9A-F]{64}$/,
  notBefore: wholeSeconds,
  notAfter: '{{ca.ends}}',
}

const forms: Scenario = {
  name: 'a trusted CA is called as its kind is, alone or with others',
  exchanges: [
    makeCa('ca'),
    post('a pending CA is none yet', `${TRUSTED}/`, one('{{ca}}'), 400, wrongValue),
    selfSign('ca'),
    post(
      'without a slash and without its kind',
      TRUSTED,
      { ca_id: '{{ca}}', service: 'web', ca_type: '', extra: null },
      201,
      allOf(members(...HEAD), {
        account: 'kylo:kylo:admin:accounts:kylo',
        ca_type: 'local',
        updatedAt: time,
      }),
      { keep: { one: 'id' } },
    ),
    get(
      'its details stand at both levels, its ca_id at none',
      `${TRUSTED}/?skip=0&limit=1`,
      200,
      list([
        {
          id: '{{one}}',
          ...localDetails,
          ca_details: { ...localDetails, ca_id: absent },
          ca_id: absent,
        },
      ]),
    ),
    assumed(
      post(
        'several as a bare list',
        `${MANY}/`,
        [one('{{ca}}'), one('{{ca.uri}}')],
        201,
        { success: each(members(...HEAD)) },
        { keep: { two: 'success.0.id', three: 'success.1.id' } },
      ),
    ),
    assumed(
      post(
        'one under a key, with a restart that it does not need',
        MANY,
        { trusted_cas: [one('{{ca}}')], auto_restart: true },
        201,
        { success: [{ id: not('{{two}}'), service: 'web' }] },
        { keep: { four: 'success.0.id' } },
      ),
    ),
    get(
      'each is an entry of its own',
      `${TRUSTED}?limit=100`,
      200,
      list(containing(...['one', 'two', 'three', 'four'].map((key) => ({ id: `{{${key}}}` })))),
    ),
    get('there is no read of one', `${TRUSTED}/{{one}}`, [404, 405], anError),
    patch('nor a change', `${TRUSTED}/{{one}}`, { service: 'web' }, [404, 405], anError),
    ...(
      [
        ['the other kind', { ...one('{{ca}}'), ca_type: 'external' }],
        ['a kind that is none', { ...one('{{ca}}'), ca_type: 'remote' }],
        ['a service that is none', { ...one('{{ca}}'), service: 'ftp' }],
        ['no CA', { service: 'web' }],
      ] as const
    ).map(([what, body]) => assumed(post(`refused: ${what}`, TRUSTED, body, 400, wrongValue))),
    ours(
      post('a service that is not built', TRUSTED, { ...one('{{ca}}'), service: 'kmip' }, 501, {
        code: 17,
      }),
    ),
    ours(post('several are all or none', MANY, [one('{{ca}}'), one(NOBODY)], 400, wrongValue)),
    assumed(post('refused: an empty list', MANY, [], 400, wrongValue)),
    get(
      'none of these is there',
      `${TRUSTED}?ca_id={{ca}}&limit=100`,
      200,
      list(each({ name: named('ca') }), 4),
    ),
    ...['one', 'two', 'three', 'four'].map((key) =>
      del(`${key} is taken away`, `${TRUSTED}/{{${key}}}/`, 204),
    ),
  ],
  tidy: [removeCa('ca')],
}

export const trustedCas: readonly Scenario[] = [trust, forms]
