/**
 * Reference section 9. What it changes it changes back, since a server has one web interface only.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 9.1 list, get, by name only; filters | the web interface |
 * | 9.1 enable; delete of `web` | the web interface |
 * | 9.1 certificate, csr, auto-gen-server-cert, renewal-certificate | certificates |
 * | 9.1 port in use, unknown name | refusals |
 * | 9.2 absent keys and nulls, updatedAt, `[]` resets, external left out, uid never returned | changes |
 * | 4 webcert-fingerprint | certificates |
 */
import { del, get, patch, post, put, type Scenario } from '../exchange.ts'
import { absent, array, integer, laterThan, someText, time } from '../expect.ts'
import { anError, assumed, list, notFound, only } from '../identity/common.ts'
import { conflict, INTERFACES, wrongValue } from './common.ts'

const WEB = `${INTERFACES}/web`

const web = {
  id: /^[0-9a-f-]{36}$/,
  name: 'web',
  interface_type: 'web',
  port: integer,
  network_interface: someText,
  mode: someText,
  minimum_tls_version: /^tls_1_[0-3]$/,
  enabled: true,
  createdAt: time,
  updatedAt: time,
  auto_gen_ca_id: /^kylo:kylo:naboo:localca:/,
  trusted_cas: { local: array },
  local_auto_gen_attributes: { cn: someText, names: array, uid: absent },
  tls_ciphers: array,
}
const chain = { certificates: /^-----BEGIN CERTIFICATE-----\n/ }

const life: Scenario = {
  name: 'the web interface is there, is found by its name, and stays',
  exchanges: [
    get('by name', WEB, 200, web, { keep: { web: 'id', port: 'port' } }),
    get('with a slash', `${WEB}/`, 200, { id: '{{web}}' }),
    get('by id it is not found', `${INTERFACES}/{{web}}`, 404, notFound),
    get('in the list', `${INTERFACES}/?name=web`, 200, only({ id: '{{web}}' })),
    get('by type', `${INTERFACES}/?interface_type=web&limit=10`, 200, list(array)),
    post('enabled it answers JSON', `${WEB}/enable`, undefined, 200, {
      name: 'web',
      enabled: true,
    }),
    assumed(del('it is not deleted', WEB, 400, anError)),
    get('an unknown one', `${INTERFACES}/nothing`, 404, notFound),
    del('nor is it there to be deleted', `${INTERFACES}/nothing`, 404, notFound),
    post(
      'a port that is taken',
      INTERFACES,
      { port: '{{port}}', interface_type: 'nae' },
      409,
      conflict,
    ),
  ],
}

const changes: Scenario = {
  name: 'the web interface keeps what a change does not name',
  exchanges: [
    get('as it is', WEB, 200, web, {
      keep: { mode: 'mode', ca: 'auto_gen_ca_id', at: 'updatedAt' },
    }),
    patch(
      'nulls are no change, and updatedAt moves',
      WEB,
      { meta: null, local_auto_gen_attributes: null, certificate: null },
      200,
      { mode: '{{mode}}', auto_gen_ca_id: '{{ca}}', updatedAt: laterThan('{{at}}') },
    ),
    patch('an empty list resets', WEB, { tls_ciphers: [], minimum_tls_version: '' }, 200, {
      minimum_tls_version: 'tls_1_2',
      tls_ciphers: array,
    }),
    patch(
      'an empty external is left out',
      WEB,
      { trusted_cas: { local: ['{{ca}}'], external: [] } },
      200,
      {
        trusted_cas: { local: ['{{ca}}'], external: absent },
      },
    ),
    patch('its own type', WEB, { interface_type: 'web' }, 200, { interface_type: 'web' }),
    patch('another type', WEB, { interface_type: 'kmip' }, 400, wrongValue),
    patch('no CA at all', WEB, { trusted_cas: { local: [], external: [] } }, 400, wrongValue),
    assumed(patch('an unknown version', WEB, { minimum_tls_version: 'ssl_3' }, 400, wrongValue)),
    post('the suites are restored', `${WEB}/restore-default-tls-ciphers`, undefined, 200, {
      name: 'web',
      tls_ciphers: array,
    }),
  ],
}

const certificates: Scenario = {
  name: 'the certificate of the web interface is made anew, and its successor waits',
  exchanges: [
    get('the chain, leaf first', `${WEB}/certificate`, 200, chain),
    put(
      'nothing to do, as Terraform says it',
      `${WEB}/certificate`,
      { certificate: '', generate: false },
      200,
      {},
    ),
    put('made anew', `${WEB}/certificate`, { generate: true }, 200, {}),
    post('made anew by its own call', `${WEB}/auto-gen-server-cert`, undefined, 200, {}),
    post(
      'a request',
      `${WEB}/csr`,
      { cn: 'web.example.com', dns_names: ['web.example.com'] },
      200,
      {
        csr: /^-----BEGIN CERTIFICATE REQUEST-----\n/,
      },
    ),
    get('the request again', `${WEB}/csr`, 200, { csr: /^-----BEGIN CERTIFICATE REQUEST-----\n/ }),
    put('the upcoming one', `${WEB}/renewal-certificate`, { generate: true }, 200, {}),
    get('it waits', `${WEB}/renewal-certificate`, 200, chain),
    post('it is applied', `${WEB}/renewal-certificate/apply`, undefined, 200, {}),
    assumed(get('it waits no more', `${WEB}/renewal-certificate`, 404, notFound)),
    put('another one', `${WEB}/renewal-certificate`, { generate: true }, 200, {}),
    del('is given up', `${WEB}/renewal-certificate`, 204),
    put(
      'what is no certificate',
      `${WEB}/certificate`,
      { certificate: 'text', format: 'PEM' },
      400,
      wrongValue,
    ),
    assumed(
      get('the fingerprint', '/client-management/webcert-fingerprint/', 200, {
        fingerprint: /^[0-9A-F]{64}$/,
      }),
    ),
  ],
}

export const interfaces: readonly Scenario[] = [life, changes, certificates]
