/**
 * Reference section 12 for every call that is not in requests.ts.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 401 without a token and with a bad one; 403 | rights |
 * | malformed JSON, a body that is no object, none where one is needed | bodies |
 * | collections take no PUT, PATCH or DELETE | bodies |
 */
import { type Exchange, get, post, type Scenario } from '../exchange.ts'
import {
  assumed,
  forbidden,
  makeUser,
  named,
  noRows,
  ours,
  removeUser,
  signIn,
  unauthorized,
} from '../identity/common.ts'
import {
  CAS,
  EXTERNAL,
  INTERFACES,
  issue,
  issuedCertificate,
  makeCa,
  makeRequest,
  removeCa,
  selfSign,
  TRUSTED,
} from './common.ts'

const CA = `${CAS}/{{ca}}`
const CERT = `${CA}/certs/{{host}}`
const WEB = `${INTERFACES}/web`

type Call = readonly [method: Exchange['method'], path: string, json?: unknown]

const CALLS: readonly Call[] = [
  ['PATCH', CA, { allow_user_authentication: false }],
  ['DELETE', CA],
  ['POST', `${CA}/install`, { cert: 'x', parent_id: 'x' }],
  ['GET', CERT],
  ['DELETE', CERT],
  ['POST', `${CERT}/revoke`, { reason: 'unspecified' }],
  ['POST', `${CERT}/resume`],
  ['PATCH', `${EXTERNAL}/{{ca}}`, { allow_user_authentication: false }],
  ['DELETE', `${EXTERNAL}/{{ca}}`],
  ['GET', TRUSTED],
  ['POST', TRUSTED, { ca_id: '{{ca}}', service: 'web' }],
  ['POST', '/trusted-cas-create-many/', [{ ca_id: '{{ca}}', service: 'web' }]],
  ['DELETE', `${TRUSTED}/{{ca}}`],
  ['GET', INTERFACES],
  ['POST', INTERFACES, { port: 59_006 }],
  ['GET', WEB],
  ['PATCH', WEB, { minimum_tls_version: 'tls_1_3' }],
  ['DELETE', WEB],
  ['POST', `${WEB}/disable`],
  ['PUT', `${WEB}/certificate`, { generate: true }],
  ['POST', `${WEB}/auto-gen-server-cert`],
  ['POST', `${WEB}/csr`, { cn: 'x' }],
  ['POST', `${WEB}/restore-default-tls-ciphers`],
]

const refused = (
  [method, path, json]: Call,
  who: string,
  status: number,
  body: Exchange['body'],
  rest: Partial<Exchange>,
): Exchange => ({
  name: `${who}: ${method} ${path}`,
  method,
  path,
  ...(json === undefined ? undefined : { json }),
  status,
  ...(body === undefined ? undefined : { body }),
  ...rest,
})

const rights: Scenario = {
  name: 'who is not signed in, or not allowed to, changes nothing of CAs and interfaces',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    makeRequest('host'),
    issue('host', 'ca'),
    get('the web interface', WEB, 200, {}, { keep: { before: 'updatedAt' } }),
    makeUser('jo'),
    signIn('jo'),
    ...CALLS.flatMap((call) => [
      refused(call, 'without a token', 401, unauthorized, { as: 'none' }),
      refused(call, 'with a token that is none', 401, unauthorized, {
        as: 'none',
        headers: { Authorization: 'Bearer e30.e30.e30' },
      }),
      ours(refused(call, 'without the right', 403, forbidden, { as: 'jo' })),
    ]),
    get('the CA is as it was', CA, 200, { cert: '{{ca.cert}}', state: 'active' }),
    get('so is its certificate', CERT, 200, issuedCertificate),
    get('and the interface', WEB, 200, { updatedAt: '{{before}}' }),
  ],
  tidy: [removeCa('ca'), removeUser('jo')],
}

const BODIES = [CAS, `${CA}/self-sign`, `${CA}/certs`, EXTERNAL, '/ca/csr', TRUSTED, INTERFACES]
const invalid = { codeDesc: /^NCERR(BadRequest|InvalidParamValue): ./ }

const bodies: Scenario = {
  name: 'bodies that cannot be read make nothing',
  exchanges: [
    makeCa('ca', { names: [{ O: 'Unread {{run}}' }] }),
    ...BODIES.flatMap((path) => [
      post(
        `broken off, to ${path}`,
        path,
        undefined,
        400,
        { code: 15, codeDesc: /^NCERRBadRequest: ./ },
        {
          text: '{"cn":"x","name',
        },
      ),
      assumed(post(`a text, to ${path}`, path, 'text', 400, invalid)),
      assumed(post(`a list, to ${path}`, path, [{ cn: 'x' }], 400, invalid)),
      assumed(post(`nothing, to ${path}`, path, undefined, 400, invalid)),
    ]),
    get('the CA is still pending', CA, 200, { state: 'pending' }),
    get('and has issued nothing', `${CA}/certs`, 200, noRows),
    get('none is called so', `${CAS}?name=${named('x')}`, 200, noRows),
    ...[CAS, EXTERNAL, `${CA}/certs`].flatMap((path) =>
      (['PUT', 'PATCH', 'DELETE'] as const).map((method) =>
        assumed(refused([method, path], 'all of them', 405, { codeDesc: /^NCERR/ }, {})),
      ),
    ),
  ],
  tidy: [removeCa('ca')],
}

export const errors: readonly Scenario[] = [rights, bodies]
