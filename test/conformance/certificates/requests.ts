/**
 * Reference section 8 and the rights of 12.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 8.1 reply of two keys, traditional form, encryption, given key | key pairs |
 * | 8.2 | it is not there yet |
 * | 12 401, 403 | rights |
 */
import { createPrivateKey } from 'node:crypto'
import { get, post, type Scenario } from '../exchange.ts'
import { allOf, array, Rule } from '../expect.ts'
import {
  addMember,
  assumed,
  forbidden,
  list,
  makeUser,
  named,
  notFound,
  ours,
  removeUser,
  signIn,
  unauthorized,
} from '../identity/common.ts'
import { CAS, csrPem, EXTERNAL, makeCa, removeCa, wrongValue } from './common.ts'

const PASSWORD = 'a password for the key'

/** A private key in PEM under this label, encrypted by this cipher or not at all. */
const keyOf = (label: string, cipher?: string): Rule =>
  new Rule(`a ${label} ${cipher ?? 'in the clear'}`, (value, at) => {
    const text = String(value)
    const encrypted =
      cipher === undefined || text.includes(`Proc-Type: 4,ENCRYPTED\nDEK-Info: ${cipher},`)
    if (!text.startsWith(`-----BEGIN ${label}-----\n`) || !encrypted || !text.endsWith('-----\n'))
      return [`${at}: ${text.slice(0, 100)}`]
    createPrivateKey(cipher === undefined ? text : { key: text, passphrase: PASSWORD })
    return []
  })
const twoKeys = new Rule('csr and key alone', (value, at) => {
  const names = Object.keys(value as object)
    .sort()
    .join()
  return names === 'csr,key' ? [] : [`${at}: has ${names}`]
})

const pairs: Scenario = {
  name: 'a key pair and its request are made and not kept',
  exchanges: [
    post(
      'P-256 in the SEC 1 form',
      '/ca/csr',
      { cn: 'host', name: 'a label' },
      201,
      allOf(twoKeys, { csr: csrPem, key: keyOf('EC PRIVATE KEY') }),
      { keep: { key: 'key' } },
    ),
    post(
      'RSA in the PKCS #1 form',
      '/ca/csr',
      {
        cn: 'host',
        algorithm: 'RSA',
        size: 2048,
        names: [{ C: 'US' }],
        dnsNames: ['host.example.com'],
        emailAddresses: ['a@example.com'],
        ipAddresses: ['10.0.0.1'],
      },
      201,
      allOf(twoKeys, { csr: csrPem, key: keyOf('RSA PRIVATE KEY') }),
    ),
    ...(
      [
        [undefined, 'AES-256-CBC'],
        ['AES256', 'AES-256-CBC'],
        ['AES192', 'AES-192-CBC'],
        ['AES128', 'AES-128-CBC'],
        ['TDES', 'DES-EDE3-CBC'],
      ] as const
    ).map(([encryptionAlgo, cipher]) =>
      assumed(
        post(
          `encrypted by ${encryptionAlgo ?? 'the default'}`,
          '/ca/csr',
          { cn: 'host', password: PASSWORD, encryptionAlgo },
          201,
          { key: keyOf('EC PRIVATE KEY', cipher) },
        ),
      ),
    ),
    post('of a key that is sent', '/ca/csr', { cn: 'host', privateKeyBytes: '{{key}}' }, 201, {
      key: '{{key}}',
    }),
    post(
      'which must be as said',
      '/ca/csr',
      { cn: 'host', privateKeyBytes: '{{key}}', algorithm: 'RSA' },
      400,
      wrongValue,
    ),
    ...[
      { cn: undefined },
      { algorithm: 'EC' },
      { size: 100 },
      { password: PASSWORD, encryptionAlgo: 'DES' },
      { privateKeyBytes: 'text' },
    ].map((fields) =>
      post(
        `refused: ${JSON.stringify(fields)}`,
        '/ca/csr',
        { cn: 'x', ...fields },
        400,
        wrongValue,
      ),
    ),
    post(
      'for a key in the vault, which has to be there',
      '/vault/csr',
      { keyID: 'x', csrParams: { cn: 'x' } },
      404,
      notFound,
    ),
  ],
}

const rights: Scenario = {
  name: 'CA Admins work with CAs, and others are refused',
  exchanges: [
    makeCa('ca'),
    makeUser('jo'),
    makeUser('helper'),
    addMember('helper', 'CA%20Admins'),
    signIn('jo'),
    signIn('helper'),
    ...[CAS, `${CAS}/{{ca}}`, `${CAS}/{{ca}}/certs`, EXTERNAL].flatMap((path) => [
      get(`nobody reads ${path}`, path, 401, unauthorized, { as: 'none' }),
      ours(get(`not everybody reads ${path}`, path, 403, forbidden, { as: 'jo' })),
      ours(get(`CA Admins read ${path}`, path, 200, {}, { as: 'helper' })),
    ]),
    ...[
      [CAS, { cn: 'x' }],
      [`${CAS}/{{ca}}/self-sign`, { duration: 1 }],
      [`${CAS}/{{ca}}/certs`, { csr: 'x' }],
      [EXTERNAL, { cert: 'x' }],
      ['/ca/csr', { cn: 'x' }],
    ].flatMap(([path, body]) => [
      post(`nobody posts to ${path}`, String(path), body, 401, unauthorized, { as: 'none' }),
      post(`not everybody posts to ${path}`, String(path), body, 403, forbidden, { as: 'jo' }),
    ]),
    post('CA Admins make requests', '/ca/csr', { cn: 'x' }, 201, {}, { as: 'helper' }),
    get('a path that is none', '/ca/other', 404, { code: 16 }),
    get('the list is read', CAS, 200, list(array)),
    get('an unknown CA', `${CAS}/${named('none')}`, 404, notFound),
    post(
      'malformed JSON',
      CAS,
      undefined,
      400,
      { code: 15, codeDesc: /^NCERRBadRequest/ },
      {
        text: '{"cn":',
      },
    ),
  ],
  tidy: [removeCa('ca'), removeUser('jo'), removeUser('helper')],
}

export const requests: readonly Scenario[] = [pairs, rights]
