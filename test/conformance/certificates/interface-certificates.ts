/**
 * Reference sections 9.1, 9.2 and 9.4: the certificate of the web interface.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 9.1 PUT certificate: order, key in between, password, what is no archive; csr; use-certificate | given |
 * | 9.2 attributes, uid, auto_gen_ca_id, days ahead; 9.4 the certificate; 11 its CA | own certificate |
 */
import { X509Certificate } from 'node:crypto'
import { del, type Exchange, get, patch, post, put, type Scenario } from '../exchange.ts'
import { absent, allOf, containing, integer, not, Rule, someText } from '../expect.ts'
import { anError, assumed, notFound, ours } from '../identity/common.ts'
import {
  CAS,
  chain,
  csrPem,
  goodFor,
  INTERFACES,
  issue,
  makeCa,
  removeCa,
  selfSign,
  spanning,
  truthful,
  wrongValue,
} from './common.ts'

const WEB = `${INTERFACES}/web`

const RENEWAL = `${WEB}/renewal-certificate`
const waits = (what: string, body: object): Exchange[] => [
  put(what, RENEWAL, body, 200, { certificates: chain(2) }, { silentAbout: ['PRIVATE KEY'] }),
  get(
    'it is shown without its key',
    RENEWAL,
    200,
    { certificates: '{{host.cert}}{{ca.cert}}' },
    {
      silentAbout: ['PRIVATE KEY'],
    },
  ),
]

const given: Scenario = {
  name: 'a certificate is put in place with its issuers and its key in one text',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    post(
      'a key pair',
      '/ca/csr',
      { cn: 'web.example.com', dnsNames: ['web.example.com'] },
      [200, 201],
      {},
      { keep: { 'host.csr': 'csr', key: 'key' } },
    ),
    post(
      'the same key, closed',
      '/ca/csr',
      { cn: 'web.example.com', privateKeyBytes: '{{key}}', password: 'open it' },
      [200, 201],
      {},
      { keep: { closed: 'key' } },
    ),
    issue('host', 'ca'),
    issue('person', 'ca', { csr: '{{host.csr}}', purpose: 'client' }),
    ...waits('the key in between', {
      certificate: '{{host.cert}}{{key}}{{ca.cert}}',
      format: 'PEM',
    }),
    ...waits('the key at the end, and no format', {
      certificate: '{{host.cert}}{{ca.cert}}{{key}}',
      format: '',
      password: '',
      generate: false,
    }),
    ...waits('a key with a password', {
      certificate: '{{closed}}{{host.cert}}{{ca.cert}}',
      format: 'PEM',
      password: 'open it',
    }),
    ...(
      [
        ['the root first', { certificate: '{{ca.cert}}{{host.cert}}{{key}}' }],
        ['no key', { certificate: '{{ca.cert}}' }],
        ['a key that is closed', { certificate: '{{host.cert}}{{closed}}' }],
        ['the key of another', { certificate: '{{ca.cert}}{{key}}' }],
        ['a certificate for persons', { certificate: '{{person.cert}}{{ca.cert}}{{key}}' }],
        ['an archive that is none', { certificate: 'AAAA', format: 'PKCS12', password: 'x' }],
        ['PEM called an archive', { certificate: '{{host.cert}}{{key}}', format: 'PKCS12' }],
        ['an unknown format', { certificate: '{{host.cert}}{{key}}', format: 'DER' }],
      ] as const
    ).map(([what, body]) =>
      put(`refused: ${what}`, RENEWAL, body, 400, wrongValue, {
        silentAbout: ['PRIVATE KEY', 'open it'],
      }),
    ),
    get('the last good one waits', RENEWAL, 200, { certificates: '{{host.cert}}{{ca.cert}}' }),
    del('it is given up', `${RENEWAL}/`, 204),
    assumed(del('twice is once too many', RENEWAL, 404, notFound)),
    assumed(post('nothing waits to be applied', `${RENEWAL}/apply`, undefined, 404, notFound)),
    post(
      'a request with all names',
      `${WEB}/csr`,
      {
        cn: 'web.example.com',
        dns_names: ['web.example.com'],
        email_addresses: ['a@example.com'],
        ip_addresses: ['10.0.0.1'],
        names: [{ C: 'US', O: 'Org', OU: '' }],
      },
      200,
      { csr: csrPem, key: absent },
      { keep: { csr: 'csr' }, silentAbout: ['PRIVATE KEY'] },
    ),
    get('it is kept', `${WEB}/csr`, 200, { csr: '{{csr}}' }),
    assumed(post('refused: no common name', `${WEB}/csr`, { dns_names: ['x'] }, 400, wrongValue)),
    post('its own certificate', `${WEB}/use-certificate`, { copy_from: 'web' }, 200, {
      certificates: someText,
    }),
    assumed(
      post('that of nobody', `${WEB}/use-certificate`, { copy_from: 'nobody' }, 404, notFound),
    ),
    assumed(post('that of none', `${WEB}/use-certificate`, {}, 400, wrongValue)),
  ],
  tidy: [removeCa('ca')],
}

/** The first certificate of a chain is for servers and spans so many days; each is signed by the next. */
const served = (days: number): Rule =>
  new Rule('a chain with the server first', (value, at, match) => {
    const [cert = ''] = /-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/.exec(String(value)) ?? []
    const { validFrom: notBefore, validTo: notAfter } = new X509Certificate(cert)
    const leaf = { cert, notBefore, notAfter }
    return [
      ...match(chain(2), value, at),
      ...match(allOf(goodFor('server'), spanning(days)), leaf, at),
    ]
  })

const own: Scenario = {
  name: 'the certificate of the web interface is for whom it was told',
  fresh: true,
  exchanges: [
    get(
      'as the first start has made it',
      WEB,
      200,
      {
        mode: 'tls-cert-opt-pw-opt',
        trusted_cas: { local: containing(/^kylo:kylo:naboo:localca:/), external: absent },
        local_auto_gen_attributes: { cn: someText, generated: true },
        auto_gen_days_before_expiry: integer,
      },
      { keep: { ca: 'auto_gen_ca_id', days: 'auto_gen_days_before_expiry' } },
    ),
    get(
      'its CA is the default one',
      `${CAS}/{{ca}}`,
      200,
      allOf(truthful, {
        subject: '/C=US/ST=TX/L=Austin/O=Thales/CN=CipherTrust Root CA',
        uri: '{{ca}}',
      }),
    ),
    ours(
      get(
        'the chain',
        `${WEB}/certificate`,
        200,
        { certificates: served(824) },
        { keep: { old: 'certificates' } },
      ),
    ),
    ours(del('the CA that it is made from stays', `${CAS}/{{ca}}`, 409, anError)),
    patch(
      'other names',
      WEB,
      {
        local_auto_gen_attributes: {
          cn: 'web.example.com',
          dns_names: ['web.example.com'],
          email_addresses: ['a@example.com'],
          ip_addresses: [],
          names: [{ C: 'DE', O: 'Org', OU: '' }],
          uid: 'somebody',
        },
        auto_gen_days_before_expiry: 20,
      },
      200,
      {
        local_auto_gen_attributes: {
          cn: 'web.example.com',
          dns_names: ['web.example.com'],
          email_addresses: ['a@example.com'],
          names: [{ C: 'DE', O: 'Org' }],
          uid: absent,
          generated: false,
        },
        auto_gen_days_before_expiry: 20,
      },
    ),
    get(
      'read so, and without the uid',
      WEB,
      200,
      {
        local_auto_gen_attributes: { cn: 'web.example.com', uid: absent },
      },
      { silentAbout: ['somebody'] },
    ),
    ours(
      get('at once there is another certificate', `${WEB}/certificate`, 200, {
        certificates: allOf(served(824), not('{{old}}')),
      }),
    ),
    patch('no certificates by themselves', WEB, { auto_gen_ca_id: '' }, 200, {
      auto_gen_ca_id: '',
    }),
    get('an empty text stays one', WEB, 200, { auto_gen_ca_id: '' }),
    patch('again', WEB, { auto_gen_ca_id: '{{ca}}' }, 200, { auto_gen_ca_id: '{{ca}}' }),
  ],
  tidy: [
    patch(
      'as it was',
      WEB,
      {
        auto_gen_ca_id: '{{ca}}',
        auto_gen_days_before_expiry: '{{days}}',
        local_auto_gen_attributes: {},
      },
      200,
      { auto_gen_ca_id: '{{ca}}', local_auto_gen_attributes: { generated: true } },
    ),
  ],
}

export const interfaceCertificates: readonly Scenario[] = [given, own]
