/**
 * Reference 1.4, every row, shown on a dozen groups of the scenario's own, then on each other list.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | skip, limit, total, resources, skip beyond total | a list is paged |
 * | messages, unknown query parameter | what a list does not understand it says |
 * | sort | a list is sorted as asked |
 * | wildcards | text filters take wildcards |
 * | Default order | users by creation, groups by name; CAs, certificates and domains belong to other areas |
 * | streamed `-1` | only that all rows come; streaming shows in memory, not on the wire |
 */
import { get, post, type Scenario } from '../exchange.ts'
import { absent, allOf, atLeast, not, ordered, sized } from '../expect.ts'
import {
  assumed,
  groupShape,
  list,
  makeUser,
  named,
  noRows,
  refusedValue,
  removeGroup,
  removeUser,
} from './common.ts'

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']
const dozen = letters.map((letter) =>
  post(`the group ${letter}`, '/usermgmt/groups/', { name: named(letter) }, 201, groupShape),
)
const tidyDozen = letters.map(removeGroup)
const mine = '/usermgmt/groups/?name=conf-%3F-{{run}}'

const paging: Scenario = {
  name: 'a list is paged by skip and limit, echoed as asked',
  exchanges: [
    ...dozen,
    get('ten rows come by default', mine, 200, list(sized(10), 12)),
    get(
      'skip leaves rows out',
      `${mine}&skip=10`,
      200,
      list([{ name: named('k') }, { name: named('l') }], 12),
    ),
    get('limit bounds them', `${mine}&limit=5`, 200, list(sized(5), 12)),
    get(
      'both together',
      `${mine}&skip=3&limit=2`,
      200,
      list([{ name: named('d') }, { name: named('e') }], 12),
    ),
    get('skip=0 is the default', `${mine}&skip=0&limit=1`, 200, list([{ name: named('a') }], 12)),
    get('skip beyond the total', `${mine}&skip=100`, 200, list([], 12)),
    get('skip at the total', `${mine}&skip=12`, 200, list([], 12)),
    get('the largest limit', `${mine}&limit=2000`, 200, list(sized(12), 12)),
    assumed(
      get('a limit above the maximum is clamped', `${mine}&limit=2001`, 200, list(sized(12), 12)),
    ),
    assumed(get('a far larger limit, too', `${mine}&limit=1000000`, 200, list(sized(12), 12))),
    assumed(get('limit=0 is the default', `${mine}&limit=0`, 200, list(sized(10), 12))),
    get('limit=-1 brings all rows', `${mine}&limit=-1`, 200, list(sized(12), 12)),
    get('limit=-1 after a skip', `${mine}&limit=-1&skip=4`, 200, list(sized(8), 12)),
    get('another negative limit is refused', `${mine}&limit=-2`, 400, refusedValue),
    get('a negative skip is refused', `${mine}&skip=-1`, 400, refusedValue),
    get('a limit that is no number', `${mine}&limit=ten`, 400, refusedValue),
    get('a skip that is no number', `${mine}&skip=x`, 400, refusedValue),
    get('a limit that is no whole number', `${mine}&limit=1.5`, 400, refusedValue),
    get(
      'the total counts after filters',
      '/usermgmt/groups/?name=conf-a-{{run}}',
      200,
      list(sized(1), 1),
    ),
    get('nothing found is an empty array', '/usermgmt/groups/?name=conf-none-{{run}}', 200, noRows),
    get('Terraform sends both', `${mine}&skip=0&limit=10`, 200, list(sized(10), 12)),
  ],
  tidy: tidyDozen,
}

const messages: Scenario = {
  name: 'a list says which query parameters it did not understand, and otherwise says nothing',
  exchanges: [
    get('no messages when all is understood', '/usermgmt/groups/?limit=1', 200, {
      messages: absent,
    }),
    get(
      'an unknown parameter is ignored and named',
      '/usermgmt/groups/?colour=green&limit=1',
      200,
      {
        messages: [/colour/],
        resources: sized(1),
      },
    ),
    get('two unknown ones', '/usermgmt/users/?colour=green&shape=round', 200, {
      messages: atLeast(1),
    }),
    get('an unknown one of the policies', '/usermgmt/pwdpolicies/?colour=green', 200, {
      messages: [/colour/],
    }),
    get('an unknown one of the tokens', '/auth/tokens/?colour=green', 200, {
      messages: [/colour/],
    }),
    get('an unknown one of the records', '/audit/records?colour=green', 200, {
      messages: [/colour/],
    }),
  ],
}

const sorting: Scenario = {
  name: 'a list is sorted as asked, and has an order of its own otherwise',
  exchanges: [
    ...dozen,
    get('groups by name', mine, 200, list(ordered('name', 'up', true), 12)),
    get(
      'groups by name downwards',
      `${mine}&sort=-name`,
      200,
      list(ordered('name', 'down', true), 12),
    ),
    get(
      'groups by time',
      `${mine}&sort=created_at&limit=20`,
      200,
      list(ordered('created_at', 'up'), 12),
    ),
    get('groups by time downwards', `${mine}&sort=-created_at&limit=20`, 200, {
      resources: allOf(sized(12), ordered('created_at', 'down')),
    }),
    get(
      'by several fields',
      `${mine}&sort=-updated_at,name&limit=20`,
      200,
      list(ordered('updated_at', 'down'), 12),
    ),
    get(
      'all groups stand by name without case',
      '/usermgmt/groups/?limit=-1',
      200,
      list(ordered('name', 'up', true)),
    ),
    get(
      'all users stand by creation',
      '/usermgmt/users/?limit=-1',
      200,
      list(ordered('created_at', 'up')),
    ),
    get('users by name downwards', '/usermgmt/users/?sort=-username&limit=-1', 200, {
      resources: ordered('username', 'down'),
    }),
  ],
  tidy: tidyDozen,
}

const caseless: Scenario = {
  name: 'groups are listed by name without case',
  exchanges: [
    ...['B two', 'a one', 'C three'].map((name) =>
      post(
        `the group ${name}`,
        '/usermgmt/groups/',
        { name: `conf{{run}} ${name}` },
        201,
        groupShape,
      ),
    ),
    get('capitals and small letters mix', '/usermgmt/groups/?name=conf{{run}}*', 200, {
      resources: [
        { name: 'conf{{run}} a one' },
        { name: 'conf{{run}} B two' },
        { name: 'conf{{run}} C three' },
      ],
    }),
  ],
  tidy: ['B%20two', 'a%20one', 'C%20three'].map((name) => ({
    name: 'tidy',
    method: 'DELETE' as const,
    path: `/usermgmt/groups/conf{{run}}%20${name}`,
    status: [204, 404],
  })),
}

const wildcards: Scenario = {
  name: 'text filters take * and ?, and are exact without them',
  exchanges: [
    ...['abc', 'abd', 'axbd'].map((name) =>
      post(`the group ${name}`, '/usermgmt/groups/', { name: `${name}-{{run}}` }, 201, groupShape),
    ),
    makeUser('abc'),
    get('* at the end', '/usermgmt/groups/?name=ab*&limit=-1', 200, list(atLeast(2))),
    get('* in front', '/usermgmt/groups/?name=*-{{run}}', 200, list(sized(3), 3)),
    get('* between', '/usermgmt/groups/?name=a*d-{{run}}', 200, list(sized(2), 2)),
    get('? is one character', '/usermgmt/groups/?name=ab%3F-{{run}}', 200, list(sized(2), 2)),
    get('? is not none', '/usermgmt/groups/?name=abc%3F-{{run}}', 200, noRows),
    get(
      'both together',
      '/usermgmt/groups/?name=%3Fx*-{{run}}',
      200,
      list([{ name: 'axbd-{{run}}' }], 1),
    ),
    get('no wildcard is exact', '/usermgmt/groups/?name=abc-{{run}}', 200, list(sized(1), 1)),
    get('a part is not enough', '/usermgmt/groups/?name=abc', 200, list(not(sized(4)))),
    get('% is no wildcard', '/usermgmt/groups/?name=a%25-{{run}}', 200, noRows),
    get('_ is no wildcard', '/usermgmt/groups/?name=ab_-{{run}}', 200, noRows),
    get('a bracket is no wildcard', '/usermgmt/groups/?name=ab%5Bcd%5D-{{run}}', 200, noRows),
    get('a quote is text', "/usermgmt/groups/?name='%20or%20'1'%3D'1", 200, noRows),
    get('users by username', '/usermgmt/users/?username=conf-a*-{{run}}', 200, list(sized(1), 1)),
    assumed(
      get(
        'a username is compared without case',
        '/usermgmt/users/?username=CONF-ABC-{{upper:run}}',
        200,
        {
          resources: sized(1),
        },
      ),
    ),
    get(
      'users by email',
      '/usermgmt/users/?email=conf-ab%3F-{{run}}@local',
      200,
      list(sized(1), 1),
    ),
  ],
  tidy: [
    ...['abc', 'abd', 'axbd'].map((name) => ({
      name: 'tidy',
      method: 'DELETE' as const,
      path: `/usermgmt/groups/${name}-{{run}}`,
      status: [204, 404],
    })),
    removeUser('abc'),
  ],
}

const everyList = [
  '/usermgmt/users/',
  '/usermgmt/groups/',
  '/usermgmt/pwdpolicies/',
  '/auth/tokens/',
  '/auth/self/domains',
  '/audit/records',
]

const envelopes: Scenario = {
  name: 'every list has the same envelope',
  exchanges: everyList.flatMap((path) => [
    get(`${path} without parameters`, path, 200, list(atLeast(1))),
    get(`${path} with skip and limit`, `${path}?skip=0&limit=1`, 200, list(sized(1))),
    get(`${path} with a skip beyond the total`, `${path}?skip=100000000&limit=7`, 200, list([])),
    assumed(get(`${path} with limit=0`, `${path}?limit=0`, 200, list(atLeast(1)))),
    assumed(
      get(`${path} with a limit above the maximum`, `${path}?limit=5000`, 200, list(atLeast(1))),
    ),
    get(`${path} with limit=-1`, `${path}?limit=-1`, 200, list(atLeast(1))),
    get(`${path} with limit=-5`, `${path}?limit=-5`, 400, refusedValue),
  ]),
}

export const lists: readonly Scenario[] = [
  paging,
  messages,
  sorting,
  caseless,
  wildcards,
  envelopes,
]
