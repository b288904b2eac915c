/**
 * Reference sections 1 and 4: sets, and what every resource of transparent encryption has in common.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 1 identifiers, common fields, create and PATCH answer the whole object, 404 | one for each kind |
 * | 1 what Go clients send for nothing | one for each kind |
 * | 1 the PATCH table | patching |
 * | 1 lists: skip, limit, name, sort by several fields | listing |
 * | 4 elements and their fields, index from 0, replace, add, change, remove | one for each kind |
 * | 4 null and 0 | root |
 * | 4 classification tags, operators | classification |
 * | 4 elements that name sets, delete while used | naming |
 * | 4 signature sets | signatures, signing |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { allOf, type Expected, exactly, integer, sized, someText } from '../expect.ts'
import { assumed, named, ours } from '../identity/common.ts'
import {
  CLIENTS,
  commonNamed,
  conflict,
  makeClient,
  removeClient,
  TE,
  wrongValue,
} from './machines.ts'

type Kind = 'resource' | 'user' | 'process' | 'signature'

const all = (kind: Kind): string => `${TE}/${kind}sets`

export const makeSet = (
  kind: Kind,
  key: string,
  fields: object = {},
  body: Expected = {},
): Exchange =>
  post(
    `a ${kind} set is made: ${key}`,
    `${all(kind)}/`,
    { name: named(key), ...fields },
    201,
    allOf(commonNamed, { name: named(key) }, body),
    {
      keep: { [key]: 'id', [`${key}-uri`]: 'uri' },
    },
  )

export const removeSet = (kind: Kind, key: string): Exchange =>
  del(`the ${kind} set ${key} is deleted`, `${all(kind)}/{{${key}}}`, [200, 204, 404])

const RESOURCE = { directory: '/home/testUser', file: '*', include_subfolders: true, hdfs: false }
const OTHER = { directory: '/home/other', file: '', include_subfolders: false, hdfs: false }

/** Each kind with elements as its samples have them, and the paths that change them. */
const kinds: readonly {
  readonly kind: Kind
  readonly member: string
  readonly elements: readonly [
    Readonly<Record<string, Expected>>,
    Readonly<Record<string, Expected>>,
  ]
  readonly add: string
  readonly change: string
  readonly remove: string
  readonly changed: Readonly<Record<string, Expected>>
}[] = [
  {
    kind: 'resource',
    member: 'resources',
    elements: [RESOURCE, OTHER],
    add: 'addresources',
    change: 'updateresource',
    remove: 'delresources?resourceIndexList=',
    changed: { directory: '/changed' },
  },
  {
    kind: 'user',
    member: 'users',
    elements: [
      { uname: 'root', uid: 0, gname: 'wheel', gid: 0, os_domain: '' },
      { uname: 'jo', uid: null, gname: '', gid: null, os_domain: 'corp' },
    ],
    add: 'addusers',
    change: 'updateuser',
    remove: 'delusers?userIndexList=',
    changed: { uname: 'changed' },
  },
  {
    kind: 'process',
    member: 'processes',
    elements: [
      { directory: '/bin', file: 'sh', signature: '', resource_set_id: '', labels: {} },
      { directory: '/opt', file: '*', signature: '', resource_set_id: '', labels: { a: 'b' } },
    ],
    add: 'addprocesses',
    change: 'updateprocess',
    remove: 'delprocesses?processIndexList=',
    changed: { file: 'changed' },
  },
]

const indexed = (...elements: readonly Readonly<Record<string, Expected>>[]) =>
  elements.map((element, index) => ({ ...element, index }))

const ofKind = ({
  kind,
  member,
  elements,
  add,
  change,
  remove,
  changed,
}: (typeof kinds)[number]): Scenario => {
  const [first, second] = elements
  const path = `${all(kind)}/{{set}}`
  return {
    name: `a ${kind} set is made, read, changed and deleted`,
    exchanges: [
      post(
        'it is made of what a Go client sends, empty members included',
        `${all(kind)}/`,
        { id: '', name: named('set'), description: '', labels: null, [member]: elements },
        201,
        allOf(commonNamed, {
          name: named('set'),
          description: '',
          labels: exactly({}),
          [member]: indexed(first, second),
        }),
        { keep: { set: 'id', uri: 'uri' } },
      ),
      get('it is read by its name', `${all(kind)}/${named('set')}`, 200, {
        id: '{{set}}',
        [member]: indexed(first, second),
      }),
      get('by its URI', `${all(kind)}/{{enc:uri}}`, 200, { id: '{{set}}' }),
      get('with a trailing slash', `${path}/`, 200, { id: '{{set}}' }),
      get('a missing one is 404', `${all(kind)}/${named('nobody')}`, 404, { code: 16 }),
      get(
        'Ansible finds its id by its name',
        `${all(kind)}/?skip=0&limit=1&name=${named('set')}`,
        200,
        {
          skip: 0,
          limit: 1,
          total: 1,
          resources: [{ id: '{{set}}', name: named('set') }],
        },
      ),
      get('or finds no rows', `${all(kind)}/?skip=0&limit=1&name=${named('nobody')}`, 200, {
        total: 0,
        resources: [],
      }),
      post('its name is taken', all(kind), { name: named('set') }, 409, conflict),
      patch('all elements are replaced', path, { [member]: [second] }, 200, {
        id: '{{set}}',
        [member]: indexed(second),
      }),
      patch('null keeps them', path, { [member]: null }, 200, { [member]: indexed(second) }),
      patch('an empty list takes them away', path, { [member]: [] }, 200, { [member]: sized(0) }),
      patch('some are added', `${path}/${add}`, { [member]: [first] }, 200, {
        id: '{{set}}',
        [member]: indexed(first),
      }),
      patch('behind those that are there', `${path}/${add}/`, { [member]: [second] }, 200, {
        [member]: indexed(first, second),
      }),
      patch('one is changed by its index', `${path}/${change}/1`, changed, 200, {
        id: '{{set}}',
        [member]: indexed(first, { ...second, ...changed }),
      }),
      assumed(
        patch('an index that there is not is 404', `${path}/${change}/2`, changed, 404, {
          code: 16,
        }),
      ),
      ours(del('nothing is removed when one index is none', `${path}/${remove}0,9`, 404)),
      get('they are read by pages', `${path}/${member}?skip=1&limit=1`, 200, {
        total: 2,
        resources: [{ index: 1 }],
      }),
      assumed(del('several are removed by a comma list', `${path}/${remove}0,1`, [200, 204])),
      get('and are gone', path, 200, { [member]: sized(0) }),
      del('the collection is never deleted', all(kind), 405),
      del('nor with a slash', `${all(kind)}/`, 405),
      del('the set is deleted', path, [200, 204]),
      get('and is gone', path, 404),
    ],
    tidy: [removeSet(kind, 'set')],
  }
}

const patching: Scenario = {
  name: 'a PATCH of a set changes what was sent, as its table says',
  exchanges: [
    makeSet('user', 'patched', { description: 'd', labels: { a: 'b' } }),
    ...(
      [
        ['what is left out is kept', {}, { description: 'd', labels: exactly({ a: 'b' }) }],
        [
          'the name never changes',
          { name: named('other') },
          { id: '{{patched}}', name: named('patched') },
        ],
        ['empty labels change nothing', { labels: {} }, { labels: exactly({ a: 'b' }) }],
        ['labels are set', { labels: { c: 'd' } }, { labels: exactly({ c: 'd' }) }],
        ['null takes all labels away', { labels: null }, { labels: exactly({}), description: 'd' }],
        ['an empty description clears it', { description: '' }, { description: '' }],
      ] as const
    ).map(([name, json, body]) => patch(name, `${all('user')}/{{patched}}`, json, 200, body)),
    get('nobody is called by the new name', `${all('user')}/${named('other')}`, 404),
  ],
  tidy: [removeSet('user', 'patched')],
}

const listing: Scenario = {
  name: 'sets are listed by pages, by name and in an order',
  exchanges: [
    ...['b', 'a', 'c'].map((key) => makeSet('resource', `list-${key}`)),
    get('upwards', `${all('resource')}?name=conf-list-*-{{run}}&sort=name&limit=2`, 200, {
      skip: 0,
      limit: 2,
      total: 3,
      resources: [{ name: named('list-a') }, { name: named('list-b') }],
    }),
    get(
      'downwards, and by a second field',
      `${all('resource')}?name=conf-list-*-{{run}}&sort=-name,createdAt&limit=1`,
      200,
      {
        total: 3,
        resources: [{ name: named('list-c') }],
      },
    ),
    get(
      'the next page',
      `${all('resource')}/?name=conf-list-*-{{run}}&sort=name&skip=2&limit=2`,
      200,
      {
        skip: 2,
        resources: [{ name: named('list-c') }],
      },
    ),
  ],
  tidy: ['a', 'b', 'c'].map((key) => removeSet('resource', `list-${key}`)),
}

const root: Scenario = {
  name: 'null is no user and 0 is root',
  exchanges: [
    makeSet(
      'user',
      'root',
      { users: [{ uname: 'x', uid: 0, gid: null }] },
      { users: [{ uid: 0, gid: null }] },
    ),
    patch('0 is set', `${all('user')}/{{root}}/updateuser/0`, { gid: 0 }, 200, {
      users: [{ uid: 0, gid: 0 }],
    }),
    ours(
      patch('null takes it away', `${all('user')}/{{root}}/updateuser/0`, { uid: null }, 200, {
        users: [{ uname: 'x', uid: null, gid: 0 }],
      }),
    ),
    ours(
      post(
        'a user that says nothing is none',
        all('user'),
        { name: named('refused'), users: [{ uname: '' }] },
        400,
        wrongValue,
      ),
    ),
    ours(
      post(
        'an id has 32 bits',
        all('user'),
        { name: named('refused'), users: [{ uid: 4294967296 }] },
        400,
        wrongValue,
      ),
    ),
  ],
  tidy: [removeSet('user', 'root')],
}

const TAG = {
  name: 'secret',
  description: '',
  attributes: [{ data_type: 'string', name: 'level', operator: 'ge', value: '3' }],
}

const classification: Scenario = {
  name: 'a resource set of the type Classification holds tags',
  exchanges: [
    makeSet(
      'resource',
      'plain',
      { resources: [RESOURCE], classification_tags: null },
      { type: 'Directory' },
    ),
    makeSet(
      'resource',
      'tags',
      { type: 'Classification', resources: null, classification_tags: [TAG] },
      { type: 'Classification', classification_tags: [{ ...TAG, index: 0 }] },
    ),
    ...['eq', 'ne', 'lt', 'le', 'gt'].map((operator) =>
      patch(
        `the operator ${operator}`,
        `${all('resource')}/{{tags}}`,
        { classification_tags: [{ ...TAG, attributes: [{ ...TAG.attributes[0], operator }] }] },
        200,
        {
          classification_tags: [{ attributes: [{ operator }] }],
        },
      ),
    ),
    assumed(
      patch(
        'another operator is none',
        `${all('resource')}/{{tags}}`,
        {
          classification_tags: [
            { ...TAG, attributes: [{ ...TAG.attributes[0], operator: 'like' }] },
          ],
        },
        400,
        wrongValue,
      ),
    ),
    ours(
      patch(
        'directories are for the other type',
        `${all('resource')}/{{tags}}`,
        { resources: [RESOURCE] },
        400,
        wrongValue,
      ),
    ),
    ours(
      post(
        'the type is one of two',
        all('resource'),
        { name: named('refused'), type: 'Other' },
        400,
        wrongValue,
      ),
    ),
  ],
  tidy: [removeSet('resource', 'plain'), removeSet('resource', 'tags')],
}

const naming: Scenario = {
  name: 'processes name signature and resource sets, which then stay',
  exchanges: [
    makeSet('signature', 'signed'),
    makeSet('resource', 'where'),
    makeSet(
      'process',
      'naming',
      {
        processes: [
          {
            signature: '{{signed}}',
            directory: '/bin',
            file: '*',
            labels: null,
            resource_set_id: named('where'),
          },
        ],
      },
      { processes: [{ signature: '{{signed}}', resource_set_id: named('where'), index: 0 }] },
    ),
    assumed(del('the signature set stays', `${all('signature')}/{{signed}}`, 409, conflict)),
    assumed(del('and so does the resource set', `${all('resource')}/{{where}}`, 409, conflict)),
    ours(
      post(
        'a set that there is not cannot be named',
        all('process'),
        { name: named('refused'), processes: [{ signature: named('nobody') }] },
        404,
      ),
    ),
    removeSet('process', 'naming'),
    del('free again', `${all('signature')}/{{signed}}`, [200, 204]),
    del('both of them', `${all('resource')}/{{where}}`, [200, 204]),
  ],
  tidy: [
    removeSet('process', 'naming'),
    removeSet('signature', 'signed'),
    removeSet('resource', 'where'),
  ],
}

const signatures: Scenario = {
  name: 'a signature set holds sources and signatures',
  exchanges: [
    makeSet(
      'signature',
      'sigs',
      { type: 'Application', source_list: ['/usr/bin', '/usr/sbin'] },
      {
        type: 'Application',
        source_list: ['/usr/bin', '/usr/sbin'],
        reference_version: integer,
        percentage_complete: integer,
        signing_status: someText,
        updated_by: 'admin',
        docker_img_id: '',
        docker_cont_id: '',
      },
    ),
    makeSet('signature', 'image', { type: 'Container-Image' }, { type: 'Container-Image' }),
    patch('a PATCH adds sources', `${all('signature')}/{{sigs}}`, { source_list: ['/opt'] }, 200, {
      source_list: ['/usr/bin', '/usr/sbin', '/opt'],
    }),
    patch(
      'others are taken away first',
      `${all('signature')}/{{sigs}}/delete-sources`,
      { source_list: ['/usr/bin', '/usr/sbin', '/opt'] },
      200,
      {
        id: '{{sigs}}',
        source_list: sized(0),
      },
    ),
    patch(
      'then the full list is sent',
      `${all('signature')}/{{sigs}}`,
      { source_list: ['/opt', '/srv'] },
      200,
      { source_list: ['/opt', '/srv'] },
    ),
    patch(
      'signatures are added',
      `${all('signature')}/{{sigs}}/addsignatures`,
      {
        signatures: [
          { file_name: '/opt/a', hash_value: 'aa' },
          { file_name: '/opt/b', hash_value: 'bb' },
        ],
      },
      200,
      { id: '{{sigs}}' },
    ),
    get(
      'and found by the file',
      `${all('signature')}/{{sigs}}/signatures/?skip=0&limit=1&file_name=/opt/b`,
      200,
      { total: 1, resources: [{ file_name: '/opt/b', hash_value: 'bb' }] },
      {
        keep: { one: 'resources.0.id' },
      },
    ),
    del('one is removed', `${all('signature')}/{{sigs}}/signatures/{{one}}`, [200, 204]),
    get('and is gone', `${all('signature')}/{{sigs}}/signatures/`, 200, {
      total: 1,
      resources: [{ file_name: '/opt/a' }],
    }),
  ],
  tidy: [removeSet('signature', 'sigs'), removeSet('signature', 'image')],
}

const signing: Scenario = {
  name: 'a client is asked to sign, and the answer tells the status',
  exchanges: [
    makeClient('signer'),
    makeSet('signature', 'to-sign', { source_list: ['/usr/bin'] }),
    ...['signapp', 'querysignapp', 'cancelsignapp'].map((action) =>
      post(action, `${all('signature')}/{{to-sign}}/${action}/`, { client_id: '{{signer}}' }, 200, {
        status: someText,
      }),
    ),
    post(
      'a client that there is not cannot sign',
      `${all('signature')}/{{to-sign}}/signapp`,
      { client_id: named('nobody') },
      404,
    ),
    get('the client is there', `${CLIENTS}/{{signer}}`, 200),
  ],
  tidy: [removeSet('signature', 'to-sign'), removeClient('signer')],
}

export const setScenarios: readonly Scenario[] = [
  ...kinds.map(ofKind),
  patching,
  listing,
  root,
  classification,
  naming,
  signatures,
  signing,
]
