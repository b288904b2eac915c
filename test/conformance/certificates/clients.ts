/**
 * Reference section 13: what each client sends and reads, in its order. XSOAR has a file of its own.
 *
 * | Client | Scenario |
 * | --- | --- |
 * | Terraform data source, interface, trusted CAs | Terraform |
 * | Ansible `cm_certificate_authority` | Ansible's CAs |
 * | Ansible `interface_save`, `interface_actions` | Ansible's interfaces |
 * | PowerShell modules | PowerShell |
 * | ksctl | ksctl |
 * | health checks | health checks |
 *
 * Rows that a server cannot meet: `ciphertrust_interface` of the Terraform provider 1.0.0 and 1.0.1, which calls
 * `/domains` by mistake, and the addition of interfaces, which are not built yet.
 */
import { foreignRoot } from '../../support/certificates.ts'
import { del, get, patch, post, put, type Scenario } from '../exchange.ts'
import {
  allOf,
  anyOf,
  array,
  atLeast,
  bool,
  containing,
  each,
  integer,
  laterThan,
  not,
  someText,
  time,
  uuid,
} from '../expect.ts'
import { list, named, notFound, only } from '../identity/common.ts'
import {
  activeCa,
  CAS,
  certPem,
  conflict,
  csrPem,
  EXTERNAL,
  externalCa,
  INTERFACES,
  makeCa,
  NO_TIME,
  pendingCa,
  removeCa,
  removeExternal,
  TRUSTED,
  truthful,
  wholeSeconds,
} from './common.ts'

const WEB = `${INTERFACES}/web`
const DEFAULT = '/C=US/ST=TX/L=Austin/O=Thales/CN=CipherTrust Root CA'
const raw = DEFAULT.replaceAll(' ', '%20')
const theDefault = allOf(activeCa, truthful, { subject: DEFAULT, issuer: DEFAULT })

const terraform: Scenario = {
  name: 'Terraform finds the default CA, manages the web interface and trusts a CA',
  exchanges: [
    get(
      'data source ciphertrust_cm_local_ca_list, encoded',
      `${CAS}/?subject=${encodeURIComponent(DEFAULT)}&skip=0&limit=10`,
      200,
      list(allOf(atLeast(1), containing(theDefault))),
      { keep: { ca: 'resources.0.id', 'ca.uri': 'resources.0.uri' } },
    ),
    get(
      'by state and issuer',
      `${CAS}/?issuer=${encodeURIComponent(DEFAULT)}&state=active&skip=0&limit=10`,
      200,
      list(
        each({
          id: uuid,
          uri: someText,
          account: someText,
          createdAt: time,
          updatedAt: time,
          name: someText,
          state: 'active',
          cert: certPem,
          serialNumber: /^\d+$/,
          subject: someText,
          issuer: DEFAULT,
        }),
      ),
    ),
    put(
      'provider 0.x: certificate of the interface',
      `${WEB}/certificate`,
      { certificate: '', format: '', password: '', generate: false },
      200,
      {},
    ),
    get(
      'interface: read',
      WEB,
      200,
      { id: uuid, name: 'web', createdAt: time, updatedAt: time, port: integer },
      {
        keep: {
          at: 'updatedAt',
          trusted: 'trusted_cas',
          mode: 'mode',
          attributes: 'local_auto_gen_attributes',
        },
      },
    ),
    patch(
      'interface: update',
      WEB,
      {
        certificate: null,
        meta: null,
        local_auto_gen_attributes: null,
        mode: '{{mode}}',
        trusted_cas: '{{trusted}}',
        minimum_tls_version: 'tls_1_2',
        registration_token: '',
      },
      200,
      { name: 'web', updatedAt: laterThan('{{at}}') },
      { keep: { after: 'updatedAt' } },
    ),
    get('interface: reads are stable', WEB, 200, {
      updatedAt: '{{after}}',
      mode: '{{mode}}',
      local_auto_gen_attributes: { names: array },
    }),
    get('interface: gone outside of Terraform', `${INTERFACES}/nae_all_59006`, 404, notFound),
    post(
      'an external CA',
      `${EXTERNAL}/`,
      { cert: foreignRoot, name: named('tf') },
      201,
      {},
      { keep: { outside: 'id' } },
    ),
    post(
      'ciphertrust_trusted_cas',
      '/trusted-cas-create-many/',
      {
        trusted_cas: [{ ca_id: '{{outside}}', ca_type: 'external', service: 'web' }],
        auto_restart: false,
      },
      201,
      { success: [{ id: uuid, uri: someText, ca_type: 'external', service: 'web' }] },
      { keep: { trust: 'success.0.id' } },
    ),
    get(
      'read from the list',
      `${TRUSTED}/?skip=0&limit=100`,
      200,
      list(containing({ id: '{{trust}}', ca_details: { name: named('tf') } })),
    ),
    del('destroyed', `${TRUSTED}/{{trust}}`, 204),
    get(
      'and read no more',
      `${TRUSTED}/?skip=0&limit=100`,
      200,
      list(each({ id: not('{{trust}}') })),
    ),
  ],
  tidy: [removeExternal('outside')],
}

const ansibleCas: Scenario = {
  name: 'Ansible runs a CA from its creation to a revoked certificate',
  exchanges: [
    post(
      'create_local_ca',
      CAS,
      {
        cn: named('ansible'),
        name: named('ansible'),
        algorithm: 'RSA',
        size: 2048,
        copy_from_ca: null,
        dnsNames: ['*.example.com'],
        emailAddresses: ['a@example.com'],
        ipAddresses: ['10.10.10.10'],
        names: [{ C: 'US', ST: 'TX', L: 'Austin', O: 'Org', OU: 'RnD' }],
      },
      201,
      pendingCa,
      { keep: { ca: 'id' } },
    ),
    post(
      'self_sign_local_ca',
      `${CAS}/{{ca}}/self-sign`,
      { duration: 365, notAfter: null, notBefore: null },
      200,
      {
        id: '{{ca}}',
      },
    ),
    patch(
      'update_local_ca, by body',
      `${CAS}/{{ca}}`,
      { allow_client_authentication: true, allow_user_authentication: false },
      200,
      {
        id: '{{ca}}',
        purpose: { client_authentication: 'Enabled', user_authentication: 'Disabled' },
      },
    ),
    post(
      'create_csr',
      '/ca/csr',
      { cn: named('host'), algorithm: 'ECDSA', size: 256, encryptionAlgo: null, password: null },
      201,
      { csr: csrPem },
      { keep: { csr: 'csr' } },
    ),
    post(
      'create_csr of a vault key wants one that is there',
      '/vault/csr',
      { keyID: 'x', csrParams: { cn: 'x' } },
      404,
      notFound,
    ),
    post(
      'issue_cert_local_ca',
      `${CAS}/{{ca}}/certs`,
      { csr: '{{csr}}', purpose: 'server', duration: 30, name: null, notAfter: null },
      [200, 201],
      { id: uuid },
      { keep: { cert: 'id' } },
    ),
    post('revoke_cert', `${CAS}/{{ca}}/certs/{{cert}}/revoke`, { reason: 'certificateHold' }, 200, {
      id: '{{cert}}',
    }),
    post('resume_cert', `${CAS}/{{ca}}/certs/{{cert}}/resume`, {}, 200, { id: '{{cert}}' }),
    post(
      'create_external_ca',
      EXTERNAL,
      { cert: foreignRoot, name: named('ansible'), parent: null },
      201,
      externalCa,
      {
        keep: { outside: 'id' },
      },
    ),
    patch(
      'update_external_ca',
      `${EXTERNAL}/{{outside}}`,
      { allow_client_authentication: false, allow_user_authentication: true },
      200,
      { id: '{{outside}}' },
    ),
    get(
      'a CA looked up by what is no filter',
      `${CAS}?cn=${named('ansible')}&limit=50`,
      200,
      list(containing({ id: '{{ca}}' })),
    ),
    del('delete_external_ca', `${EXTERNAL}/{{outside}}`, 204),
    del('delete_local_ca', `${CAS}/{{ca}}`, 204),
  ],
  tidy: [removeCa('ca'), removeExternal('outside')],
}

const ansibleInterfaces: Scenario = {
  name: 'Ansible reads JSON from every action on an interface',
  exchanges: [
    patch('interface_save, patch', WEB, { minimum_tls_version: 'tls_1_2' }, 200, { name: 'web' }),
    ...['enable', 'restore-default-tls-ciphers', 'auto-gen-server-cert'].map((action) =>
      post(`${action}, an empty object sent`, `${WEB}/${action}`, {}, 200, {}),
    ),
    put('put_certificate', `${WEB}/certificate`, { certificate: null, generate: true }, 200, {}),
    post('csr', `${WEB}/csr`, { cn: 'web.example.com', names: null }, 200, { csr: csrPem }),
    post('use-certificate', `${WEB}/use-certificate`, { copy_from: 'web' }, 200, {}),
  ],
}

const powershell: Scenario = {
  name: 'PowerShell filters by a raw subject and signs by URI',
  exchanges: [
    get(
      'Find-CMLocalCAs',
      `${CAS}?skip=0&limit=10&subject=${raw}`,
      200,
      list(allOf(atLeast(1), each({ subject: DEFAULT }))),
      { keep: { 'root.uri': 'resources.0.uri' } },
    ),
    get('by plus signs', `${CAS}?subject=${DEFAULT.replaceAll(' ', '+')}`, 200, list(atLeast(1))),
    get('the URI reads it', `${CAS}/{{root.uri}}`, 200, theDefault),
    makeCa('ca', { algorithm: 'RSA', size: 2048 }),
    post('self-signed by URI', `${CAS}/{{ca.uri}}/self-sign`, { duration: 730 }, 200, activeCa),
    get('chained=True by URI', `${CAS}/{{ca.uri}}?chained=True`, 200, { cert: certPem }),
    get('the port of web', WEB, 200, {}, { keep: { port: 'port' } }),
    post(
      'New-CMInterface on a used port',
      `${INTERFACES}/`,
      { port: '{{port}}', interface_type: 'nae', mode: 'tls-cert-pw-opt' },
      409,
      conflict,
    ),
    post(
      'for kmip too',
      `${INTERFACES}/`,
      { port: '{{port}}', interface_type: 'kmip', cert_user_field: 'CN' },
      409,
      conflict,
    ),
  ],
  tidy: [removeCa('ca')],
}

const ksctl: Scenario = {
  name: 'ksctl makes a CA, issues by it and changes what the web interface trusts',
  exchanges: [
    get('ca locals list', `${CAS}/?skip=0&limit=10`, 200, list(each({ subject: /^\// }))),
    post('ca locals create', `${CAS}/`, { cn: named('ksctl') }, 201, pendingCa, {
      keep: { ca: 'id', name: 'name', 'ca.uri': 'uri' },
    }),
    post(
      'ca locals self-sign by name',
      `${CAS}/{{name}}/self-sign`,
      { duration: 365 },
      200,
      activeCa,
    ),
    post(
      'ca csr',
      '/ca/csr',
      { cn: named('host') },
      201,
      { csr: csrPem, key: someText },
      {
        keep: { csr: 'csr' },
      },
    ),
    post(
      'ca locals certs issue',
      `${CAS}/{{ca}}/certs`,
      { csr: '{{csr}}', purpose: 'client', duration: 100 },
      [200, 201],
      { cert: certPem, revoked_at: NO_TIME },
    ),
    get(
      'interfaces get',
      WEB,
      200,
      { trusted_cas: { local: atLeast(1) } },
      {
        keep: { trusted: 'trusted_cas', first: 'trusted_cas.local.0' },
      },
    ),
    patch('interfaces modify', WEB, { trusted_cas: { local: ['{{first}}', '{{ca.uri}}'] } }, 200, {
      trusted_cas: { local: ['{{first}}', '{{ca.uri}}'] },
    }),
    patch('and back', WEB, { trusted_cas: '{{trusted}}' }, 200),
  ],
  tidy: [patch('as it was', WEB, { trusted_cas: '{{trusted}}' }, 200), removeCa('ca')],
}

const checks: Scenario = {
  name: 'health checks page all lists and read what they judge',
  exchanges: [
    ...['', '&state=active'].map((filter) =>
      get(
        `local CAs${filter}`,
        `${CAS}?skip=0&limit=100${filter}`,
        200,
        list(each({ state: /^(pending|active|expired)$/, notAfter: wholeSeconds, name: someText })),
      ),
    ),
    get(
      'external CAs',
      `${EXTERNAL}?skip=0&limit=100`,
      200,
      list(each({ notAfter: wholeSeconds })),
    ),
    get(
      'interfaces',
      `${INTERFACES}?skip=0&limit=100`,
      200,
      list(
        allOf(
          atLeast(1),
          each({
            enabled: bool,
            mode: anyOf(someText, null),
            minimum_tls_version: /^tls_1_[0-3]$/,
            tls_groups: each({ group_name: someText, enabled: bool }),
          }),
        ),
      ),
    ),
    get('the page behind the last', `${INTERFACES}?skip=100&limit=100`, 200, { resources: [] }),
    get('the certificate', `${WEB}/certificate`, 200, {
      certificates: /^-----BEGIN CERTIFICATE-----\n/,
    }),
    get(
      'what services trust',
      `${TRUSTED}?skip=0&limit=100`,
      200,
      list(
        each({
          service: someText,
          ca_details: { name: someText, notAfter: wholeSeconds },
        }),
      ),
    ),
    get('the fingerprint', '/client-management/webcert-fingerprint', 200, {
      fingerprint: someText,
    }),
    get('a CA that is the only one of its name', `${CAS}?name=${named('none')}`, 200, only()),
  ],
}

export const clients: readonly Scenario[] = [
  terraform,
  ansibleCas,
  ansibleInterfaces,
  powershell,
  ksctl,
  checks,
]
