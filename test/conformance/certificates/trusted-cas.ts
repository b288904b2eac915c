/**
 * Reference section 10.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | create, fields, list with details at both levels, delete | trusted CAs |
 * | the same again is another entry | trusted CAs |
 * | create-many, `success.0.id` | trusted CAs |
 * | refusals | trusted CAs |
 */
import { foreignRoot } from '../../support/certificates.ts'
import { del, get, post, type Scenario } from '../exchange.ts'
import { absent, containing, time } from '../expect.ts'
import { anError, assumed, list, named, notFound } from '../identity/common.ts'
import { EXTERNAL, removeExternal, wrongValue } from './common.ts'

const TRUSTED = '/trusted-cas'
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
    post(
      'an unknown CA',
      TRUSTED,
      { ca_id: '0b6f1f0e-0000-4000-8000-000000000000', service: 'web' },
      400,
      wrongValue,
    ),
    post('no service', TRUSTED, { ca_id: '{{ca}}' }, 400, wrongValue),
    ...['one', 'two', 'three', 'four'].map((key) =>
      del(`${key} is taken away`, `${TRUSTED}/{{${key}}}`, 204),
    ),
    del('twice is once too many', `${TRUSTED}/{{one}}`, 404, notFound),
  ],
  tidy: [removeExternal('ca')],
}

export const trustedCas: readonly Scenario[] = [trust]
