/**
 * Reference sections 1, 2, 3.2, 6 and 12 for the certificates of a local CA.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 3.2 fields, 2 formats | every answer, by `issuedCertificate` and `truthful` |
 * | 6.1 purposes, dates, cut to the issuer's end, names | issuing |
 * | 6.1 refusals | refusals |
 * | 6.2 list, get, delete, identifiers | lists |
 * | 6.3 revoke and resume | revocation |
 */
import { del, type Exchange, get, post, type Scenario } from '../exchange.ts'
import { absent, allOf, laterThan, ordered, time } from '../expect.ts'
import { assumed, list, named, noRows, notFound, only, ours } from '../identity/common.ts'
import {
  CAS,
  conflict,
  goodFor,
  issue,
  issuedCertificate,
  makeCa,
  makeRequest,
  NO_TIME,
  NOBODY,
  removeCa,
  selfSign,
  spanning,
  truthful,
  wrongState,
  wrongValue,
} from './common.ts'

const certs = (ca: string): string => `${CAS}/{{${ca}}}/certs`
const cert = (ca: string, key: string): string => `${certs(ca)}/{{${key}}}`

const issuing: Scenario = {
  name: 'a CA issues certificates for servers, clients and other CAs',
  exchanges: [
    makeCa('ca', { cn: 'issuer', names: [{ C: 'US', O: 'Org' }] }),
    selfSign('ca', { duration: 100 }),
    makeRequest('host', { algorithm: 'RSA', names: [{ L: 'City' }], dnsNames: ['a.example.com'] }),
    issue(
      'host',
      'ca',
      {},
      allOf(issuedCertificate, truthful, goodFor('server'), spanning(31), {
        ca: '{{ca.uri}}',
        subject: `/L=City/CN=${named('host')}`,
        issuer: '/C=US/O=Org/CN=issuer',
        name: /^cert-[0-9a-f-]{36}$/,
      }),
    ),
    get('it is read', cert('ca', 'host'), 200, allOf(issuedCertificate, { id: '{{host}}' })),
    get('by URI', `${CAS}/{{ca.uri}}/certs/{{host.uri}}/`, 200, { id: '{{host}}' }),
    makeRequest('person'),
    issue('person', 'ca', { purpose: 'client' }, goodFor('client')),
    makeRequest('below'),
    issue('below', 'ca', { purpose: 'ca' }, goodFor('ca')),
    makeRequest('long'),
    issue('long', 'ca', { duration: 5000 }, { notAfter: '{{ca.ends}}' }),
    issue('long', 'ca', { notAfter: '2099-01-01T00:00:00.000000Z' }, { notAfter: '{{ca.ends}}' }),
    post(
      'with a name',
      certs('ca'),
      { csr: '{{person.csr}}', purpose: 'client', duration: 1, name: named('cert') },
      [200, 201],
      { name: named('cert') },
    ),
    post(
      'which is there once',
      certs('ca'),
      { csr: '{{person.csr}}', purpose: 'client', duration: 1, name: named('cert') },
      409,
      conflict,
    ),
    assumed(get('and is no reference', `${certs('ca')}/${named('cert')}`, 404, notFound)),
    post(
      'zero values are none',
      certs('ca'),
      {
        csr: '{{person.csr}}',
        purpose: 'client',
        duration: 1,
        name: '',
        notAfter: '',
        notBefore: null,
      },
      [200, 201],
      { name: /^cert-/ },
    ),
  ],
  tidy: [removeCa('ca')],
}

const refusals: Scenario = {
  name: 'what a CA does not issue',
  exchanges: [
    makeCa('ca'),
    makeRequest('host'),
    assumed(
      post(
        'a pending CA issues nothing',
        certs('ca'),
        { csr: '{{host.csr}}', purpose: 'server', duration: 1 },
        400,
        wrongState,
      ),
    ),
    selfSign('ca'),
    ...(
      [
        ['no request', { csr: undefined }],
        ['text for a request', { csr: 'text' }],
        ['a certificate for a request', { csr: '{{ca.cert}}' }],
        ['no purpose', { purpose: undefined }],
        ['a purpose that is none', { purpose: 'signing' }],
        ['neither duration nor notAfter', { duration: undefined }],
        ['a time that is none', { notAfter: 'soon' }],
      ] as const
    ).map(([what, fields]) =>
      post(
        `refused: ${what}`,
        certs('ca'),
        { csr: '{{host.csr}}', purpose: 'server', duration: 1, ...fields },
        400,
        wrongValue,
      ),
    ),
    post(
      'an unknown CA',
      `${CAS}/${NOBODY}/certs`,
      { csr: '{{host.csr}}', purpose: 'server', duration: 1 },
      404,
      notFound,
    ),
    get('nothing was issued', certs('ca'), 200, noRows),
  ],
  tidy: [removeCa('ca')],
}

const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
]

const revocation: Scenario = {
  name: 'certificates are revoked, held and resumed',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    makeRequest('host'),
    issue('host', 'ca'),
    assumed(
      post('one that is not held', `${cert('ca', 'host')}/resume`, undefined, 400, wrongState),
    ),
    post(
      'it is held',
      `${cert('ca', 'host')}/revoke`,
      { reason: 'certificateHold' },
      200,
      {
        id: '{{host}}',
        state: 'revoked',
        revoked_reason: 'certificateHold',
        revoked_at: time,
        updatedAt: laterThan('{{host.at}}'),
      },
      { keep: { held: 'revoked_at' } },
    ),
    get('and read so', cert('ca', 'host'), 200, { state: 'revoked', revoked_at: '{{held}}' }),
    post('resumed', `${cert('ca', 'host')}/resume`, undefined, 200, issuedCertificate),
    get('and read so again', cert('ca', 'host'), 200, {
      state: 'active',
      revoked_at: NO_TIME,
      revoked_reason: absent,
    }),
    post('held again', `${cert('ca', 'host')}/revoke`, { reason: 'certificateHold' }, 200),
    assumed(
      post(
        'a hold becomes a revocation for good',
        `${cert('ca', 'host')}/revoke`,
        { reason: 'keyCompromise' },
        200,
        { revoked_reason: 'keyCompromise' },
      ),
    ),
    assumed(
      post('which is not resumed', `${cert('ca', 'host')}/resume`, undefined, 400, wrongState),
    ),
    assumed(
      post(
        'nor made another',
        `${cert('ca', 'host')}/revoke`,
        { reason: 'superseded' },
        400,
        wrongState,
      ),
    ),
    ...REASONS.flatMap((reason): Exchange[] => [
      issue(reason, 'ca', { csr: '{{host.csr}}' }),
      post(`for ${reason}`, `${cert('ca', reason)}/revoke`, { reason }, 200, {
        state: 'revoked',
        revoked_reason: reason,
      }),
    ]),
    issue('other', 'ca', { csr: '{{host.csr}}' }),
    ...[{}, { reason: 'none' }, { reason: 'keycompromise' }].map((body) =>
      assumed(
        post(
          `refused: ${JSON.stringify(body)}`,
          `${cert('ca', 'other')}/revoke`,
          body,
          400,
          wrongValue,
        ),
      ),
    ),
    post(
      'an unknown one',
      `${certs('ca')}/${NOBODY}/revoke`,
      { reason: 'unspecified' },
      404,
      notFound,
    ),
    post('nor is it resumed', `${certs('ca')}/${NOBODY}/resume`, undefined, 404, notFound),
  ],
  tidy: [removeCa('ca')],
}

const byFilter = (what: string, query: string, ...keys: readonly string[]): Exchange =>
  get(what, `${certs('ca')}?${query}`, 200, only(...keys.map((key) => ({ id: `{{${key}}}` }))))

const lists: Scenario = {
  name: 'the certificates of a CA are listed, filtered and deleted',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    get('none yet', certs('ca'), 200, noRows),
    ...['one', 'two'].flatMap((key) => [
      makeRequest(key, { cn: 'a host', names: [{ OU: key }] }),
      issue(key, 'ca'),
    ]),
    get(
      'as XSOAR asks',
      `${CAS}/${named('ca')}/certs?skip=0&limit=50`,
      200,
      list([
        allOf(issuedCertificate, truthful, { id: '{{two}}' }),
        allOf(issuedCertificate, truthful, { id: '{{one}}' }),
      ]),
    ),
    byFilter('by subject', 'subject=/OU=one/CN=a%20host', 'one'),
    byFilter('by issuer', `issuer=/CN=${named('ca')}`, 'one', 'two'),
    byFilter('by certificate', 'cert={{enc:two.cert}}', 'two'),
    byFilter('by id', 'id={{one}}', 'one'),
    byFilter('by URI', 'id={{one.uri}}', 'one'),
    byFilter('both must fit', 'id={{one}}&subject=/OU=two/CN=a%20host'),
    ours(byFilter('by serial number', 'serialNumber={{two.serial}}', 'two')),
    post('one is revoked', `${cert('ca', 'one')}/revoke`, { reason: 'superseded' }, 200),
    ours(byFilter('by state', 'state=revoked', 'one')),
    ours(byFilter('by another state', 'state=active', 'two')),
    get(
      'newest change first',
      certs('ca'),
      200,
      list(allOf(ordered('updatedAt', 'down'), [{ id: '{{one}}' }, { id: '{{two}}' }])),
    ),
    get('a page', `${certs('ca')}?skip=1&limit=1`, 200, list([{ id: '{{two}}' }], 2)),
    makeCa('other'),
    get('another CA has none of them', certs('other'), 200, noRows),
    get('nor shows one', cert('other', 'one'), 404, notFound),
    del('one is deleted', cert('ca', 'one'), 204),
    get('and gone', cert('ca', 'one'), 404, notFound),
    del('twice is once too many', cert('ca', 'one'), 404, notFound),
    byFilter('the other stays', 'limit=50', 'two'),
    get('an unknown CA', `${CAS}/${NOBODY}/certs`, 404, notFound),
  ],
  tidy: [removeCa('ca'), removeCa('other')],
}

export const certificates: readonly Scenario[] = [issuing, refusals, revocation, lists]
