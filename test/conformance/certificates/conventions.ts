/**
 * Reference section 1, for every list and every body of CAs, certificates and interfaces.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 1 paging, default and largest limit, unknown parameters, slashes at the end | lists |
 * | 1 unknown keys and zero values in every body, slashes at the end of every action | bodies |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { allOf, array, not } from '../expect.ts'
import { assumed, named } from '../identity/common.ts'
import {
  activeCa,
  bothEnabled,
  CAS,
  EXTERNAL,
  externalCa,
  INTERFACES,
  issuedCertificate,
  makeCa,
  pendingCa,
  removeCa,
  removeExternal,
  selfSign,
  TRUSTED,
} from './common.ts'
import { ownOrder } from './uploaded.ts'

const at = (key: string): string => `${CAS}/{{${key}}}`

const LISTS = [CAS, EXTERNAL, '/ca/local-cas/{{ca}}/certs', INTERFACES, TRUSTED]

const lists: Scenario = {
  name: 'all lists are paged alike',
  exchanges: [
    makeCa('ca'),
    selfSign('ca'),
    ...LISTS.flatMap((path) => [
      get(`${path}: ten at most unless told`, path, 200, { skip: 0, limit: 10, resources: array }),
      get(`${path}: with a slash`, `${path}/?skip=0&limit=1`, 200, { skip: 0, limit: 1 }),
      get(`${path}: 2000 at most`, `${path}?limit=5000`, 200, { limit: 2000 }),
      get(`${path}: beyond the end`, `${path}?skip=100000`, 200, { skip: 100_000, resources: [] }),
      get(`${path}: an unknown parameter is said`, `${path}?no_such_filter=x`, 200, {
        resources: array,
        messages: [/"no_such_filter"/],
      }),
      assumed(get(`${path}: a limit that is none`, `${path}?limit=ten`, 400, { code: 15 })),
    ]),
  ],
  tidy: [removeCa('ca')],
}

const junk = { certificate: '', something_new: { deep: [1] }, application: null }

const bodies: Scenario = {
  name: 'no body is refused for what it holds besides, and no action for a slash at its end',
  exchanges: [
    makeCa('root', junk),
    patch(
      'purposes while pending, in the body',
      `${at('root')}/`,
      { ...junk, allow_user_authentication: false },
      200,
      allOf(pendingCa, { name: named('root') }),
    ),
    post('self-sign', `${at('root')}/self-sign/`, { ...junk, duration: 365 }, 200, {
      purpose: { client_authentication: 'Enabled', user_authentication: 'Disabled' },
    }),
    makeCa('below'),
    post(
      'issue',
      `${at('root')}/certs/`,
      { ...junk, csr: '{{below.csr}}', purpose: 'ca', duration: 30, notAfter: null, name: null },
      [200, 201],
      issuedCertificate,
      { keep: { issued: 'id', cert: 'cert' } },
    ),
    post(
      'install',
      `${at('below')}/install/`,
      { ...junk, cert: '{{cert}}', parent_id: '{{root}}', parentId: '' },
      200,
      activeCa,
    ),
    get('chained=False is no chain', `${at('below')}?chained=False`, 200, { cert: '{{cert}}' }),
    get('chained=TRUE is one', `${at('below')}/?chained=TRUE`, 200, { cert: not('{{cert}}') }),
    post(
      'revoke',
      `${at('root')}/certs/{{issued}}/revoke/`,
      { ...junk, reason: 'certificateHold' },
      200,
      {
        state: 'revoked',
      },
    ),
    post(
      'resume, with a body that says nothing',
      `${at('root')}/certs/{{issued}}/resume/`,
      {},
      200,
      {
        state: 'active',
      },
    ),
    post(
      'request',
      '/ca/csr/',
      {
        ...junk,
        cn: 'x',
        algorithm: '',
        size: 0,
        names: [],
        dnsNames: null,
        password: '',
        encryptionAlgo: '',
        privateKeyBytes: '',
      },
      201,
      {
        key: /^-----BEGIN EC PRIVATE KEY-----\n[A-Za-z0-9+/]{64}\n/,
      },
    ),
    post(
      'upload',
      `${EXTERNAL}/`,
      { ...junk, cert: ownOrder, name: '', parent: '' },
      201,
      allOf(externalCa, { purpose: bothEnabled }),
      { keep: { outside: 'id' } },
    ),
    patch(
      'change',
      `${EXTERNAL}/{{outside}}/`,
      { ...junk, allow_client_authentication: null },
      200,
      {
        purpose: bothEnabled,
      },
    ),
    del('delete', `${EXTERNAL}/{{outside}}/`, 204),
    del('delete a certificate', `${at('root')}/certs/{{issued}}/`, 204),
    del('delete a CA', `${at('below')}/`, 204),
  ],
  tidy: [removeCa('root'), removeCa('below'), removeExternal('outside')],
}

export const conventions: readonly Scenario[] = [lists, bodies]
