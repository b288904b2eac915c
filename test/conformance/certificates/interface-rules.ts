import { foreignRoot } from '../../support/certificates.ts'
import { del, type Exchange, get, patch, post, put, type Scenario } from '../exchange.ts'
import { absent, allOf, containing, each, laterThan, not, someText } from '../expect.ts'
import { anError, assumed, named, noRows, notFound, only, ours } from '../identity/common.ts'
import {
  CAS,
  EXTERNAL,
  INTERFACES,
  makeCa,
  NOBODY,
  removeCa,
  removeExternal,
  selfSign,
  wrongValue,
} from './common.ts'

const WEB = `${INTERFACES}/web`
const NONE = `${INTERFACES}/nae_all_59006`
const notBuilt = { code: 17, codeDesc: /^NCERRNotImplemented/ }

const everyCall = (path: string): Exchange[] => [
  get(`read ${path}`, path, 404, notFound),
  patch(`change ${path}`, path, {}, 404, notFound),
  del(`delete ${path}`, path, 404, notFound),
  ...['enable', 'disable', 'auto-gen-server-cert', 'restore-default-tls-ciphers'].map((action) =>
    post(`${action} of ${path}`, `${path}/${action}`, undefined, 404, notFound),
  ),
  ...['certificate', 'csr', 'renewal-certificate'].map((part) =>
    get(`${part} of ${path}`, `${path}/${part}`, 404, notFound),
  ),
  ...['certificate', 'renewal-certificate'].map((part) =>
    put(`a new ${part} of ${path}`, `${path}/${part}`, { generate: true }, 404, notFound),
  ),
  post(`a request of ${path}`, `${path}/csr`, { cn: 'x' }, 404, notFound),
  post(
    `the certificate of web for ${path}`,
    `${path}/use-certificate`,
    { copy_from: 'web' },
    404,
    notFound,
  ),
]

const unknown: Scenario = {
  name: 'an interface is called by its name, in every call',
  exchanges: [
    get('by name', WEB, 200, {}, { keep: { web: 'id', at: 'updatedAt' } }),
    ...everyCall(NONE),
    ...everyCall(`${INTERFACES}/{{web}}`),
    assumed(post('the web interface stays enabled', `${WEB}/disable`, undefined, 400, anError)),
    get('nothing has changed', WEB, 200, { enabled: true, updatedAt: '{{at}}' }),
    get('no interface has this name', `${INTERFACES}?name=WEB`, 200, noRows),
    get('nor this type and name', `${INTERFACES}?name=web&interface_type=nae`, 200, noRows),
    get(
      'both fit',
      `${INTERFACES}?interface_type=web&name=web&skip=0&limit=10`,
      200,
      only({ id: '{{web}}' }),
    ),
  ],
}

const added: Scenario = {
  name: 'an interface that cannot be is refused before it is made',
  exchanges: [
    ...(
      [
        ['no port', { interface_type: 'nae' }],
        ['the port 0', { port: 0, interface_type: 'nae' }],
        ['a port below it', { port: -1, interface_type: 'nae' }],
        ['a port above all', { port: 65_536, interface_type: 'nae' }],
        ['a port in text', { port: '59006', interface_type: 'nae' }],
        ['a name for nae', { port: 59_006, interface_type: 'nae', name: 'mine' }],
        ['a name for what is nae by default', { port: 59_006, name: 'mine' }],
        ['a name for kmip', { port: 59_006, interface_type: 'kmip', name: 'mine' }],
        [
          'meta for kmip',
          { port: 59_006, interface_type: 'kmip', meta: { nae: { mask_system_groups: true } } },
        ],
      ] as const
    ).map(([what, fields]) => post(`refused: ${what}`, INTERFACES, fields, 400, wrongValue)),
    assumed(
      post(
        'refused: an unknown type',
        INTERFACES,
        { port: 59_006, interface_type: 'ftp' },
        400,
        wrongValue,
      ),
    ),
    ...['nae', 'kmip', 'snmp', ''].map((interface_type) =>
      ours(
        post(
          `not built yet: ${interface_type || 'the default type'}`,
          `${INTERFACES}/`,
          { port: 59_006, interface_type, name: '', meta: null, certificate: null },
          501,
          notBuilt,
        ),
      ),
    ),
    get('none of them is there', `${INTERFACES}?interface_type=kmip&limit=1`, 200, {}),
    get('nor under the name it would have', NONE, 404, notFound),
  ],
}

const trust: Scenario = {
  name: 'the web interface trusts the CAs that it was told, in the words in which it was told',
  exchanges: [
    get(
      'as it is',
      WEB,
      200,
      {},
      { keep: { trusted: 'trusted_cas', local: 'trusted_cas.local.0' } },
    ),
    makeCa('ca'),
    selfSign('ca'),
    makeCa('pending'),
    post(
      'an external CA',
      EXTERNAL,
      { cert: foreignRoot, name: named('outside') },
      201,
      {},
      { keep: { outside: 'id', 'outside.uri': 'uri' } },
    ),
    patch(
      'by URI and by id',
      WEB,
      { trusted_cas: { local: ['{{local}}', '{{ca}}'], external: ['{{outside.uri}}'] } },
      200,
      { trusted_cas: { local: ['{{local}}', '{{ca}}'], external: ['{{outside.uri}}'] } },
    ),
    get('and read so', WEB, 200, {
      trusted_cas: { local: ['{{local}}', '{{ca}}'], external: ['{{outside.uri}}'] },
    }),
    ours(del('a local CA that it trusts stays', `${CAS}/{{ca}}`, 409, anError)),
    ours(del('so does an external one', `${EXTERNAL}/{{outside}}`, 409, anError)),
    ...[{ local: [NOBODY] }, { local: ['{{pending}}'] }, { external: ['{{ca}}'] }].map((trusted) =>
      ours(
        patch(
          `refused: ${JSON.stringify(trusted)}`,
          WEB,
          { trusted_cas: trusted },
          400,
          wrongValue,
        ),
      ),
    ),
    patch('null is no change', WEB, { trusted_cas: null }, 200, {
      trusted_cas: { external: ['{{outside.uri}}'] },
    }),
    patch('as it was', WEB, { trusted_cas: '{{trusted}}' }, 200, {
      trusted_cas: { external: absent },
    }),
    del('now the CA may go', `${CAS}/{{ca}}`, 204),
    del('and the external one', `${EXTERNAL}/{{outside}}`, 204),
  ],
  tidy: [
    patch('the trust is as it was', WEB, { trusted_cas: '{{trusted}}' }, 200),
    removeCa('ca'),
    removeCa('pending'),
    removeExternal('outside'),
  ],
}

const suite = (cipher_suite: string) => ({ cipher_suite, enabled: true })
const FEW = ['TLS_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'].map(suite)

const fields: Scenario = {
  name: 'what was read of the web interface can be sent back',
  exchanges: [
    get(
      'as it is',
      WEB,
      200,
      {
        tls_ciphers: each({ cipher_suite: someText, hex_code: someText }),
        tls_groups: containing(
          { group_name: 'X25519MLKEM768' },
          { group_name: 'SecP256r1MLKEM768' },
        ),
        maximum_tls_version: /^tls_1_[23]$/,
        default_connection: 'local_account',
      },
      {
        keep: {
          at: 'updatedAt',
          port: 'port',
          mode: 'mode',
          ciphers: 'tls_ciphers',
          groups: 'tls_groups',
          attributes: 'local_auto_gen_attributes',
          ca: 'auto_gen_ca_id',
        },
      },
    ),
    patch(
      'sent back with zero values for the rest',
      WEB,
      {
        name: 'web',
        port: '{{port}}',
        mode: '{{mode}}',
        network_interface: 'all',
        interface_type: 'web',
        default_connection: 'local_account',
        cert_user_field: '',
        auto_registration: false,
        registration_token: '',
        allow_unregistered: false,
        kmip_enable_hard_delete: 0,
        custom_uid_size: 0,
        custom_uid_v2: false,
        auto_gen_days_before_expiry: 0,
        tls_ciphers: '{{ciphers}}',
        tls_groups: '{{groups}}',
        meta: null,
        certificate: null,
        local_auto_gen_attributes: null,
      },
      200,
      { mode: '{{mode}}', port: '{{port}}', updatedAt: laterThan('{{at}}') },
      { keep: { after: 'updatedAt' } },
    ),
    patch('a change of nothing is a change', WEB, {}, 200, { updatedAt: laterThan('{{after}}') }),
    patch('few suites', WEB, { tls_ciphers: FEW }, 200, { tls_ciphers: containing(...FEW) }),
    get('the others are off', WEB, 200, {
      tls_ciphers: allOf(containing(...FEW), not(each({ enabled: true }))),
    }),
    post('restored', `${WEB}/restore-default-tls-ciphers`, undefined, 200, {
      tls_ciphers: each({ enabled: true }),
    }),
    patch('TLS 1.3 alone', WEB, { minimum_tls_version: 'tls_1_3' }, 200, {
      minimum_tls_version: 'tls_1_3',
    }),
    get('is spoken', WEB, 200, { minimum_tls_version: 'tls_1_3' }, { tls: 'TLSv1.3' }),
    get('and TLS 1.2 is not', WEB, 0, undefined, { tls: 'TLSv1.2' }),
    assumed(
      patch(
        'refused: the largest below it',
        WEB,
        { maximum_tls_version: 'tls_1_2' },
        400,
        wrongValue,
      ),
    ),
    patch('both are reset', WEB, { minimum_tls_version: '', maximum_tls_version: '' }, 200, {
      minimum_tls_version: 'tls_1_2',
      maximum_tls_version: 'tls_1_3',
    }),
    get('TLS 1.2 is spoken again', WEB, 200, {}, { tls: 'TLSv1.2' }),
    ...[
      { registration_token: 'free text' },
      { name: 'other' },
      { tls_ciphers: [suite('TLS_RSA_WITH_NULL_MD5')] },
      { tls_groups: [{ group_name: 'none', enabled: true }] },
      { mode: 'tls' },
      { cert_user_field: 'DN' },
      { auto_gen_ca_id: NOBODY },
      { port: -1 },
    ].map((body) => assumed(patch(`refused: ${JSON.stringify(body)}`, WEB, body, 400, wrongValue))),
    ...[{ cert_user_field: 'CN' }, { network_interface: 'eth0' }, { port: 59_006 }].map((body) =>
      ours(patch(`not built yet: ${JSON.stringify(body)}`, WEB, body, 501, notBuilt)),
    ),
    get('nothing of it has stayed', WEB, 200, {
      mode: '{{mode}}',
      auto_gen_ca_id: '{{ca}}',
      registration_token: absent,
      local_auto_gen_attributes: { generated: true },
    }),
  ],
  tidy: [
    patch(
      'defaults',
      WEB,
      { tls_ciphers: [], tls_groups: [], minimum_tls_version: '', maximum_tls_version: '' },
      200,
    ),
  ],
}

const modes: Scenario = {
  name: 'the web interface asks for client certificates or does not',
  exchanges: [
    get('as it is', WEB, 200, {}, { keep: { mode: 'mode' } }),
    ...['unauth-tls-pw-opt', 'unauth-tls-pw-req', 'tls-cert-opt-pw-opt'].flatMap((mode) => [
      patch(mode, WEB, { mode }, 200, { mode }),
      get(`${mode} is kept`, WEB, 200, { mode }),
    ]),
    patch('an empty one is no change', WEB, { mode: '' }, 200, { mode: 'tls-cert-opt-pw-opt' }),
    ...['no-tls-pw-opt', 'no-tls-pw-req'].map((mode) =>
      ours(patch(`refused: ${mode}`, WEB, { mode }, 400, wrongValue)),
    ),
    ...['tls-pw-opt', 'tls-pw-req', 'tls-cert-pw-opt', 'tls-cert-and-pw'].map((mode) =>
      ours(patch(`not built yet: ${mode}`, WEB, { mode }, 501, notBuilt)),
    ),
    patch('as it was', WEB, { mode: '{{mode}}' }, 200, { mode: '{{mode}}' }),
  ],
}

export const interfaceRules: readonly Scenario[] = [unknown, added, trust, fields, modes]
