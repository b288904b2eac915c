/**
 * Reference sections 5.5, 5.6, 6 and 7 where several resources meet.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 5.5 parent_id of an external CA, by id and URI; several certificates in `cert` | installation |
 * | 5.2 chained over an external CA; 7 `parent` | installation |
 * | 6.1 signature of the request, its alternative names, line ends; the CA by name and URI | issuing |
 * | 6.1 purposes and reasons are case-sensitive | issuing |
 * | 6.2, 6.3 by URI; 3.2 `expired` | life |
 * | 6.2 certificates of interfaces are in the list of their CA | life |
 */
import { del, get, post, type Scenario } from '../exchange.ts'
import { absent, allOf } from '../expect.ts'
import { assumed, named, noRows, notFound, only, ours } from '../identity/common.ts'
import {
  aboutNow,
  activeCa,
  alsoNamed,
  bothEnabled,
  CAS,
  chain,
  EXTERNAL,
  goodFor,
  INTERFACES,
  issue,
  issuedCertificate,
  makeCa,
  makeRequest,
  NO_TIME,
  removeCa,
  removeExternal,
  selfSign,
  truthful,
  wrongValue,
} from './common.ts'
import { altered } from './uploaded.ts'

const at = (key: string): string => `${CAS}/{{${key}}}`

const installation: Scenario = {
  name: 'a CA is installed below an external one',
  exchanges: [
    makeCa('root'),
    selfSign('root'),
    post(
      'the root as others see it',
      EXTERNAL,
      { cert: '{{root.cert}}', name: named('outside') },
      201,
      {},
      { keep: { outside: 'id', 'outside.uri': 'uri' } },
    ),
    ...(['outside', 'outside.uri'] as const).flatMap((parent, index) => [
      makeCa(`below${index}`),
      issue(`cert${index}`, 'root', { csr: `{{below${index}.csr}}`, purpose: 'ca' }),
      post(
        `by ${parent}`,
        `${CAS}/{{below${index}.uri}}/install`,
        { cert: `{{cert${index}.cert}}`, parent_id: `{{${parent}}}` },
        200,
        allOf(activeCa, truthful, {
          id: `{{below${index}}}`,
          parent: '{{outside.uri}}',
          issuer: `/CN=${named('root')}`,
          purpose: bothEnabled,
        }),
      ),
    ]),
    assumed(
      get('the chain goes on there', `${at('below0')}?chained=true`, 200, { cert: chain(2) }),
    ),
    makeCa('last'),
    issue('last-cert', 'below0', { csr: '{{last.csr}}', purpose: 'ca' }),
    post(
      'a chain to install: the first certificate counts',
      `${at('last')}/install`,
      { cert: '{{last-cert.cert}}{{cert0.cert}}{{root.cert}}', parent_id: '{{below0}}' },
      200,
      allOf(activeCa, truthful, { cert: '{{last-cert.cert}}', parent: '{{below0.uri}}' }),
    ),
    assumed(get('up to the root', `${at('last')}?chained=true`, 200, { cert: chain(3) })),
    makeCa('wrong'),
    issue('wrong-cert', 'root', { csr: '{{wrong.csr}}', purpose: 'ca' }),
    post(
      'a chain in the wrong order is refused',
      `${at('wrong')}/install`,
      { cert: '{{root.cert}}{{wrong-cert.cert}}', parent_id: '{{root}}' },
      400,
      wrongValue,
    ),
    get('and nothing was installed', at('wrong'), 200, { state: 'pending', cert: absent }),
    del('the external CA goes first', `${EXTERNAL}/{{outside}}`, 204),
    get('what is below it stays', at('below1'), 200, { state: 'active' }),
  ],
  tidy: [...['root', 'below0', 'below1', 'last', 'wrong'].map(removeCa), removeExternal('outside')],
}

const ALTERNATIVES = {
  dnsNames: ['*.example.com'],
  emailAddresses: ['a@example.com'],
  ipAddresses: ['10.0.0.1'],
}

const issuing: Scenario = {
  name: 'a certificate takes its names from the request',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    makeRequest('host', { ...ALTERNATIVES, names: [{ OU: 'B' }, { OU: 'A' }, { C: 'US' }] }),
    ...(['server', 'client'] as const).map((purpose) =>
      issue(
        'host',
        'ca',
        { purpose },
        allOf(
          goodFor(purpose),
          alsoNamed('DNS:*.example.com', 'email:a@example.com', 'IP Address:10.0.0.1'),
          { subject: `/C=US/OU=A/OU=B/CN=${named('host')}` },
        ),
      ),
    ),
    ...[named('ca'), '{{ca.uri}}', '{{enc:ca.uri}}'].map((reference) =>
      post(
        `from ${reference}`,
        `${CAS}/${reference}/certs`,
        { csr: '{{host.csr}}', purpose: 'server', duration: 1 },
        [200, 201],
        allOf(issuedCertificate, truthful, { ca: '{{ca.uri}}', issuer: `/CN=${named('ca')}` }),
      ),
    ),
    ...(
      [
        ['a request whose signature does not hold', { csr: altered }],
        ['a purpose in capitals', { purpose: 'SERVER' }],
        ['two purposes', { purpose: ['server', 'client'] }],
        ['days that are no number', { duration: '30' }],
        ['days before now', { duration: -1 }],
        ['an end before the beginning', { notAfter: '2001-01-01T00:00:00Z' }],
      ] as const
    ).map(([what, fields]) =>
      post(
        `refused: ${what}`,
        `${at('ca')}/certs`,
        { csr: '{{host.csr}}', purpose: 'server', duration: 1, ...fields },
        400,
        wrongValue,
      ),
    ),
  ],
  tidy: [removeCa('ca')],
}

const life: Scenario = {
  name: 'a certificate is called by its URI, and ends',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    makeRequest('host'),
    issue('host', 'ca', { duration: 1 }),
    issue('other', 'ca', { csr: '{{host.csr}}' }),
    post(
      'held by URI',
      `${CAS}/{{ca.uri}}/certs/{{host.uri}}/revoke`,
      { reason: 'certificateHold' },
      200,
      { id: '{{host}}', state: 'revoked', revoked_at: aboutNow(0) },
    ),
    post('resumed by URI', `${CAS}/{{ca.uri}}/certs/{{enc:host.uri}}/resume`, undefined, 200, {
      id: '{{host}}',
      state: 'active',
      revoked_at: NO_TIME,
      revoked_reason: absent,
    }),
    ...['keycompromise', 'KEYCOMPROMISE', 'certificate_hold', 1, '', null].map((reason) =>
      assumed(
        post(
          `refused: the reason ${JSON.stringify(reason)}`,
          `${at('ca')}/certs/{{host}}/revoke`,
          { reason },
          400,
          wrongValue,
        ),
      ),
    ),
    get('it is as it was', `${at('ca')}/certs/{{host}}`, 200, issuedCertificate),
    get('the URI of its CA is none of its own', `${at('ca')}/certs/{{ca.uri}}`, 404, notFound),
    get(
      'two days later it has expired',
      `${at('ca')}/certs/{{host}}`,
      200,
      { state: 'expired', revoked_at: NO_TIME },
      {
        laterBySeconds: 2 * 86_400,
      },
    ),
    ours(get('and is listed so', `${at('ca')}/certs?state=expired`, 200, only({ id: '{{host}}' }))),
    ours(
      get(
        'the others are active',
        `${at('ca')}/certs?state=active`,
        200,
        only({ id: '{{other}}' }),
      ),
    ),
    del('deleted by URI', `${at('ca')}/certs/{{host.uri}}`, 204),
    ours(get('and gone', `${at('ca')}/certs?state=expired`, 200, noRows)),
  ],
  tidy: [removeCa('ca')],
}

const ofInterfaces: Scenario = {
  name: 'the certificate of an interface is listed with the CA that made it',
  fresh: true,
  exchanges: [
    get(
      'the CA of the web interface',
      `${INTERFACES}/web`,
      200,
      {},
      {
        keep: { ca: 'auto_gen_ca_id' },
      },
    ),
    get(
      'its certificate',
      `${INTERFACES}/web/certificate`,
      200,
      {},
      {
        keep: { chain: 'certificates' },
      },
    ),
    get(
      'is in the list of the CA',
      `${CAS}/{{ca}}/certs?cert={{enc:chain}}`,
      200,
      only(
        allOf(issuedCertificate, truthful, goodFor('server'), {
          ca: '{{ca}}',
          name: /^cert-[0-9a-f-]{36}$/,
        }),
      ),
    ),
  ],
}

export const hierarchies: readonly Scenario[] = [installation, issuing, life, ofInterfaces]
