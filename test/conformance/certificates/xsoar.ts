/**
 * The CA playbook of the Cortex XSOAR integration, step by step, with its client's own requests: slashes at the end of
 * collections, queries with `True`, POST and PATCH without a body.
 */
import { foreignRoot } from '../../support/certificates.ts'
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { allOf, containing, each, not } from '../expect.ts'
import { list, notFound } from '../identity/common.ts'
import {
  activeCa,
  bothDisabled,
  bothEnabled,
  CAS,
  csrPem,
  EXTERNAL,
  externalCa,
  goodFor,
  issuedCertificate,
  pendingCa,
  removeCa,
  removeExternal,
  truthful,
} from './common.ts'

const ROOT = 'test_playbook_local_ca_to_self_sign'
const INTERMEDIATE = 'test_playbook_local_ca_to_install'
const EXTERNAL_NAME = 'test_playbook_external_ca'

export const xsoar: readonly Scenario[] = [
  {
    name: 'the CA playbook of XSOAR runs to its end',
    exchanges: [
      post(
        'local-ca-create',
        `${CAS}/`,
        { cn: 'test_playbook_local_ca', name: ROOT },
        201,
        allOf(pendingCa, { name: ROOT, subject: '/CN=test_playbook_local_ca' }),
        { keep: { root: 'id', uri: 'uri' } },
      ),
      patch(
        'local-ca-update while pending',
        `${CAS}/{{root}}?allow_client_authentication=True&allow_user_authentication=True`,
        undefined,
        200,
        { id: '{{root}}' },
      ),
      post(
        'local-ca-self-sign',
        `${CAS}/${ROOT}/self-sign`,
        { duration: 365 },
        200,
        allOf(activeCa, truthful, { id: '{{root}}', purpose: bothEnabled }),
      ),
      post(
        'local-ca-create of the same common name',
        `${CAS}/`,
        { cn: 'test_playbook_local_ca', name: INTERMEDIATE },
        201,
        pendingCa,
        { keep: { below: 'id', csr: 'csr' } },
      ),
      post(
        'certificate-issue for a CA',
        `${CAS}/${ROOT}/certs`,
        { csr: '{{csr}}', purpose: 'ca', duration: 365 },
        201,
        allOf(issuedCertificate, truthful, goodFor('ca'), { ca: '{{uri}}' }),
        { keep: { first: 'id', cert: 'cert' } },
      ),
      post(
        'local-ca-install',
        `${CAS}/${INTERMEDIATE}/install`,
        { cert: '{{cert}}', parentId: '{{root}}' },
        200,
        allOf(activeCa, truthful, { parent: '{{uri}}', cert: '{{cert}}' }),
      ),
      post(
        'csr-generate',
        '/ca/csr',
        { cn: 'test_playbook_generic_csr', password: 'a password' },
        201,
        { csr: csrPem, key: /^-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n/ },
        { keep: { generic: 'csr' } },
      ),
      post(
        'certificate-issue for a server',
        `${CAS}/${ROOT}/certs`,
        { csr: '{{generic}}', purpose: 'server', duration: 365 },
        201,
        allOf(issuedCertificate, truthful, goodFor('server')),
        { keep: { second: 'id' } },
      ),
      get(
        'certificate-list',
        `${CAS}/${ROOT}/certs?skip=0&limit=50`,
        200,
        list([{ id: '{{second}}' }, { id: '{{first}}' }], 2),
      ),
      post(
        'certificate-revoke',
        `${CAS}/${ROOT}/certs/{{first}}/revoke`,
        { reason: 'certificateHold' },
        200,
        { state: 'revoked', revoked_reason: 'certificateHold' },
      ),
      post(
        'certificate-resume',
        `${CAS}/${ROOT}/certs/{{first}}/resume`,
        undefined,
        200,
        issuedCertificate,
      ),
      del('local-certificate-delete', `${CAS}/${ROOT}/certs/{{first}}`, 204),
      get('the installed CA is untouched', `${CAS}/{{below}}`, 200, { cert: '{{cert}}' }),
      get(
        'local-ca-list',
        `${CAS}/?skip=0&limit=50`,
        200,
        list(containing({ id: '{{root}}' }, { id: '{{below}}' })),
      ),
      del('local-ca-delete of the root, first', `${CAS}/{{root}}`, 204),
      del('local-ca-delete of the installed one', `${CAS}/{{below}}`, 204),
      get('both are gone', `${CAS}/${ROOT}`, 404, notFound),
      post(
        'external-ca-upload of a text that ends without a newline',
        `${EXTERNAL}/`,
        { cert: foreignRoot.trimEnd(), name: EXTERNAL_NAME },
        201,
        allOf(externalCa, truthful, { serialNumber: '0', purpose: bothEnabled }),
        { keep: { external: 'id' } },
      ),
      patch(
        'external-ca-update',
        `${EXTERNAL}/{{external}}`,
        { allow_client_authentication: false, allow_user_authentication: false },
        200,
        { purpose: bothDisabled },
      ),
      del('external-ca-delete', `${EXTERNAL}/{{external}}`, 204),
      get(
        'external-ca-list',
        `${EXTERNAL}/?skip=0&limit=50`,
        200,
        list(each({ name: not(EXTERNAL_NAME) })),
      ),
    ],
    tidy: [removeCa('root'), removeCa('below'), removeExternal('external')],
  },
]
