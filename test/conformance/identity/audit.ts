/**
 * Reference section 11, server records.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | GET /audit/records, /audit/records/{id} | what happened is on record |
 * | record fields | what happened is on record |
 * | record filters | records are filtered |
 * | who | who reads records |
 * | alarms: list, filters, acknowledge, clear | alarms |
 * | client records, Loki, alarm configs, log levels | not covered: they come with their own steps |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import {
  anyOf,
  array,
  atLeast,
  bool,
  containing,
  type Expected,
  each,
  not,
  object,
  ordered,
  sized,
  someText,
  text,
  time,
} from '../expect.ts'
import {
  acceptedSignIn,
  anError,
  forbidden,
  list,
  makeUser,
  mistype,
  NOBODY,
  named,
  noRows,
  notFound,
  ours,
  PASSWORD,
  refusedValue,
  removeGroup,
  removeUser,
  signIn,
  unauthorized,
  WRONG_PASSWORD,
} from './common.ts'

const severities = anyOf('info', 'warning', 'error', 'critical', 'fatal')

const record: Expected = {
  id: someText,
  createdAt: time,
  severity: severities,
  message: someText,
  service: someText,
  source: someText,
  success: bool,
  client_ip: someText,
  details: anyOf(object, text),
}

/** The user's name stands in one of two places. */
const by = (username: string): Expected => anyOf({ username }, { principal: { username } })

const events: Scenario = {
  name: 'what happened is on record, success and failure, and no password with it',
  exchanges: [
    makeUser('jo'),
    acceptedSignIn('jo signs in', 'jo'),
    mistype('jo'),
    signIn('jo'),
    post('jo tries what he may not', '/usermgmt/groups/', { name: named('crew') }, 403, forbidden, {
      as: 'jo',
    }),
    get(
      'records of jo',
      `/audit/records?username=${named('jo')}&limit=-1`,
      200,
      list(each(record)),
      {
        silentAbout: [PASSWORD, WRONG_PASSWORD, '{{jo.jwt}}', '{{jo.refresh}}'],
      },
    ),
    get('the sign-ins and the refusals', `/audit/records?username=${named('jo')}&limit=-1`, 200, {
      resources: containing({ success: true }, { success: false }),
    }),
    get('each is his', `/audit/records?username=${named('jo')}&limit=-1`, 200, {
      resources: each(by(named('jo'))),
    }),
    get('one is kept', `/audit/records?username=${named('jo')}&limit=1`, 200, list(sized(1)), {
      keep: { id: 'resources.0.id', message: 'resources.0.message' },
    }),
    get('it is read by its id', '/audit/records/{{id}}', 200, {
      id: '{{id}}',
      message: '{{message}}',
    }),
    get('the same with a slash', '/audit/records/{{id}}/', 200, record),
    get('an id of nothing', '/audit/records/00000000-0000-4000-8000-000000000000', 404, notFound),
    get(
      'what the administrator did is on record',
      '/audit/records?username={{adminName}}&success=true&limit=5',
      200,
      list(sized(5)),
    ),
  ],
  tidy: [removeUser('jo')],
}

const records = (what: string, query: string, body: Expected): Exchange =>
  get(what, `/audit/records?username=${named('jo')}&${query}`, 200, body)

const filters: Scenario = {
  name: 'records are filtered by each field and sorted by time',
  exchanges: [
    makeUser('jo'),
    acceptedSignIn('jo signs in', 'jo'),
    mistype('jo'),
    acceptedSignIn('and again', 'jo'),
    get(
      'a record of his',
      `/audit/records?username=${named('jo')}&success=true&limit=1`,
      200,
      list(sized(1)),
      {
        keep: {
          message: 'resources.0.message',
          service: 'resources.0.service',
          source: 'resources.0.source',
          ip: 'resources.0.client_ip',
          severity: 'resources.0.severity',
          at: 'resources.0.createdAt',
        },
      },
    ),
    records('success=true', 'success=true', list(each({ success: true }))),
    records('and there are some', 'success=true', list(atLeast(2))),
    records('success=False', 'success=False', list(each({ success: false }))),
    records('and there are some', 'success=false', list(atLeast(1))),
    records('by message', 'message={{enc:message}}', list(each({ message: '{{message}}' }))),
    records('and there are some', 'message={{enc:message}}', list(atLeast(1))),
    records('by message with a wildcard', 'message=*', list(atLeast(3))),
    records('by a message of none', 'message=conf-none-{{run}}', noRows),
    records('by severity', 'severity={{severity}}', list(each({ severity: '{{severity}}' }))),
    records('by a severity of none', 'severity=fatal', noRows),
    records('by service', 'service={{enc:service}}', list(each({ service: '{{service}}' }))),
    records('by a service of none', 'service=conf-none-{{run}}', noRows),
    records('by source', 'source={{enc:source}}', list(each({ source: '{{source}}' }))),
    records('by a source of none', 'source=conf-none-{{run}}', noRows),
    records('by client_ip', 'client_ip={{enc:ip}}', list(each({ client_ip: '{{ip}}' }))),
    records('by an address of none', 'client_ip=203.0.113.77', noRows),
    get('by a user of none', '/audit/records?username=conf-none-{{run}}', 200, noRows),
    records('created after long ago', 'createdAfter=2001-01-01T00:00:00Z', list(atLeast(3))),
    records('created before long ago', 'createdBefore=2001-01-01T00:00:00Z', noRows),
    records('created after tomorrow', 'createdAfter={{enc:tomorrow}}', noRows),
    records('created before tomorrow', 'createdBefore={{enc:tomorrow}}', list(atLeast(3))),
    records(
      'between two times',
      'createdAfter=2001-01-01T00:00:00Z&createdBefore={{enc:tomorrow}}',
      list(atLeast(3)),
    ),
    records('a time with an offset', 'createdAfter=2001-01-01T00:00:00%2B02:00', list(atLeast(3))),
    get('a time that is none', '/audit/records?createdAfter=yesterday', 400, refusedValue),
    get('a success that is none', '/audit/records?success=perhaps', 400, refusedValue),
    get('a severity that is none', '/audit/records?severity=terrible', [200, 400]),
    records('newest first', 'sort=-createdAt&limit=50', list(ordered('createdAt', 'down'))),
    records('oldest first', 'sort=createdAt&limit=50', list(ordered('createdAt', 'up'))),
    records('paged', 'skip=1&limit=1', list(sized(1))),
    records(
      'several together',
      'success=false&severity=warning',
      list(each({ success: false, severity: 'warning' })),
    ),
  ],
  tidy: [removeUser('jo')],
}

/** A time that a filter can be given, kept from where the API shows it. */
const withTomorrow: Scenario = {
  ...filters,
  exchanges: [
    makeUser('clock', { expires_at: '{{in:86400}}' }),
    get(
      'a time to filter by',
      '/usermgmt/users/{{enc:clock}}',
      200,
      { expires_at: time },
      { keep: { tomorrow: 'expires_at' } },
    ),
    ...filters.exchanges,
  ],
  tidy: [...(filters.tidy ?? []), removeUser('clock')],
}

const rights: Scenario = {
  name: 'records are read by administrators and auditors, and changed by nobody',
  exchanges: [
    makeUser('jo'),
    signIn('jo'),
    get('a record', '/audit/records?limit=1', 200, list(sized(1)), {
      keep: { id: 'resources.0.id' },
    }),
    get('nobody without a token', '/audit/records', 401, unauthorized, { as: 'none' }),
    get('no ordinary user', '/audit/records', 403, forbidden, { as: 'jo' }),
    get('nor one record', '/audit/records/{{id}}', [403, 404], anError, { as: 'jo' }),
    del('no record is deleted', '/audit/records/{{id}}', 405, anError),
    patch('none is changed', '/audit/records/{{id}}', { message: 'nothing' }, 405, anError),
    post('none is added', '/audit/records', { message: 'nothing' }, 405, anError),
    get('an id that is none', `/audit/records/${encodeURIComponent(NOBODY)}`, 404, notFound),
    get('it is still there', '/audit/records/{{id}}', 200, record),
  ],
  tidy: [removeUser('jo')],
}

const changes: Scenario = {
  name: 'every change leaves a record of the one who made it',
  exchanges: [
    makeUser('chief'),
    post('chief joins admin', '/usermgmt/groups/admin/users/{{enc:chief}}', undefined, 200),
    signIn('chief'),
    ...(
      [
        post('a group is made', '/usermgmt/groups/', { name: named('crew') }, 201, undefined, {
          as: 'chief',
        }),
        patch(
          'described',
          `/usermgmt/groups/${named('crew')}`,
          { description: 'x' },
          200,
          undefined,
          { as: 'chief' },
        ),
        post(
          'joined',
          `/usermgmt/groups/${named('crew')}/users/{{enc:chief}}`,
          undefined,
          200,
          undefined,
          { as: 'chief' },
        ),
        del('left', `/usermgmt/groups/${named('crew')}/users/{{enc:chief}}`, 204, undefined, {
          as: 'chief',
        }),
        del('deleted', `/usermgmt/groups/${named('crew')}`, 204, undefined, { as: 'chief' }),
        patch('a page is changed', '/auth/self/user', { nickname: 'C' }, 200, undefined, {
          as: 'chief',
        }),
      ] as const
    ).flatMap((step, index): Exchange[] => [
      step,
      ours(
        get(
          `on record: ${step.name}`,
          `/audit/records?username=${named('chief')}&limit=-1`,
          200,
          list(atLeast(index + 2)),
        ),
      ),
    ]),
    get('a plain read leaves none', `/audit/records?username=${named('chief')}`, 200, list(array), {
      keep: { total: 'total' },
    }),
    get('chief reads', '/usermgmt/groups/', 200, list(not([])), { as: 'chief' }),
    ours(
      get('nothing was added', `/audit/records?username=${named('chief')}`, 200, {
        total: '{{total}}',
      }),
    ),
  ],
  tidy: [removeUser('chief'), removeGroup('crew')],
}

const ALARMS = '/system/alarms'

const alarms: Scenario = {
  name: 'alarms are listed, and those that are not there cannot be changed',
  exchanges: [
    get('a page', `${ALARMS}/?skip=0&limit=5`, 200, { skip: 0, limit: 5, resources: array }),
    get('those that are on', `${ALARMS}?state=on`, 200, {
      resources: each({
        id: text,
        name: text,
        severity: text,
        description: text,
        state: 'on',
        acknowledgedAt: text,
        createdAt: time,
        updatedAt: time,
      }),
    }),
    get('of a severity', `${ALARMS}?severity=fatal&state=on`, 200, {
      resources: each({ severity: 'fatal', state: 'on' }),
    }),
    ...['acknowledge', 'clear'].map((verb) =>
      post(`${verb} what is not there`, `${ALARMS}/${NOBODY}/${verb}`, undefined, 404, notFound),
    ),
  ],
}

export const audit: readonly Scenario[] = [events, withTomorrow, rights, changes, alarms]
