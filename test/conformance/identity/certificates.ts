/**
 * Reference 2.1 (grants by certificate) and 3.4 (certificate login).
 *
 * | Row | Scenario |
 * | --- | --- |
 * | user_certificate: the certificate of the TLS connection identifies the user | a user signs in by certificate |
 * | match, normal form, CN | a user signs in by certificate |
 * | issuer: user_authentication Enabled, trusted by the web interface | a user signs in by certificate |
 * | password_with_user_certificate: both in one call with grant password | password and certificate together |
 * | a name that another user has (ours) | password and certificate together |
 */
import { del, type Exchange, patch, post, type Scenario } from '../exchange.ts'
import { object, someText, uuid } from '../expect.ts'
import {
  anError,
  assumed,
  makeUser,
  named,
  ours,
  PASSWORD,
  removeUser,
  tokenAnswer,
  wrongPassword,
} from './common.ts'

const none = { as: 'none' } as const
const CAS = '/ca/local-cas'
const shown = { cert: '{{cert}}', key: '{{key}}' }
const byCertificate = { grant_type: 'user_certificate' }

const prepared = (certificateSubject: string, fields: object): Exchange[] => [
  post(
    'a CA is made',
    CAS,
    { cn: named('users'), name: named('ca'), algorithm: 'ECDSA', size: 256 },
    [200, 201],
    object,
    { keep: { ca: 'id' } },
  ),
  post('and signs itself', `${CAS}/{{ca}}/self-sign`, { duration: 365 }, [200, 201], object),
  makeUser('jo', { certificate_subject_dn: certificateSubject, ...fields }),
  post(
    'a request is made',
    '/ca/csr',
    { cn: named('jo'), names: [{ O: 'Foo, Inc', C: 'US' }], algorithm: 'ECDSA', size: 256 },
    [200, 201],
    { csr: someText },
    { keep: { csr: 'csr', key: 'key' } },
  ),
  post(
    'a certificate is issued',
    `${CAS}/{{ca}}/certs`,
    { csr: '{{csr}}', purpose: 'client', duration: 30 },
    [200, 201],
    { id: uuid },
    { keep: { cert: 'cert', certificate: 'id' } },
  ),
]

const trusted = post(
  'the web interface trusts the CA',
  '/trusted-cas/',
  { ca_id: '{{ca}}', ca_type: 'local', service: 'web' },
  [200, 201],
  { id: uuid },
  { keep: { trust: 'id' } },
)

const tidy: Exchange[] = [
  removeUser('jo'),
  del('the CA is no longer trusted', '/trusted-cas/{{trust}}', [204, 404]),
  del('the CA is taken away', `${CAS}/{{ca}}`, [204, 404]),
]

const signsIn = (name: string, body: object = byCertificate): Exchange =>
  post(name, '/auth/tokens', body, 200, tokenAnswer, { ...none, certificate: shown })

const isRefused = (name: string, body: object = byCertificate): Exchange =>
  post(name, '/auth/tokens', body, 401, wrongPassword, { ...none, certificate: shown })

const purpose = (name: string, allow_user_authentication: boolean): Exchange =>
  patch(name, `${CAS}/{{ca}}`, { allow_user_authentication }, 200, object)

const revoke = (name: string, reason: string): Exchange =>
  post(name, `${CAS}/{{ca}}/certs/{{certificate}}/revoke`, { reason }, [200, 201], object)

const alone: Scenario = {
  name: 'a user signs in by the certificate of the TLS connection',
  exchanges: [
    ...prepared(`CN=${named('jo')},C=US,O=Foo\\, Inc`, {
      allowed_auth_methods: ['user_certificate'],
    }),
    ours(isRefused('not as long as the web interface does not trust the CA')),
    trusted,
    signsIn('once it is trusted'),
    signsIn('with empty texts for what is absent', { ...byCertificate, domain: '', username: '' }),
    assumed(
      post('not without showing it', '/auth/tokens', byCertificate, 401, wrongPassword, none),
    ),
    ours(isRefused('not with another username beside it', { ...byCertificate, username: 'admin' })),
    assumed(isRefused('not by a password', { username: named('jo'), password: PASSWORD })),
    purpose('the CA may no longer sign users in', false),
    isRefused('so it does not'),
    purpose('the CA may sign users in again', true),
    signsIn('so it does'),
    revoke('the certificate is put on hold', 'certificateHold'),
    assumed(isRefused('and signs nobody in')),
    post(
      'the hold is lifted',
      `${CAS}/{{ca}}/certs/{{certificate}}/resume`,
      undefined,
      [200, 201],
      object,
    ),
    signsIn('and it signs in again'),
    revoke('the certificate is revoked', 'keyCompromise'),
    assumed(isRefused('for good')),
    patch(
      'the user is given another name',
      '/usermgmt/users/{{enc:jo}}',
      { certificate_subject_dn: `CN=${named('jo')}` },
      200,
      object,
    ),
    isRefused('the certificate is nobody’s'),
  ],
  tidy,
}

const together: Scenario = {
  name: 'password and certificate together sign in where the user needs both',
  exchanges: [
    ...prepared(`C=US,O=Foo\\, Inc,CN=${named('jo')}`, {
      allowed_auth_methods: ['password_with_user_certificate'],
    }),
    trusted,
    assumed(
      signsIn('both in one call', {
        grant_type: 'password',
        username: named('jo'),
        password: PASSWORD,
      }),
    ),
    ours(
      signsIn('by a grant of its own', {
        grant_type: 'password_with_user_certificate',
        username: named('jo'),
        password: PASSWORD,
      }),
    ),
    assumed(isRefused('not the certificate alone')),
    assumed(
      post(
        'not the password alone',
        '/auth/tokens',
        { username: named('jo'), password: PASSWORD },
        401,
        wrongPassword,
        none,
      ),
    ),
    assumed(
      isRefused('not with a wrong password', {
        username: named('jo'),
        password: 'Mistaken-Pass-99',
      }),
    ),
    ours(
      post(
        'another user cannot have the same name',
        '/usermgmt/users/',
        {
          username: named('other'),
          password: PASSWORD,
          certificate_subject_dn: `O=Foo\\, Inc,CN=${named('jo')},C=US`,
        },
        409,
        anError,
      ),
    ),
  ],
  tidy,
}

export const certificates: readonly Scenario[] = [alone, together]
