/**
 * Reference sections 1, 2, 3.1, 5 and 12 for local CAs.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | paths with and without slash, list envelope, paging, order, unknown query parameters | lists |
 * | unknown body keys, zero values, booleans of a query | a CA's life; zero values; purposes |
 * | identifiers: UUID, name, URI | identifiers |
 * | serials, fingerprints, slash subjects, PEM, zero time | every answer, by `pendingCa`, `activeCa`, `truthful` |
 * | 5.1 algorithm and size, names, alternative names, copy_from_ca | keys; subjects |
 * | 5.2 filters, chained | lists; installation |
 * | 5.3 both carriers, while pending | purposes |
 * | 5.4 duration, notAfter, notBefore | validity |
 * | 5.5 install | installation |
 * | 5.6 delete | deletion |
 * | 5.7 uniqueness | identifiers |
 * | 11 the default CA | lists |
 * | 12 | errors stand with what they are about; who may, in errors.ts |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  allOf,
  atLeast,
  containing,
  type Expected,
  laterThan,
  not,
  ordered,
} from '../expect.ts'
import { assumed, list, named, noRows, notFound, only, ours } from '../identity/common.ts'
import {
  activeCa,
  bothDisabled,
  bothEnabled,
  CAS,
  certPem,
  chain,
  conflict,
  issue,
  keyed,
  makeCa,
  makeRequest,
  NOBODY,
  pendingCa,
  removeCa,
  selfSign,
  spanning,
  truthful,
  wrongState,
  wrongValue,
} from './common.ts'

const at = (key: string): string => `${CAS}/{{${key}}}`

const life: Scenario = {
  name: 'a local CA is created, self-signed, read and deleted',
  exchanges: [
    post(
      'with everything the reference shows',
      CAS,
      {
        cn: 'test.com',
        name: named('full'),
        algorithm: 'RSA',
        size: 2048,
        names: [{ O: 'Org', OU: 'RnD', C: 'US', ST: 'CA', L: 'City' }, { OU: 'Second Unit' }],
        dnsNames: ['*.example.com'],
        emailAddresses: ['a@example.com'],
        ipAddresses: ['10.10.10.10'],
        certificate: '',
        something: { unknown: true },
      },
      201,
      allOf(pendingCa, {
        name: named('full'),
        subject: '/C=US/ST=CA/L=City/O=Org/OU=RnD/OU=Second Unit/CN=test.com',
      }),
      { keep: { full: 'id', uri: 'uri', t0: 'updatedAt', print: 'sha256Fingerprint' } },
    ),
    get('it is read', at('full'), 200, allOf(pendingCa, { id: '{{full}}', uri: '{{uri}}' })),
    post(
      'it is self-signed',
      `${at('full')}/self-sign`,
      { duration: 365 },
      200,
      allOf(activeCa, truthful, spanning(366), keyed(2048), {
        id: '{{full}}',
        name: named('full'),
        issuer: '/C=US/ST=CA/L=City/O=Org/OU=RnD/OU=Second Unit/CN=test.com',
        parent: absent,
        purpose: bothEnabled,
        updatedAt: laterThan('{{t0}}'),
        sha256Fingerprint: not('{{print}}'),
      }),
      { keep: { cert: 'cert' } },
    ),
    get('and read again', `${at('full')}/`, 200, allOf(activeCa, truthful, { cert: '{{cert}}' })),
    assumed(post('it is signed once', `${at('full')}/self-sign`, { duration: 1 }, 400, wrongState)),
    get('its certificate stays', at('full'), 200, { cert: '{{cert}}' }),
    del('it is deleted', at('full'), 204),
    get('and gone', at('full'), 404, notFound),
    del('twice is once too many', at('full'), 404, notFound),
  ],
  tidy: [removeCa('full')],
}

const zero: Scenario = {
  name: 'zero values in a body are values that were not given',
  exchanges: [
    post(
      'as Go clients send them',
      `${CAS}/`,
      {
        cn: named('zero'),
        name: '',
        algorithm: '',
        size: 0,
        copy_from_ca: '',
        names: [{ C: '', ST: null }],
        dnsNames: null,
        emailAddresses: [],
        ipAddresses: [''],
      },
      201,
      allOf(pendingCa, { name: /^localca-[0-9a-f-]{36}$/, subject: `/CN=${named('zero')}` }),
      { keep: { zero: 'id' } },
    ),
    selfSign('zero', { duration: 1, notAfter: '', notBefore: '' }),
  ],
  tidy: [removeCa('zero')],
}

const keys: Scenario = {
  name: 'a CA has the key that was asked for',
  exchanges: [
    ...(
      [
        ['plain', {}, 'prime256v1'],
        ['rsa', { algorithm: 'RSA' }, 2048],
        ['rsa3', { algorithm: 'RSA', size: 3072 }, 3072],
        ['ec', { algorithm: 'ECDSA' }, 'prime256v1'],
        ['ec384', { algorithm: 'ECDSA', size: 384 }, 'secp384r1'],
        ['ec521', { algorithm: 'ECDSA', size: 521 }, 'secp521r1'],
      ] as const
    ).flatMap(([key, fields, what]): Exchange[] => [
      makeCa(key, fields),
      post(`${key} is ${what}`, `${at(key)}/self-sign`, { duration: 10 }, 200, keyed(what)),
      removeCa(key),
    ]),
    ours({ ...makeCa('ed', { algorithm: 'Ed25519' }) }),
    ours(
      post('beyond CM: Ed25519', `${at('ed')}/self-sign`, { duration: 10 }, 200, keyed('ed25519')),
    ),
    ours({ ...makeCa('pq', { algorithm: 'ML-DSA-65' }) }),
    ours(
      post('beyond CM: ML-DSA', `${at('pq')}/self-sign`, { duration: 10 }, 200, keyed('ml-dsa-65')),
    ),
    ...(
      [
        ['an unknown algorithm', { algorithm: 'DSA' }],
        ['a curve that is none', { algorithm: 'ECDSA', size: 512 }],
        ['an RSA size below all', { algorithm: 'RSA', size: 512 }],
        ['a curve for RSA', { algorithm: 'RSA', size: 384 }],
      ] as const
    ).map(([what, fields]) =>
      post(`refused: ${what}`, CAS, { cn: 'x', ...fields }, 400, wrongValue),
    ),
    assumed(post('refused: no common name', CAS, { name: named('x') }, 400, wrongValue)),
    assumed(post('refused: an empty one', CAS, { cn: '' }, 400, wrongValue)),
  ],
  tidy: [removeCa('ed'), removeCa('pq')],
}

const subjects: Scenario = {
  name: 'subject and alternative names are as given, or copied',
  exchanges: [
    makeCa('source', {
      cn: 'source',
      names: [{ OU: 'B', C: 'US' }, { OU: 'AA' }, { L: 'Town', ST: 'TX', O: 'An Org. Inc' }],
      dnsNames: ['ca.example.com'],
    }),
    get('the order is C, ST, L, O, OU, CN', at('source'), 200, {
      subject: '/C=US/ST=TX/L=Town/O=An Org. Inc/OU=B/OU=AA/CN=source',
    }),
    post(
      'a copy',
      CAS,
      { cn: 'copy', copy_from_ca: '{{source}}', name: named('copy') },
      201,
      { subject: '/C=US/ST=TX/L=Town/O=An Org. Inc/OU=B/OU=AA/CN=copy' },
      { keep: { copy: 'id' } },
    ),
    assumed(
      post(
        'what is given goes before what is copied',
        CAS,
        { cn: 'other', copy_from_ca: '{{source}}', names: [{ C: 'DE' }], name: named('other') },
        201,
        { subject: '/C=DE/CN=other' },
        { keep: { other: 'id' } },
      ),
    ),
    assumed(post('of nothing', CAS, { cn: 'x', copy_from_ca: NOBODY }, 404, notFound)),
  ],
  tidy: [removeCa('source'), removeCa('copy'), removeCa('other')],
}

const identifiers: Scenario = {
  name: 'a CA is called by its id, its name and its URI',
  exchanges: [
    makeCa('ca', { name: 'what is {{run}}?' }),
    ...['{{ca}}', '{{ca.uri}}', '{{enc:ca.uri}}', '{{upper:ca}}', 'what%20is%20{{run}}%3F'].map(
      (reference) => get(`as ${reference}`, `${CAS}/${reference}`, 200, { id: '{{ca}}' }),
    ),
    post('a name is there once', CAS, { cn: 'x', name: 'what is {{run}}?' }, 409, conflict),
    post('a subject may come again', CAS, { cn: named('ca') }, 201, pendingCa, {
      keep: { twin: 'id', 'twin.name': 'name' },
    }),
    get('its name is made of its id', `${CAS}/localca-{{twin}}`, 200, { id: '{{twin}}' }),
    post('a URI in the path of a POST', `${CAS}/{{ca.uri}}/self-sign`, { duration: 1 }, 200, {
      id: '{{ca}}',
    }),
    get('an unknown id', `${CAS}/${NOBODY}`, 404, notFound),
    get('an unknown name', `${CAS}/no-such-ca-{{run}}`, 404, notFound),
    get('the URI of another kind', `${CAS}/kylo:kylo:naboo:certs:{{ca}}`, 404, notFound),
    ours(post('a name that reads as an id', CAS, { cn: 'x', name: NOBODY }, 400, wrongValue)),
  ],
  tidy: [removeCa('ca'), removeCa('twin')],
}

const purposes: Scenario = {
  name: 'purposes change by query and by body, also while a CA is pending',
  exchanges: [
    makeCa('ca'),
    patch(
      'in the query, with no body',
      `${at('ca')}?allow_client_authentication=True&allow_user_authentication=False`,
      undefined,
      200,
      { id: '{{ca}}', state: 'pending', updatedAt: laterThan('{{ca.at}}') },
    ),
    selfSign('ca'),
    get('it holds once the CA is active', at('ca'), 200, {
      purpose: { client_authentication: 'Enabled', user_authentication: 'Disabled' },
    }),
    patch(
      'in the body',
      at('ca'),
      { allow_client_authentication: false, allow_user_authentication: false },
      200,
      allOf(activeCa, { purpose: bothDisabled }),
    ),
    patch(
      'the body goes first',
      `${at('ca')}?allow_client_authentication=false&allow_user_authentication=TRUE`,
      { allow_client_authentication: true },
      200,
      { purpose: bothEnabled },
    ),
    patch('nothing asked for, nothing changed', at('ca'), {}, 200, { purpose: bothEnabled }),
    patch('null is nothing', at('ca'), { allow_user_authentication: null }, 200, {
      purpose: bothEnabled,
    }),
    patch('refused: no yes or no', at('ca'), { allow_user_authentication: 'no' }, 400, wrongValue),
    patch('of an unknown CA', `${CAS}/${NOBODY}`, {}, 404, notFound),
  ],
  tidy: [removeCa('ca')],
}

const signing = (key: string, what: string, fields: object, expected: Expected): Exchange[] => [
  makeCa(key),
  post(what, `${at(key)}/self-sign`, fields, 200, expected),
]

const validities: Scenario = {
  name: 'a certificate begins a day back, and its days are counted from now',
  exchanges: [
    ...signing('days', '365 days span 366', { duration: 365 }, spanning(366)),
    ...signing(
      'until',
      'notAfter goes before duration',
      { duration: 365, notAfter: '2047-05-30T10:01:23.000000Z' },
      { notAfter: '2047-05-30T10:01:23Z' },
    ),
    ...signing(
      'from',
      'a beginning is taken as given',
      {
        notBefore: '2024-01-01T00:00:00.000000Z',
        notAfter: '2034-01-01T00:00:00Z',
        duration: 365,
      },
      { notBefore: '2024-01-01T00:00:00Z', notAfter: '2034-01-01T00:00:00Z' },
    ),
    ...signing(
      'both',
      'and days are counted from it',
      { notBefore: '2024-01-01T00:00:00Z', duration: 3650 },
      spanning(3650),
    ),
    makeCa('ca'),
    ...(
      [
        ['neither duration nor notAfter', {}],
        ['a duration of 0', { duration: 0 }],
        ['a time that is none', { notAfter: 'tomorrow' }],
        ['an end before the beginning', { notAfter: '2001-01-01T00:00:00Z' }],
      ] as const
    ).map(([what, fields]) =>
      post(`refused: ${what}`, `${at('ca')}/self-sign`, fields, 400, wrongValue),
    ),
    get('the CA is still pending', at('ca'), 200, pendingCa),
  ],
  tidy: ['days', 'until', 'from', 'both', 'ca'].map(removeCa),
}

const installation: Scenario = {
  name: 'a CA is installed below another, and its chain is shown',
  exchanges: [
    makeCa('root'),
    selfSign('root'),
    makeCa('middle'),
    issue('middle-cert', 'root', { csr: '{{middle.csr}}', purpose: 'ca' }),
    post(
      'by name, the parent by id, as XSOAR spells it',
      `${CAS}/${named('middle')}/install`,
      { cert: '{{middle-cert.cert}}', parentId: '{{root}}' },
      200,
      allOf(activeCa, truthful, {
        id: '{{middle}}',
        cert: '{{middle-cert.cert}}',
        parent: '{{root.uri}}',
        issuer: `/CN=${named('root')}`,
        purpose: bothEnabled,
      }),
    ),
    makeCa('leaf'),
    issue('leaf-cert', 'middle', { csr: '{{leaf.csr}}', purpose: 'ca' }),
    post(
      'the parent by URI',
      `${at('leaf')}/install`,
      { cert: '{{leaf-cert.cert}}', parent_id: '{{middle.uri}}' },
      200,
      { parent: '{{middle.uri}}' },
    ),
    ...['true', 'True'].map((yes) =>
      get(`chained=${yes}`, `${at('leaf')}?chained=${yes}`, 200, { cert: chain(3) }),
    ),
    get('without it the certificate alone', at('leaf'), 200, { cert: certPem }),
    makeCa('other'),
    makeRequest('foreign'),
    issue('foreign', 'root', { purpose: 'ca' }),
    issue('other-cert', 'root', { csr: '{{other.csr}}' }),
    issue('other-ca', 'root', { csr: '{{other.csr}}', purpose: 'ca' }),
    ...(
      [
        ['the certificate of another key', { cert: '{{foreign.cert}}', parent_id: '{{root}}' }],
        ['one that is no CA', { cert: '{{other-cert.cert}}', parent_id: '{{root}}' }],
        ['one that the parent did not sign', { cert: '{{other-ca.cert}}', parent_id: '{{leaf}}' }],
        ['text', { cert: 'text', parent_id: '{{root}}' }],
        ['no certificate', { parent_id: '{{root}}' }],
        ['no parent', { cert: '{{other-ca.cert}}' }],
      ] as const
    ).map(([what, fields]) =>
      post(`refused: ${what}`, `${at('other')}/install`, fields, 400, wrongValue),
    ),
    post(
      'refused: an unknown parent',
      `${at('other')}/install`,
      { cert: '{{other-ca.cert}}', parent_id: NOBODY },
      404,
      notFound,
    ),
    assumed(
      post(
        'an active CA is not installed again',
        `${at('leaf')}/install`,
        { cert: '{{leaf-cert.cert}}', parent_id: '{{middle}}' },
        400,
        wrongState,
      ),
    ),
    del('the root goes before what is below it', at('root'), 204),
    get('the chain ends where it is known', `${at('leaf')}?chained=true`, 200, { cert: chain(2) }),
  ],
  tidy: ['root', 'middle', 'leaf', 'other'].map(removeCa),
}

const deletion: Scenario = {
  name: 'a CA is deleted together with what it issued',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    makeRequest('one'),
    issue('one', 'ca'),
    del('by name', `${CAS}/${named('ca')}`, 204),
    get('its certificates are gone', `${at('ca')}/certs`, 404, notFound),
    get('each of them', `${at('ca')}/certs/{{one}}`, 404, notFound),
    makeCa('again', { name: named('ca') }),
  ],
  tidy: [removeCa('again')],
}

const bySubject = (what: string, query: string, ...keys: readonly string[]): Exchange =>
  get(
    what,
    `${CAS}/?subject=/O=Listed {{run}}/CN=same&${query}`.replaceAll(' ', '%20'),
    200,
    only(...keys.map((key) => ({ id: `{{${key}}}` }))),
  )

const lists: Scenario = {
  name: 'local CAs are listed and filtered',
  exchanges: [
    ...['one', 'two'].map((key) => makeCa(key, { cn: 'same', names: [{ O: 'Listed {{run}}' }] })),
    selfSign('one'),
    bySubject('by subject, slashes and all', '', 'one', 'two'),
    get(
      'with plus signs for blanks',
      `${CAS}?subject=/O=Listed+{{run}}/CN=same`,
      200,
      only({ id: '{{one}}' }, { id: '{{two}}' }),
    ),
    bySubject('and state', 'state=active', 'one'),
    bySubject('the other state', 'state=pending', 'two'),
    assumed(bySubject('and a third', 'state=expired')),
    bySubject('and issuer', 'issuer=/O=Listed%20{{run}}/CN=same', 'one'),
    bySubject('and certificate', 'cert={{enc:one.cert}}', 'one'),
    bySubject('empty filters are none', 'issuer=&state=&cert=', 'one', 'two'),
    ours(bySubject('by serial number', 'serialNumber={{one.serial}}', 'one')),
    ours(bySubject('by name', `name=${named('two')}`, 'two')),
    ours(bySubject('by id', 'id={{two}}', 'two')),
    assumed(get('filters take whole values', `${CAS}?subject=/O=Listed*`, 200, noRows)),
    get('newest change first', `${CAS}/?skip=0&limit=50`, 200, list(ordered('updatedAt', 'down'))),
    patch('a change', at('two'), { allow_user_authentication: true }, 200),
    get('brings it to the front', `${CAS}/?limit=1`, 200, list([{ id: '{{two}}' }])),
    get('a page', `${CAS}/?skip=1&limit=1`, 200, list([{ id: '{{one}}' }])),
    get('an unknown parameter is ignored, and said', `${CAS}?cn=x&limit=2`, 200, {
      resources: [{ id: '{{two}}' }, { id: '{{one}}' }],
      messages: [/"cn"/],
    }),
    get(
      'the default CA is found by its exact subject',
      `${CAS}?subject=/C=US/ST=TX/L=Austin/O=Thales/CN=CipherTrust%20Root%20CA`,
      200,
      list(allOf(atLeast(1), containing(allOf(activeCa, truthful, { purpose: bothEnabled })))),
    ),
  ],
  tidy: ['one', 'two'].map(removeCa),
}

const expiry: Scenario = {
  name: 'a CA expires with its certificate',
  exchanges: [
    makeCa('ca'),
    selfSign('ca', { duration: 1 }),
    makeRequest('late'),
    get(
      'the day after tomorrow',
      at('ca'),
      200,
      { state: 'expired', cert: '{{ca.cert}}' },
      {
        laterBySeconds: 2 * 86_400,
      },
    ),
    get(
      'the list says so',
      `${CAS}?state=expired&name=${named('ca')}`,
      200,
      only({ id: '{{ca}}' }),
    ),
    get('and leaves it out', `${CAS}?state=active&name=${named('ca')}`, 200, noRows),
    assumed(
      post(
        'it issues nothing',
        `${at('ca')}/certs`,
        { csr: '{{late.csr}}', purpose: 'server', duration: 1 },
        400,
        wrongState,
      ),
    ),
  ],
  tidy: [removeCa('ca')],
}

export const localCas: readonly Scenario[] = [
  life,
  zero,
  keys,
  subjects,
  identifiers,
  purposes,
  validities,
  installation,
  deletion,
  lists,
  expiry,
]
