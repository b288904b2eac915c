/**
 * Reference sections 1 to 3, as far as they hold for each kind of resource alike.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 3.1 order of the members; 3.1 to 3.3 nothing more | members |
 * | 1 UUIDs are version 4; 2 fingerprints of a pending CA | members |
 * | 2 decimal serials of 128 bits, subjects in a certificate's own order, upper-case fingerprints | uploads |
 * | 2 values with slashes, repeated OU in SET order; 1 split at the first `=` | subjects |
 * | 5.1 alternative names, copied and given | subjects |
 * | 5.1 hash by key | signatures |
 * | 5.4, 6.1 a day back, also for notAfter alone; 1 dates with an offset | times |
 */
import { get, post, type Scenario } from '../exchange.ts'
import { allOf, type Expected } from '../expect.ts'
import { assumed, list, named, only, ours } from '../identity/common.ts'
import {
  aboutNow,
  alsoNamed,
  CAS,
  EXTERNAL,
  externalCa,
  issue,
  makeCa,
  makeRequest,
  members,
  NO_TIME,
  overRequest,
  removeCa,
  removeExternal,
  selfSign,
  signedWith,
  spanning,
  truthful,
  wholeSeconds,
  wrongValue,
} from './common.ts'
import { ownOrder } from './uploaded.ts'

const at = (key: string): string => `${CAS}/{{${key}}}`
const ofVersion4 = {
  id: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
}
const HEAD = ['id', 'uri', 'account', 'createdAt', 'updatedAt', 'name']
const PRINTS = ['sha1Fingerprint', 'sha256Fingerprint', 'sha512Fingerprint']
const FACTS = ['serialNumber', 'subject', 'issuer', 'notBefore', 'notAfter']

const resources: Scenario = {
  name: 'each resource has the members of its kind and no others',
  exchanges: [
    makeCa('root'),
    get(
      'a pending CA',
      at('root'),
      200,
      allOf(
        members(...HEAD, 'state', 'csr', 'subject', 'notBefore', 'notAfter', ...PRINTS),
        ofVersion4,
      ),
    ),
    assumed(get('its fingerprints', at('root'), 200, overRequest)),
    selfSign('root'),
    get(
      'a root CA',
      at('root'),
      200,
      allOf(members(...HEAD, 'state', 'csr', 'cert', ...FACTS, ...PRINTS, 'purpose'), truthful),
    ),
    makeCa('below'),
    issue('below-cert', 'root', { csr: '{{below.csr}}', purpose: 'ca' }),
    post(
      'an installed CA',
      `${at('below')}/install`,
      { cert: '{{below-cert.cert}}', parent_id: '{{root}}' },
      200,
      members(...HEAD, 'state', 'parent', 'csr', 'cert', ...FACTS, ...PRINTS, 'purpose'),
    ),
    get(
      'a certificate',
      `${at('root')}/certs/{{below-cert}}`,
      200,
      allOf(members(...HEAD, 'cert', 'ca', 'revoked_at', 'state', ...PRINTS, ...FACTS), ofVersion4),
    ),
    post(
      'a revoked one says why',
      `${at('root')}/certs/{{below-cert}}/revoke`,
      { reason: 'superseded' },
      200,
      members(...HEAD, 'cert', 'ca', 'revoked_reason', 'revoked_at', 'state', ...PRINTS, ...FACTS),
    ),
    post(
      'an external CA',
      EXTERNAL,
      { cert: ownOrder },
      201,
      allOf(members(...HEAD, 'cert', 'purpose', ...FACTS, ...PRINTS), ofVersion4),
      { keep: { outside: 'id', made: 'createdAt' } },
    ),
    get('as it was made', `${EXTERNAL}/{{outside}}`, 200, {
      updatedAt: '{{made}}',
      name: 'externalca-{{outside}}',
      uri: 'kylo:kylo:naboo:external_ca:{{outside}}',
    }),
  ],
  tidy: [removeCa('root'), removeCa('below'), removeExternal('outside')],
}

const SUBJECT = '/CN=Uploaded Root No. 1/OU=Unit/Two/OU=Unit One/O=Example Corp/C=US'
const SERIAL = '340193404210632335760508365704335069440'

const uploads: Scenario = {
  name: 'an uploaded certificate is shown as it says of itself',
  exchanges: [
    post(
      'in its own order, and in decimal',
      EXTERNAL,
      { cert: ownOrder, name: named('own') },
      201,
      allOf(externalCa, truthful, {
        serialNumber: SERIAL,
        subject: new RegExp(`^${SUBJECT.replaceAll('.', '\\.')}/`),
        sha1Fingerprint: '28C3FF96F987C1E554B8D123EB41E8C4AD589C0B',
        notAfter: '2047-06-05T06:39:56Z',
      }),
      { keep: { own: 'id', subject: 'subject' } },
    ),
    get(
      'found by what it shows',
      `${EXTERNAL}?serialNumber=${SERIAL}&subject={{enc:subject}}&issuer={{enc:subject}}&name=${named('own')}`,
      200,
      only({ id: '{{own}}' }),
    ),
    get(
      'a serial number in hexadecimal is another text',
      `${EXTERNAL}?serialNumber=FFEEDDCCBBAA99887766554433221100&name=${named('own')}`,
      200,
      list([], 0),
    ),
  ],
  tidy: [removeExternal('own')],
}

const subjects: Scenario = {
  name: 'subjects stand in one line, whatever is in them',
  exchanges: [
    makeCa('odd', { cn: 'a/b=c {{run}}', names: [{ O: 'Org/Unit=1, Inc.' }] }),
    assumed(
      get('nothing is escaped', at('odd'), 200, {
        subject: '/O=Org/Unit=1, Inc./CN=a/b=c {{run}}',
      }),
    ),
    get(
      'a filter is split at its first equals sign',
      `${CAS}?subject=/O=Org/Unit=1,%20Inc./CN=a/b=c%20{{run}}`,
      200,
      only({ id: '{{odd}}' }),
    ),
    makeCa('many', {
      cn: 'many',
      names: [{ OU: 'Zulu' }, { OU: 'Bee' }, { O: 'Org' }, { OU: 'Ant' }],
    }),
    get('repeated parts stand in the order of DER', at('many'), 200, {
      subject: '/O=Org/OU=Ant/OU=Bee/OU=Zulu/CN=many',
    }),
    makeCa('source', {
      dnsNames: ['*.example.com', 'ca.example.com'],
      emailAddresses: ['a@example.com'],
      ipAddresses: ['10.10.10.10', '2001:db8::1'],
    }),
    makeCa('copy', { copy_from_ca: '{{source}}' }),
    makeCa('other', { copy_from_ca: '{{source.uri}}', dnsNames: ['other.example.com'] }),
    ...(
      [
        ['source', ['DNS:*.example.com', 'DNS:ca.example.com']],
        ['copy', ['DNS:*.example.com', 'DNS:ca.example.com']],
        ['other', ['DNS:other.example.com']],
      ] as const
    ).map(([key, dns]) =>
      post(
        `the alternative names of ${key}`,
        `${at(key)}/self-sign`,
        { duration: 1 },
        200,
        alsoNamed(
          ...dns,
          'email:a@example.com',
          'IP Address:10.10.10.10',
          'IP Address:2001:DB8:0:0:0:0:0:1',
        ),
      ),
    ),
  ],
  tidy: ['odd', 'many', 'source', 'copy', 'other'].map(removeCa),
}

const SIGNATURES = [
  ['p256', { algorithm: 'ECDSA', size: 256 }, 'ecdsa-with-SHA256'],
  ['p384', { algorithm: 'ECDSA', size: 384 }, 'ecdsa-with-SHA384'],
  ['p521', { algorithm: 'ECDSA', size: 521 }, 'ecdsa-with-SHA512'],
  ['rsa2', { algorithm: 'RSA', size: 2048 }, 'sha256WithRSAEncryption'],
  ['rsa3', { algorithm: 'RSA', size: 3072 }, 'sha384WithRSAEncryption'],
  ['rsa4', { algorithm: 'RSA', size: 4096 }, 'sha512WithRSAEncryption'],
] as const

const signatures: Scenario = {
  name: 'the hash of a signature goes with the key',
  exchanges: [
    ...SIGNATURES.flatMap(([key, fields, algorithm]) => [
      makeCa(key, fields),
      assumed(
        post(
          `${key} signs by ${algorithm}`,
          `${at(key)}/self-sign`,
          { duration: 1 },
          200,
          signedWith(algorithm),
        ),
      ),
    ]),
    makeRequest('host', { algorithm: 'RSA' }),
    issue('host', 'p384', { duration: 1 }, signedWith('ecdsa-with-SHA384')),
    ours(
      post('RSA 1024 is refused', CAS, { cn: 'x', algorithm: 'RSA', size: 1024 }, 400, wrongValue),
    ),
  ],
  tidy: SIGNATURES.map(([key]) => removeCa(key)),
}

const DAY = 86_400
const signsItself = (key: string, what: string, fields: object, body: Expected) => [
  makeCa(key),
  post(what, `${at(key)}/self-sign`, fields, 200, body),
]

const times: Scenario = {
  name: 'certificates begin a day back unless they are told when',
  exchanges: [
    ...signsItself(
      'days',
      'days are counted from now',
      { duration: 365 },
      {
        notBefore: aboutNow(-DAY),
        notAfter: aboutNow(365 * DAY),
      },
    ),
    ...signsItself(
      'end',
      'an end alone begins a day back too',
      { notAfter: '{{in:864000}}' },
      {
        notBefore: aboutNow(-DAY),
        notAfter: aboutNow(10 * DAY),
      },
    ),
    ...signsItself(
      'offset',
      'an offset is counted in, and a fraction cut off',
      { notBefore: '2026-05-30T12:01:23.999999+02:00', notAfter: '2047-05-30T00:01:23.5-10:00' },
      { notBefore: '2026-05-30T10:01:23Z', notAfter: '2047-05-30T10:01:23Z' },
    ),
    ...signsItself(
      'zero',
      'the zero time is none',
      { notBefore: NO_TIME, notAfter: NO_TIME, duration: 10 },
      { notBefore: aboutNow(-DAY), notAfter: aboutNow(10 * DAY) },
    ).map(ours),
    makeRequest('host'),
    issue('host', 'days', { duration: 30 }, allOf(spanning(31), { notBefore: aboutNow(-DAY) })),
    issue(
      'host',
      'days',
      { duration: 0, notAfter: '{{in:864000}}' },
      {
        notBefore: aboutNow(-DAY),
        notAfter: aboutNow(10 * DAY),
      },
    ),
    issue(
      'host',
      'days',
      { notBefore: '{{in:3600}}' },
      allOf(spanning(30), { notBefore: allOf(wholeSeconds, aboutNow(3600)) }),
    ),
    issue(
      'host',
      'days',
      { notAfter: '{{in:864000}}', duration: 100 },
      {
        notAfter: aboutNow(10 * DAY),
      },
    ),
  ],
  tidy: ['days', 'end', 'offset', 'zero'].map(removeCa),
}

export const formats: readonly Scenario[] = [resources, uploads, subjects, signatures, times]
