/**
 * Reference section 8, registration of clients.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 8.1 methods, request fields, defaults | a token's life; as Go writes them |
 * | lifetime | lifetimes |
 * | max_clients, 0 | a client's life; as Go writes them |
 * | name_prefix | names |
 * | cert_duration | a client's life |
 * | client_management_profile_id, ca_id | what signs |
 * | label, labels | a token's life |
 * | response, both spellings in lists | a token's life |
 * | the token taken for the id | a token's life |
 * | 8.2 methods, fields | profiles |
 * | 8.3 list filters | clients are found |
 * | register: csr, cert, a key made here; subject fields; metadata | a client's life; what signs; keys |
 * | no bearer | every registration; with one: keys |
 * | get, delete, renew, revoke | a client's life |
 * | state | a client's life |
 * | self/client/renew | sessions.ts, what is not built yet |
 * | webcert-fingerprint | certificates/interfaces.ts |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import {
  CAS,
  certPem,
  csrPem,
  goodFor,
  makeCa,
  pem,
  removeCa,
  selfSign,
  serial,
} from '../certificates/common.ts'
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  allOf,
  anyOf,
  atLeast,
  type Expected,
  each,
  integer,
  isObject,
  not,
  Rule,
  someText,
  text,
  time,
  uuid,
} from '../expect.ts'
import {
  assumed,
  conflict,
  forbidden,
  list,
  makeUser,
  named,
  noRows,
  notFound,
  only,
  ours,
  refusedValue,
  removeUser,
  signIn,
  unauthorized,
} from './common.ts'

const TOKENS = '/client-management/regtokens'
const PROFILES = '/client-management/profiles'
const CLIENTS = '/client-management/clients'
const NOBODY = '0b6f1f0e-0000-4000-8000-000000000000'
const none = { as: 'none' } as const

const head = {
  id: uuid,
  uri: /^kylo:kylo:/,
  account: 'kylo:kylo:admin:accounts:kylo',
  application: 'ncryptify:gemalto:admin:apps:kylo',
  devAccount: 'ncryptify:gemalto:admin:accounts:gemalto',
  createdAt: time,
  updatedAt: time,
}
const aToken = {
  ...head,
  token: /^[A-Za-z0-9]{64}$/,
  max_clients: integer,
  clients_registered: integer,
  cert_duration: integer,
}
const aProfile = { ...head, name: someText }
const client = {
  ...head,
  name: someText,
  client_id: uuid,
  client_type: anyOf('public', 'confidential'),
  state: anyOf('registered', 'expired', 'revoked'),
  cert: certPem,
  serialNumber: serial,
  sha256_fingerprint: /^[0-9A-F]{64}$/,
}
/** A key is answered once, if ever. */
const shown = { ...client, key: absent }
const made = {
  ...client,
  client_ca: /^(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n)+$/,
}

/** The certificate has these parts in its subject. */
const naming = (...parts: readonly RegExp[]): Rule =>
  new Rule('certain parts of a subject', (value, at) => {
    const subject = isObject(value) ? String(value['subject']) : ''
    return parts
      .filter((part) => !part.test(subject))
      .map((part) => `${at}: no ${part} in ${subject}`)
  })

type Fields = Readonly<Record<string, unknown>>

/** A token whose id and text are kept under the key. */
const makeToken = (key: string, fields: Fields = {}, body: Expected = aToken): Exchange =>
  post(`a token ${key} is made`, `${TOKENS}/`, fields, 201, body, {
    keep: { [key]: 'id', [`${key}.token`]: 'token' },
  })

const removeToken = (key: string): Exchange =>
  del(`the token ${key} is taken away`, `${TOKENS}/{{${key}}}`, [204, 404])
const removeProfile = (key: string): Exchange =>
  del(`the profile ${key} is taken away`, `${PROFILES}/{{${key}}}`, [204, 404])
const removeClient = (key: string): Exchange =>
  del(`the client ${key} is taken away`, `${CLIENTS}/{{${key}}}`, [204, 404])

/** A client of this token; its id is kept under its own key. */
const register = (
  name: string,
  key: string,
  token: string,
  fields: Fields = {},
  body: Expected = made,
): Exchange =>
  post(name, `${CLIENTS}/`, { reg_token: `{{${token}.token}}`, ...fields }, [200, 201], body, {
    ...none,
    keep: {
      [key]: 'id',
      [`${key}.serial`]: 'serialNumber',
      [`${key}.print`]: 'sha256_fingerprint',
      [`${key}.profile`]: 'client_management_profile_id',
    },
  })

const makeRequest = (key: string): Exchange =>
  post(
    `a request ${key} is made`,
    '/ca/csr',
    { cn: named(key) },
    [200, 201],
    { csr: csrPem },
    {
      keep: { [`${key}.csr`]: 'csr' },
    },
  )

/** As Terraform's provider writes a resource in which nothing is set. */
const goZero = {
  id: '',
  token: '',
  ca_id: '',
  cert_duration: 0,
  client_management_profile_id: '',
  label: null,
  labels: null,
  lifetime: '',
  max_clients: 0,
  name_prefix: '',
}

const tokenLife: Scenario = {
  name: 'a registration token is made, read, changed and deleted',
  exchanges: [
    post('without a body', `${TOKENS}/`, undefined, 201, aToken, { keep: { bare: 'id' } }),
    makeToken(
      't',
      {
        name_prefix: named('t'),
        max_clients: 5,
        cert_duration: 730,
        lifetime: '',
        label: { KmipClientProfile: 'p' },
        labels: { team: 'a' },
      },
      {
        ...aToken,
        name_prefix: named('t'),
        max_clients: 5,
        clients_registered: 0,
        cert_duration: 730,
        valid_until: anyOf(absent, ''),
        labels: { team: 'a' },
      },
    ),
    get('it is read', `${TOKENS}/{{t}}`, 200, { ...aToken, id: '{{t}}', token: '{{t.token}}' }),
    get('with a slash', `${TOKENS}/{{t}}/`, 200, {
      id: '{{t}}',
      label: { KmipClientProfile: 'p' },
    }),
    get(
      'listed in both spellings',
      `${TOKENS}/?id={{t}}&skip=0&limit=10`,
      200,
      only({
        ...aToken,
        id: '{{t}}',
        token: '{{t.token}}',
        created_at: time,
        updated_at: time,
        dev_account: someText,
      }),
    ),
    get('found by its text', `${TOKENS}/?token={{t.token}}`, 200, only({ id: '{{t}}' })),
    get(
      'found by a label',
      `${TOKENS}/?labels=team%3Da&name_prefix=${named('t')}`,
      200,
      only({ id: '{{t}}' }),
    ),
    get('not found by another', `${TOKENS}/?labels=team%3Db`, 200, noRows),
    patch('more clients', `${TOKENS}/{{t}}`, { max_clients: 6 }, 200, {
      id: '{{t}}',
      token: '{{t.token}}',
      max_clients: 6,
      labels: { team: 'a' },
    }),
    ours(
      patch(
        'by the token, which one client takes for the id',
        `${TOKENS}/{{t.token}}`,
        { cert_duration: 30 },
        200,
        {
          id: '{{t}}',
          cert_duration: 30,
        },
      ),
    ),
    del('a collection is not deleted', TOKENS, 405),
    del('it is deleted', `${TOKENS}/{{t}}`, 204),
    get('and gone', `${TOKENS}/{{t}}`, 404, notFound),
    del('twice is once too many', `${TOKENS}/{{t}}`, 404, notFound),
  ],
  tidy: [removeToken('bare'), removeToken('t')],
}

const zeros: Scenario = {
  name: 'zero and empty members of a registration token are members that were not set',
  exchanges: [
    makeToken('z', goZero, { ...aToken, max_clients: 0, ca_id: anyOf(absent, '') }),
    patch('and change nothing', `${TOKENS}/{{z}}`, goZero, 200, {
      id: '{{z}}',
      token: '{{z.token}}',
    }),
    register('without a limit', 'one', 'z'),
    register('more come', 'two', 'z'),
    get('they are counted', `${TOKENS}/{{z}}`, 200, { clients_registered: 2, max_clients: 0 }),
  ],
  tidy: [removeClient('one'), removeClient('two'), removeToken('z')],
}

const lifetimes: Scenario = {
  name: 'a registration token lives as long as it is told',
  exchanges: [
    makeToken('l', { lifetime: '10m' }, { ...aToken, valid_until: time }),
    register('while it lives', 'one', 'l'),
    patch('longer', `${TOKENS}/{{l}}`, { lifetime: '2h' }, 200, { valid_until: time }),
    ...['3d', '3600s'].map((lifetime) =>
      patch(`for ${lifetime}`, `${TOKENS}/{{l}}`, { lifetime }, 200, { valid_until: time }),
    ),
    patch('for ever', `${TOKENS}/{{l}}`, { lifetime: '' }, 200, { valid_until: anyOf(absent, '') }),
    ...['x', '10', '-1m', '1w', '0d'].map((lifetime) =>
      assumed(post(`not for ${lifetime}`, TOKENS, { lifetime }, 400, refusedValue)),
    ),
    patch('ten minutes again', `${TOKENS}/{{l}}`, { lifetime: '10m' }, 200, { valid_until: time }),
    post('later it is over', CLIENTS, { reg_token: '{{l.token}}' }, 401, unauthorized, {
      ...none,
      laterBySeconds: 660,
    }),
  ],
  tidy: [removeClient('one'), removeToken('l')],
}

const profiles: Scenario = {
  name: 'a client profile is made, read, changed and deleted',
  exchanges: [
    post(
      'with everything',
      PROFILES,
      {
        name: named('p'),
        ca_id: '',
        cert_duration: 30,
        csr_parameters: { csr_country: 'US', csr_org_name: 'Org' },
        groups: ['Key Users'],
      },
      201,
      {
        ...aProfile,
        name: named('p'),
        cert_duration: 30,
        csr_parameters: { csr_country: 'US', csr_org_name: 'Org' },
        groups: ['Key Users'],
      },
      { keep: { p: 'id' } },
    ),
    post('with a name alone', `${PROFILES}/`, { name: named('q') }, 201, aProfile, {
      keep: { q: 'id' },
    }),
    post('the name is taken', PROFILES, { name: named('p') }, 409, conflict),
    assumed(post('there is no profile without a name', PROFILES, {}, 400, refusedValue)),
    get('it is read', `${PROFILES}/{{p}}`, 200, { ...aProfile, id: '{{p}}' }),
    get('listed', `${PROFILES}/?name=${named('p')}&skip=0&limit=10`, 200, only({ id: '{{p}}' })),
    patch(
      'changed',
      `${PROFILES}/{{p}}`,
      { name: named('p2'), cert_duration: 60, groups: null },
      200,
      {
        id: '{{p}}',
        name: named('p2'),
        cert_duration: 60,
        groups: ['Key Users'],
      },
    ),
    assumed(
      post('an unknown CA', PROFILES, { name: named('r'), ca_id: NOBODY }, 400, refusedValue),
    ),
    assumed(
      post(
        'an unknown group',
        PROFILES,
        { name: named('r'), groups: [named('r')] },
        400,
        refusedValue,
      ),
    ),
    makeToken(
      't',
      { client_management_profile_id: '{{p}}' },
      { client_management_profile_id: '{{p}}', token: text },
    ),
    ours(del('it is in use', `${PROFILES}/{{p}}`, 409, conflict)),
    del('the token goes', `${TOKENS}/{{t}}`, 204),
    del('it is deleted', `${PROFILES}/{{p}}`, 204),
    get('and gone', `${PROFILES}/{{p}}`, 404, notFound),
  ],
  tidy: [removeToken('t'), removeProfile('p'), removeProfile('q')],
}

const clientLife: Scenario = {
  name: 'a client registers, is read, renewed, revoked and deleted',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    makeToken('t', {
      ca_id: '{{ca.uri}}',
      max_clients: 1,
      cert_duration: 40,
      name_prefix: named('web'),
    }),
    makeRequest('csr'),
    register(
      'with a request',
      'c',
      't',
      { csr: '{{csr.csr}}', name: '', client_metadata: { os: 'linux' }, client_type: 'public' },
      allOf(made, goodFor('client'), {
        name: `${named('web')}1`,
        state: 'registered',
        client_type: 'public',
        client_metadata: { os: 'linux' },
      }),
    ),
    post('the token is used up', CLIENTS, { reg_token: '{{t.token}}' }, 401, unauthorized, none),
    get('it counts', `${TOKENS}/{{t}}`, 200, { clients_registered: 1 }),
    get('it is read', `${CLIENTS}/{{c}}`, 200, { ...shown, id: '{{c}}', client_id: '{{c}}' }),
    get(
      'its certificate is the CA’s',
      `${CAS}/{{ca}}/certs?serialNumber={{c.serial}}`,
      200,
      only({ state: 'active' }),
    ),
    ours(del('the CA is in use', `${CAS}/{{ca}}`, 409, conflict)),
    post(
      'renewed',
      `${CLIENTS}/{{c}}/renew`,
      {},
      [200, 201],
      { ...made, id: '{{c}}', serialNumber: not('{{c.serial}}') },
      {
        keep: { 'c.next': 'serialNumber' },
      },
    ),
    ours(
      get(
        'the one before is over',
        `${CAS}/{{ca}}/certs?serialNumber={{c.serial}}`,
        200,
        only({ state: 'revoked', revoked_reason: 'superseded' }),
      ),
    ),
    assumed(
      patch(
        'no reason of RFC 5280',
        `${CLIENTS}/{{c}}/revoke`,
        { reason: 'odd' },
        400,
        refusedValue,
      ),
    ),
    patch('revoked', `${CLIENTS}/{{c}}/revoke`, { reason: 'keyCompromise' }, 200, {
      ...shown,
      state: 'revoked',
    }),
    get(
      'the certificate ends',
      `${CAS}/{{ca}}/certs?serialNumber={{c.next}}`,
      200,
      only({ state: 'revoked', revoked_reason: 'keyCompromise' }),
    ),
    ours(post('and is not renewed', `${CLIENTS}/{{c}}/renew`, {}, 400, refusedValue)),
    del('deleted', `${CLIENTS}/{{c}}`, 204),
    get('gone', `${CLIENTS}/{{c}}`, 404, notFound),
    del('the token goes', `${TOKENS}/{{t}}`, 204),
    del('and the CA is free', `${CAS}/{{ca}}`, 204),
  ],
  tidy: [removeClient('c'), removeToken('t'), removeCa('ca')],
}

const keys: Scenario = {
  name: 'a client that brings no key gets one, once',
  exchanges: [
    makeToken('t'),
    register(
      'with everything about it',
      'c',
      't',
      {
        cn: 'host',
        dns: ['host.example.com'],
        email: 'ops@example.com',
        ips: ['10.0.0.1'],
        names: [{ C: 'US', O: 'Org' }],
        alg: 'RSA',
        size: 2048,
        password: 'a password for it',
        enc_alg: 'AES256',
        subject_dn_field_to_modify: 'UID',
      },
      allOf(
        { ...made, key: pemOfEncrypted() },
        naming(/^\/C=US\/O=Org\/CN=host\/UID=[0-9a-f-]{36}$/),
      ),
    ),
    get('it is kept nowhere', `${CLIENTS}/{{c}}`, 200, shown),
    post(
      'somebody who is signed in registers one as well',
      `${CLIENTS}/`,
      {
        reg_token: '{{t.token}}',
        do_not_modify_subject_dn: true,
        cn: 'plain',
        csr: '',
        password: '',
      },
      [200, 201],
      allOf({ ...made, key: pem('EC PRIVATE KEY') }, naming(/^\/CN=plain$/)),
      { keep: { d: 'id' } },
    ),
    assumed(
      post(
        'a request and a certificate',
        CLIENTS,
        { reg_token: '{{t.token}}', csr: 'x', cert: 'x' },
        400,
        refusedValue,
        none,
      ),
    ),
    assumed(
      post(
        'a request that is none',
        CLIENTS,
        { reg_token: '{{t.token}}', csr: 'x' },
        400,
        refusedValue,
        none,
      ),
    ),
    assumed(
      post(
        'an odd type',
        CLIENTS,
        { reg_token: '{{t.token}}', client_type: 'odd' },
        400,
        refusedValue,
        none,
      ),
    ),
    assumed(post('no token', CLIENTS, { name: 'x' }, 400, refusedValue, none)),
    post('an unknown token', CLIENTS, { reg_token: NOBODY }, 401, unauthorized, none),
  ],
  tidy: [removeClient('c'), removeClient('d'), removeToken('t')],
}

function pemOfEncrypted(): RegExp {
  return /^-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,/
}

const signing: Scenario = {
  name: 'profile and token say who signs for clients, and what stands in their certificates',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    post(
      'a profile',
      PROFILES,
      {
        name: named('p'),
        ca_id: '{{ca}}',
        cert_duration: 9,
        csr_parameters: { csr_org_unit: 'unit' },
        groups: ['Key Users'],
      },
      201,
      aProfile,
      { keep: { p: 'id' } },
    ),
    makeToken('t', { client_management_profile_id: '{{p}}' }),
    register(
      'its client',
      'c',
      't',
      { name: named('c') },
      allOf(
        { ...made, name: named('c'), issuer: `/CN=${named('ca')}`, groups: ['Key Users'] },
        naming(/\/OU=unit/, /\/OU=[0-9a-f-]{36}/, /\/CN=/),
      ),
    ),
    assumed(
      post(
        'a name is there once',
        CLIENTS,
        { reg_token: '{{t.token}}', name: named('c') },
        409,
        conflict,
        none,
      ),
    ),
    assumed(
      post(
        'a token of an unknown profile',
        TOKENS,
        { client_management_profile_id: NOBODY },
        400,
        refusedValue,
      ),
    ),
    assumed(post('a token of an unknown CA', TOKENS, { ca_id: NOBODY }, 400, refusedValue)),
  ],
  tidy: [removeClient('c'), removeToken('t'), removeProfile('p'), removeCa('ca')],
}

const found: Scenario = {
  name: 'clients are found by what a filter says',
  exchanges: [
    makeToken('t', { name_prefix: named('f') }),
    register('one', 'one', 't', { client_metadata: { os: 'linux' } }),
    register('two', 'two', 't'),
    ...(
      [
        ['name', `${named('f')}1`],
        ['client_id', '{{one}}'],
        ['sha256_fingerprint', '{{one.print}}'],
        ['client_metadata', 'os%3Dlinux'],
      ] as const
    ).map(([filter, value]) =>
      get(
        `by ${filter}`,
        `${CLIENTS}/?name=${named('f')}*&${filter}=${value}&skip=0&limit=10`.replace(
          /name=[^&]*&name=/,
          'name=',
        ),
        200,
        only({ ...shown, id: '{{one}}' }),
      ),
    ),
    get(
      'by profile',
      `${CLIENTS}/?name=${named('f')}*&client_mgmt_profile_id={{one.profile}}`,
      200,
      list(atLeast(2), 2),
    ),
    get(
      'by state',
      `${CLIENTS}/?name=${named('f')}*&state=registered`,
      200,
      list(each({ state: 'registered' }), 2),
    ),
    get('none is revoked', `${CLIENTS}/?name=${named('f')}*&state=revoked`, 200, noRows),
    get('one at a time', `${CLIENTS}?name=${named('f')}*&skip=1&limit=1`, 200, {
      skip: 1,
      limit: 1,
      total: 2,
    }),
    get('nobody', `${CLIENTS}/${NOBODY}`, 404, notFound),
  ],
  tidy: [removeClient('one'), removeClient('two'), removeToken('t')],
}

const who: Scenario = {
  name: 'only those who manage clients see their tokens',
  exchanges: [
    makeUser('jo'),
    signIn('jo'),
    ...[TOKENS, PROFILES, CLIENTS].flatMap((path) => [
      get(`${path} by nobody`, path, 401, unauthorized, none),
      get(`${path} by anybody`, path, 403, forbidden, { as: 'jo' }),
    ]),
    post('a token by anybody', TOKENS, {}, 403, forbidden, { as: 'jo' }),
    post(
      'who manages clients',
      '/usermgmt/groups/Client%20Admins/users/{{enc:jo}}',
      undefined,
      200,
      { name: 'Client Admins' },
    ),
    signIn('jo'),
    get('sees them', TOKENS, 200, list(each(aToken)), { as: 'jo' }),
    ours(
      post(
        'and makes nobody more than he is',
        PROFILES,
        { name: named('up'), groups: ['admin'] },
        403,
        forbidden,
        { as: 'jo' },
      ),
    ),
  ].map(assumed),
  tidy: [removeUser('jo')],
}

export const clients: readonly Scenario[] = [
  tokenLife,
  zeros,
  lifetimes,
  profiles,
  clientLife,
  keys,
  signing,
  found,
  who,
]
