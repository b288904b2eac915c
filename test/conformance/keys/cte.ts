/**
 * Keys of transparent encryption, as the page "Creating Keys" of its API has them, and the order in which the Terraform
 * provider goes: key, resource set, policy, client, guard point, and back (transparent encryption 2 and 10).
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 2 the key of the sample; `is_used`; PATCH of `meta.cte` in use; deletion | sample |
 * | 2 each rule that a key must meet | unfit |
 * | 2 who deletes such a key | deleting |
 * | 10 Terraform | terraform |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, exactly, sized, someText, time, uuid } from '../expect.ts'
import {
  addMember,
  assumed,
  forbidden,
  list,
  makeUser,
  named,
  notFound,
  only,
  removeUser,
  signIn,
} from '../identity/common.ts'
import { KEYS, makeKey, removeKey, removePublic } from './common.ts'

const TE = '/transparent-encryption'
const AGENTS = ['CTE Clients']

const PERMISSIONS = Object.fromEntries(
  [
    'DecryptWithKey',
    'EncryptWithKey',
    'ExportKey',
    'MACVerifyWithKey',
    'MACWithKey',
    'ReadKey',
    'SignVerifyWithKey',
    'SignWithKey',
    'UseKey',
  ].map((permission) => [permission, AGENTS]),
)
const CTE = { persistent_on_client: true, encryption_mode: 'CBC_CS1', cte_versioned: false }
const OWNER = 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c'
const SAMPLE = {
  algorithm: 'aes',
  size: 256,
  undeletable: true,
  unexportable: false,
  meta: { ownerId: OWNER, permissions: PERMISSIONS, cte: CTE },
  xts: false,
}

/** A Standard policy that applies the key to everything. */
const policy = (name: string, key: string, status: number, body: object = {}): Exchange =>
  post(
    `a policy: ${name}`,
    `${TE}/policies`,
    {
      name: named(name),
      policy_type: 'Standard',
      security_rules: [{ action: 'all_ops', effect: 'permit,applykey', partial_match: true }],
      key_rules: [{ key_id: named(key) }],
    },
    status,
    status === 201 ? { id: uuid, name: named(name) } : { codeDesc: /^NCERR/, ...body },
    status === 201 ? { keep: { [name]: 'id' } } : {},
  )
const removePolicy = (name: string): Exchange =>
  del(`the policy ${name} is deleted`, `${TE}/policies/{{${name}}}`, [200, 204, 404])

const sample: Scenario = {
  name: 'the key of the sample is made as it stands, used in a policy, and kept while it is used',
  exchanges: [
    makeKey('key', SAMPLE, {
      algorithm: 'AES',
      size: 256,
      undeletable: true,
      unexportable: false,
      meta: exactly({ ownerId: OWNER, permissions: PERMISSIONS, cte: { ...CTE, is_used: false } }),
    }),
    get(
      'it is listed with its meta',
      `${KEYS}/?name=${named('key')}&fields=meta`,
      200,
      only({ id: '{{key}}', meta: { cte: { is_used: false } } }),
    ),
    patch(
      'is_used is the server’s word',
      `${KEYS}/{{key}}`,
      { meta: { cte: { is_used: true } } },
      200,
      { meta: { cte: { is_used: false } } },
    ),
    policy('policy', 'key', 201),
    get('the key says that it is used', `${KEYS}/{{key}}`, 200, {
      meta: { cte: { is_used: true } },
    }),
    del('undeletable comes first', `${KEYS}/{{key}}`, 400, {
      codeDesc: someText,
      message: /key is not deletable/i,
    }),
    patch('that is turned off', `${KEYS}/{{key}}`, { undeletable: false }, 200, {
      undeletable: false,
    }),
    assumed(
      del('then the policy keeps it, and is named', `${KEYS}/{{key}}`, 409, {
        codeDesc: /^NCERRConflict.*conf-policy-/,
      }),
    ),
    assumed(post('from being destroyed as well', `${KEYS}/{{key}}/destroy`, undefined, 409)),
    patch(
      'meta.cte stays as it is, and nothing else is changed with it',
      `${KEYS}/{{key}}`,
      { description: 'x', meta: { cte: { persistent_on_client: false } } },
      400,
    ),
    get('so the description is not', `${KEYS}/{{key}}`, 200, {
      description: '',
      meta: { cte: { persistent_on_client: true, is_used: true } },
    }),
    patch(
      'sent back as it was it is no change',
      `${KEYS}/{{key}}`,
      { description: 'y', meta: { cte: { ...CTE, is_used: true } } },
      200,
      { description: 'y' },
    ),
    del('the policy goes', `${TE}/policies/{{policy}}`, [200, 204]),
    assumed(
      get('and the key is free', `${KEYS}/{{key}}`, 200, { meta: { cte: { is_used: false } } }),
    ),
    del('and goes', `${KEYS}/{{key}}`, 204),
  ],
  tidy: [
    removePolicy('policy'),
    patch('it may go', `${KEYS}/{{key}}`, { undeletable: false }, [200, 404]),
    removeKey('key'),
  ],
}

const fitting = (fields: object = {}, meta: object = {}, cte: object = {}) => ({
  algorithm: 'aes',
  ...fields,
  meta: { permissions: { ReadKey: AGENTS, ExportKey: AGENTS }, cte: { ...CTE, ...cte }, ...meta },
})

/** What is wrong with a key, and what the refusal says. */
const UNFIT: readonly (readonly [key: string, fields: object, says: RegExp])[] = [
  ['unexportable', fitting({ unexportable: true }), /exportable/],
  ['ungranted', fitting({}, { permissions: {} }), /ReadKey and ExportKey/],
  ['half-granted', fitting({}, { permissions: { ReadKey: AGENTS } }), /ReadKey and ExportKey/],
  [
    'unmarked',
    { ...fitting(), meta: { permissions: { ReadKey: AGENTS, ExportKey: AGENTS } } },
    /meta\.cte/,
  ],
  ['other-mode', fitting({}, {}, { encryption_mode: 'GCM' }), /encryption_mode/],
  ['versioned', fitting({}, {}, { cte_versioned: true }), /versioned/],
  ['asymmetric', fitting({ algorithm: 'ec', curveid: 'prime256v1' }), /AES/],
]

const unfit: Scenario = {
  name: 'a key that breaks a rule of transparent encryption is refused in a policy, by that rule',
  exchanges: [
    ...UNFIT.flatMap(([key, fields, says]) => [
      makeKey(key, fields),
      policy(`policy-${key}`, key, 400, { codeDesc: says }),
    ]),
    ...['CBC', 'cbc_cs1'].flatMap((encryption_mode) => [
      makeKey(encryption_mode, fitting({}, {}, { encryption_mode })),
      policy(`policy-${encryption_mode}`, encryption_mode, 201),
    ]),
    makeKey('early', fitting({ state: 'Pre-Active' })),
    assumed(policy('policy-early', 'early', 400, { codeDesc: /must be active/i })),
    policy('policy-none', 'none', 404),
  ],
  tidy: [
    ...['CBC', 'cbc_cs1'].map((mode) => removePolicy(`policy-${mode}`)),
    ...[...UNFIT.map(([key]) => key), 'CBC', 'cbc_cs1', 'early'].map(removeKey),
    removePublic('asymmetric'),
  ],
}

const as = (user: string, exchange: Exchange): Exchange => ({
  ...exchange,
  as: user,
  name: `${user}: ${exchange.name}`,
})
const USERS: Readonly<Record<string, readonly string[]>> = {
  owner: ['Key Users'],
  keys: ['Key Admins'],
  cte: ['CTE Admins'],
  both: ['Key Admins', 'CTE Admins'],
}

const deleting: Scenario = {
  name: 'a key of transparent encryption is deleted by those who are in both groups, and by admin',
  exchanges: [
    ...Object.entries(USERS).flatMap(([user, groups]) => [
      makeUser(user),
      ...groups.map((group) => addMember(user, encodeURIComponent(group))),
      signIn(user),
    ]),
    makeKey('one', fitting({}, { ownerId: '{{owner}}' })),
    makeKey('two', fitting()),
    policy('policy', 'one', 201),
    ...['owner', 'keys', 'both'].map((user) =>
      assumed(as(user, del('not while it is used', `${KEYS}/{{one}}`, [403, 409]))),
    ),
    del('the policy goes', `${TE}/policies/{{policy}}`, [200, 204]),
    as('owner', del('its owner alone does not', `${KEYS}/{{one}}`, 403, forbidden)),
    as('keys', del('Key Admins alone do not', `${KEYS}/{{one}}`, 403, forbidden)),
    as('cte', del('nor CTE Admins alone', `${KEYS}/{{one}}`, [403, 404])),
    as('both', del('both together do', `${KEYS}/{{one}}`, 204)),
    assumed(del('and so does admin', `${KEYS}/{{two}}`, 204)),
  ],
  tidy: [
    removePolicy('policy'),
    ...['one', 'two'].map(removeKey),
    ...Object.keys(USERS).map(removeUser),
  ],
}

/** The provider sends every member of its structs: empty texts, nulls and an empty id. */
const terraform: Scenario = {
  name: 'Terraform builds transparent encryption from the key to the guard point, and takes it down again',
  exchanges: [
    makeKey('key', {
      ...SAMPLE,
      undeletable: false,
      meta: { owner_id: '', permissions: PERMISSIONS, cte: CTE },
    }),
    post(
      'a resource set',
      `${TE}/resourcesets`,
      {
        id: '',
        name: named('set'),
        description: '',
        type: 'Directory',
        labels: null,
        resources: [{ directory: '/data', file: '*', include_subfolders: true, hdfs: false }],
        classification_tags: null,
      },
      201,
      {
        id: uuid,
        uri: someText,
        account: someText,
        application: someText,
        devAccount: someText,
        createdAt: time,
        updatedAt: time,
        name: named('set'),
        resources: [
          { index: 0, directory: '/data', file: '*', include_subfolders: true, hdfs: false },
        ],
      },
      { keep: { set: 'id' } },
    ),
    get('is read back', `${TE}/resourcesets/{{set}}`, 200, {
      id: '{{set}}',
      uri: someText,
      updatedAt: time,
    }),
    post(
      'a policy',
      `${TE}/policies`,
      {
        id: '',
        name: named('policy'),
        description: '',
        policy_type: 'Standard',
        never_deny: false,
        metadata: { restrict_update: false },
        security_rules: [
          {
            action: 'key_op',
            effect: 'permit,applykey',
            partial_match: true,
            user_set_id: '',
            process_set_id: '',
            resource_set_id: '',
          },
          {
            action: 'all_ops',
            effect: 'permit,audit,applykey',
            partial_match: true,
            resource_set_id: named('set'),
            exclude_resource_set: false,
          },
        ],
        key_rules: [{ key_id: named('key'), key_type: 'name', resource_set_id: named('set') }],
        data_transform_rules: null,
        ldt_key_rules: null,
        idt_key_rules: null,
        signature_rules: null,
      },
      201,
      {
        id: uuid,
        name: named('policy'),
        security_rules: [
          { id: someText, order_number: 1, action: 'key_op' },
          { id: someText, order_number: 2, action: 'all_ops' },
        ],
        key_rules: [
          {
            id: someText,
            order_number: 1,
            key_id: named('key'),
            key_type: 'name',
            resource_set_id: named('set'),
          },
        ],
      },
      { keep: { policy: 'id', rule: 'key_rules.0.id', security: 'security_rules.1.id' } },
    ),
    get('is read back', `${TE}/policies/{{policy}}`, 200, {
      id: '{{policy}}',
      policy_type: /^standard$/i,
      never_deny: false,
    }),
    get('its key rule', `${TE}/policies/{{policy}}/keyrules/{{rule}}`, 200, {
      id: '{{rule}}',
      policy_id: '{{policy}}',
      key_id: named('key'),
    }),
    get('its security rule', `${TE}/policies/{{policy}}/securityrules/{{security}}`, 200, {
      id: '{{security}}',
      effect: 'permit,audit,applykey',
    }),
    get('the key is used', `${KEYS}/{{key}}`, 200, { meta: { cte: { is_used: true } } }),
    post(
      'a client',
      `${TE}/clients`,
      {
        id: '',
        name: `${named('Host')}.example.com`,
        client_type: 'FS',
        description: '',
        password: '',
        password_creation_method: 'GENERATE',
        registration_allowed: true,
        communication_enabled: false,
        profile_identifier: '',
        labels: null,
        client_locked: false,
        system_locked: false,
        shared_domain_list: null,
      },
      201,
      { id: uuid },
      { keep: { client: 'id' } },
    ),
    get('is read back, in lower case', `${TE}/clients/{{client}}`, 200, {
      id: '{{client}}',
      name: /^conf-host-.*\.example\.com$/,
      client_health_status: 'UNREGISTERED',
    }),
    post(
      'a guard point',
      `${TE}/clients/{{client}}/guardpoints`,
      {
        guard_paths: ['/data/'],
        guard_point_params: {
          guard_point_type: 'directory_auto',
          policy_id: '{{policy}}',
          automount_enabled: false,
          cifs_enabled: false,
          early_access: false,
          preserve_sparse_regions: true,
          data_classification_enabled: false,
          data_lineage_enabled: false,
          disk_name: '',
          diskgroup_name: '',
          is_idt_capable_device: false,
          mfa_enabled: false,
          network_share_credentials_id: '',
          guard_enabled: true,
        },
      },
      201,
      {
        guardpoints: [
          {
            guardpoint: {
              id: uuid,
              guard_path: '/data/',
              guard_point_type: 'directory_auto',
              policy_id: '{{policy}}',
              guard_enabled: true,
            },
          },
        ],
      },
      { keep: { gp: 'guardpoints.0.guardpoint.id' } },
    ),
    get('is read back', `${TE}/clients/{{client}}/guardpoints/{{gp}}`, 200, {
      id: '{{gp}}',
      guard_path: '/data/',
      policy_id: '{{policy}}',
    }),
    get(
      'a health script lists them',
      `${TE}/clients/{{client}}/guardpoints/?limit=100`,
      200,
      list(sized(1), 1),
    ),
    assumed(del('a policy that guards is not deleted', `${TE}/policies/{{policy}}`, 409)),
    assumed(del('nor a set that a policy uses', `${TE}/resourcesets/{{set}}`, 409)),
    assumed(del('nor the key', `${KEYS}/{{key}}`, 409)),
    ...['resourcesets', 'policies', 'clientgroups'].map((collection) =>
      del(`${collection} are not deleted as a whole`, `${TE}/${collection}`, [404, 405]),
    ),
    patch(
      'unguard, with the slash that its address has',
      `${TE}/clients/{{client}}/guardpoints/unguard/`,
      { guard_point_id_list: ['{{gp}}'] },
      200,
      {},
    ),
    get('the guard point is gone', `${TE}/clients/{{client}}/guardpoints/{{gp}}`, 404, notFound),
    patch(
      'the client is deleted by a PATCH',
      `${TE}/clients/{{client}}/delete`,
      { del_client: true, force_del_client: true },
      200,
      {},
    ),
    get('it is gone', `${TE}/clients/{{client}}`, 404, notFound),
    del('the policy', `${TE}/policies/{{policy}}`, [200, 204]),
    get('is gone', `${TE}/policies/{{policy}}`, 404, notFound),
    del('the resource set', `${TE}/resourcesets/{{set}}`, [200, 204]),
    get('the key is free', `${KEYS}/{{key}}`, 200, {
      meta: { cte: { is_used: false } },
      material: absent,
    }),
    del('the key', `${KEYS}/{{key}}`, 204),
  ],
  tidy: [
    patch(
      'unguarded',
      `${TE}/clients/{{client}}/guardpoints/unguard/`,
      { guard_point_id_list: ['{{gp}}'] },
      [200, 400, 404],
    ),
    patch(
      'no client',
      `${TE}/clients/{{client}}/delete`,
      { del_client: true, force_del_client: true },
      [200, 404],
    ),
    removePolicy('policy'),
    del('no set', `${TE}/resourcesets/{{set}}`, [200, 204, 404]),
    removeKey('key'),
  ],
}

export const cteKeys: readonly Scenario[] = [sample, unfit, deleting, terraform]
