/**
 * What a domain and a key may be told to be strict about, and requests for certificates.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | certificates 8.2 `POST /vault/csr` | requests |
 * | 9.1 `pad`, `iv`; 9.3; settings of a domain (ours) | strict |
 * | limits of use (ours) | limited |
 * | 9.2 `mac` of an AES key: CMAC (ours) | cmac |
 * | deletion names who uses the key (ours) | certified |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, array, someText, time } from '../expect.ts'
import { assumed, named, notFound, ours } from '../identity/common.ts'
import {
  ALL_USES,
  conflict,
  KEYS,
  makeKey,
  PLAINTEXT,
  raw,
  removeKey,
  removePublic,
  wrongValue,
} from './common.ts'

const CSR = /^-----BEGIN CERTIFICATE REQUEST-----\n[\s\S]+-----END CERTIFICATE REQUEST-----\n$/
const SETTINGS = '/domains/root/crypto-settings'
const IV = 'AAECAwQFBgcICQoL'

const requests: Scenario = {
  name: 'a certificate is requested for a key of the vault',
  exchanges: [
    makeKey('csr', { algorithm: 'ec', curveid: 'prime256v1' }),
    assumed(
      post(
        'for a key that is there',
        '/vault/csr',
        {
          keyID: named('csr'),
          keyIDType: 'name',
          csrParams: {
            cn: 'host.example.com',
            names: [{ O: 'Org', C: 'US' }],
            dnsNames: ['host.example.com'],
            keyUsage: ['digitalSignature', 'keyAgreement'],
            extendedKeyUsage: ['serverAuth', 'clientAuth'],
            isCA: false,
            maxPathLen: -1,
            subjectKeyIdentifierHash: true,
            signatureAlgorithm: 'ecdsaWithSHA384',
          },
        },
        201,
        { csr: CSR, keyID: '{{csr}}', keyVersion: 0 },
      ),
    ),
    assumed(
      post(
        'for one that is made',
        '/vault/csr',
        {
          keyGenParams: { algorithm: 'EC', curveid: 'secp384r1', keyName: named('csr-made') },
          csrParams: { cn: 'host.example.com' },
        },
        201,
        { csr: CSR, keyID: someText },
        { keep: { 'csr-made': 'keyID' } },
      ),
    ),
    get('which then is there', `${KEYS}/${named('csr-made')}`, 200, {
      id: '{{csr-made}}',
      algorithm: 'EC',
      curveid: 'secp384r1',
      material: absent,
    }),
    assumed(
      post(
        'for a key that there is not',
        '/vault/csr',
        { keyID: named('nothing'), csrParams: { cn: 'x' } },
        404,
        notFound,
      ),
    ),
    assumed(post('for no key', '/vault/csr', { csrParams: { cn: 'x' } }, 400, wrongValue)),
    ours(
      post(
        'nothing is signed with SHA-1',
        '/vault/csr',
        { keyID: '{{csr}}', csrParams: { cn: 'x', signatureAlgorithm: 'ecdsaWithSHA1' } },
        400,
        wrongValue,
      ),
    ),
  ],
  tidy: [removeKey('csr'), removePublic('csr'), removeKey('csr-made'), removePublic('csr-made')],
}

const reused = { id: '{{strict}}', plaintext: PLAINTEXT, iv: IV }

const strict: Scenario = {
  name: 'a domain chooses what it is strict about',
  fresh: true,
  exchanges: [
    ours(
      get('everything is off', SETTINGS, 200, {
        strictIv: false,
        allowRsaPkcs1: false,
        allowFf31: false,
      }),
    ),
    makeKey('strict', { usageMask: ALL_USES }),
    ours(post('an IV of the caller', '/crypto/encrypt', reused, 200, { iv: IV })),
    ours(post('is taken again', '/crypto/encrypt', reused, 200, { iv: IV })),
    ours(
      patch('the domain becomes strict', SETTINGS, { strictIv: true, allowFf31: true }, 200, {
        strictIv: true,
        allowFf31: true,
        allowRsaPkcs1: false,
        updatedAt: time,
      }),
    ),
    ours(post('the IV is taken once more', '/crypto/encrypt', reused, 200, { iv: IV })),
    ours(post('and never again', '/crypto/encrypt', reused, 400, wrongValue)),
    ours(
      post(
        'of CTR not once',
        '/crypto/encrypt',
        { ...reused, mode: 'ctr', iv: 'AAECAwQFBgcICQoLDA0ODw==' },
        400,
        wrongValue,
      ),
    ),
    ours(
      raw(
        'FF3-1 hides',
        `/crypto/hide2?keyName=${named('strict')}&hint=digit&method=FF3-1&tweak=cbd09280979564`,
        '3992520240',
        200,
        { data: /^\d{10}$/ },
        { keep: { hidden: 'data' } },
        'text/plain',
      ),
    ),
    ours(
      raw(
        'and unhides',
        `/crypto/unhide2?keyName=${named('strict')}&hint=digit&method=FF3-1&tweak=cbd09280979564`,
        '{{hidden}}',
        200,
        { data: '3992520240' },
        {},
        'text/plain',
      ),
    ),
    makeKey('v15', {
      algorithm: 'rsa',
      size: 2048,
      usageMask: 12,
      publicKeyParameters: { usageMask: 12 },
    }),
    post(
      'RSA without a padding is refused, and told of oaep',
      '/crypto/encrypt',
      { id: `${named('v15')}-pub`, plaintext: PLAINTEXT },
      400,
      wrongValue,
    ),
    ours(
      patch('v1.5 is switched on', SETTINGS, { allowRsaPkcs1: true }, 200, { allowRsaPkcs1: true }),
    ),
    post(
      'and is the default',
      '/crypto/encrypt',
      { id: `${named('v15')}-pub`, plaintext: PLAINTEXT },
      200,
      { pad: 'pkcs1' },
      { keep: { v15text: 'ciphertext' } },
    ),
    post('both ways', '/crypto/decrypt', { id: named('v15'), ciphertext: '{{v15text}}' }, 200, {
      plaintext: PLAINTEXT,
    }),
    ours(get('another domain is not there', '/domains/nowhere/crypto-settings', 404, notFound)),
  ],
  tidy: [
    patch(
      'all is off again',
      SETTINGS,
      { strictIv: false, allowRsaPkcs1: false, allowFf31: false },
      200,
    ),
    removeKey('strict'),
    removeKey('v15'),
    removePublic('v15'),
  ],
}

const limited: Scenario = {
  name: 'a key protects as often as its limit says',
  exchanges: [
    makeKey('limited', { usageMask: 12, usageLimits: { total: 1 } }),
    ours(
      get('the limit is shown', `${KEYS}/{{limited}}`, 200, {
        usageLimits: { total: 1, count: 1, unit: 'Object' },
      }),
    ),
    ours(
      post(
        'one use',
        '/crypto/encrypt',
        { id: '{{limited}}', plaintext: PLAINTEXT, mode: 'ecb' },
        200,
        {},
        { keep: { used: 'ciphertext' } },
      ),
    ),
    ours(
      post(
        'and no more',
        '/crypto/encrypt',
        { id: '{{limited}}', plaintext: PLAINTEXT },
        409,
        conflict,
      ),
    ),
    ours(
      post(
        'what it protected opens',
        '/crypto/decrypt',
        { id: '{{limited}}', ciphertext: '{{used}}', mode: 'ecb' },
        200,
        { plaintext: PLAINTEXT },
      ),
    ),
    ours(
      patch(
        'another total begins anew',
        `${KEYS}/{{limited}}`,
        { usageLimits: { total: 5 } },
        200,
        {
          usageLimits: { total: 5, count: 5 },
        },
      ),
    ),
  ],
  tidy: [removeKey('limited')],
}

const cmac: Scenario = {
  name: 'the MAC of an AES key is CMAC',
  exchanges: [
    makeKey('cmac', {
      algorithm: 'aes',
      size: 128,
      usageMask: 384,
      material: '2b7e151628aed2a6abf7158809cf4f3c',
    }),
    ours(
      raw('of nothing as SP 800-38B has it', `/crypto/mac?keyName=${named('cmac')}`, '', 200, {
        data: 'bb1d6929e95937287fa37d129b756746',
      }),
    ),
    ours(
      raw(
        'is verified',
        `/crypto/macv?keyName=${named('cmac')}&hash=bb1d6929e95937287fa37d129b756746`,
        '',
        200,
        { verified: true },
      ),
    ),
  ],
  tidy: [removeKey('cmac')],
}

const certified: Scenario = {
  name: 'a key that a certificate is for is not deleted',
  exchanges: [
    makeKey('certified', { algorithm: 'ec', curveid: 'prime256v1' }),
    post(
      'a certificate is requested for it',
      '/vault/csr',
      { keyID: '{{certified}}', csrParams: { cn: 'host.example.com' } },
      201,
      { csr: CSR },
      { keep: { csr: 'csr' } },
    ),
    get(
      'a CA is there',
      '/ca/local-cas?state=active&limit=1',
      200,
      { resources: array },
      {
        keep: { ca: 'resources.0.id' },
      },
    ),
    post(
      'which issues it',
      '/ca/local-cas/{{ca}}/certs',
      { csr: '{{csr}}', purpose: 'client', duration: 1, name: named('cert') },
      201,
      { id: someText },
      { keep: { cert: 'id' } },
    ),
    ours(del('the key stays', `${KEYS}/{{certified}}`, 409, conflict)),
    ours(post('and is not destroyed', `${KEYS}/{{certified}}/destroy`, {}, 409, conflict)),
    del('the certificate is deleted', '/ca/local-cas/{{ca}}/certs/{{cert}}', 204),
    del('then the key goes', `${KEYS}/{{certified}}`, 204),
  ],
  tidy: [removeKey('certified'), removePublic('certified')],
}

/** Certificate requests, and what domains and keys are told to be strict about. */
export const choices: readonly Scenario[] = [requests, strict, limited, cmac, certified]
