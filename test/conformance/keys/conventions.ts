/**
 * Reference sections 1 and 1.1 for keys.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 1 trailing slash, double slash | slashes |
 * | 1 empty JSON body, Accept, unknown fields, nulls, case of names and values, times | bodies |
 * | 1 lists: answer, unknown parameters, defaults, wildcards | lists |
 * | 1 status of success, bodies on success, the word to avoid | by every exchange: see always.ts |
 * | 1.1 each row, and each text that clients search for | errors |
 * | 1 `token_type` | identity: every sign-in |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, array, containing, sized, someText, time } from '../expect.ts'
import {
  assumed,
  badRequest,
  list,
  named,
  notFound,
  only,
  ours,
  unauthorized,
} from '../identity/common.ts'
import { conflict, KEYS, keyShape, makeKey, removeKey, wrongValue } from './common.ts'

const JSON_TYPE = { headers: { 'content-type': 'application/json' } }

const slashes: Scenario = {
  name: 'a path means the same with a slash at its end, and with two at its beginning',
  exchanges: [
    post('POST', `${KEYS}/`, { name: named('slash') }, 201, keyShape, { keep: { slash: 'id' } }),
    get(
      'GET of the list',
      `${KEYS}/?skip=0&name=${named('slash')}`,
      200,
      only({ id: '{{slash}}' }),
    ),
    get('GET of one', `${KEYS}/{{slash}}/`, 200, { id: '{{slash}}' }),
    patch('PATCH', `${KEYS}/{{slash}}/`, { description: 'x' }, 200, { description: 'x' }),
    post(
      'POST of a version',
      `${KEYS}/{{slash}}/versions/`,
      undefined,
      201,
      { version: 1 },
      {
        keep: { next: 'id' },
      },
    ),
    get('GET of the versions', `${KEYS}/{{slash}}/versions/`, 200, list(sized(2), 2)),
    get('GET of the versions, without', `${KEYS}/{{slash}}/versions`, 200, list(sized(2), 2)),
    ...['archive', 'recover'].map((action) =>
      post(action, `${KEYS}/{{slash}}/${action}/`, undefined, 200, { id: '{{slash}}' }),
    ),
    post('a query', '/vault/query-keys/', { ids: ['{{slash}}'] }, 200, only({ id: '{{slash}}' })),
    get('labels', '/vault/key-labels/', 200, { resources: array }),
    get('secrets', '/vault/secrets/', 200, { resources: array }),
    get('links', '/vault/links/', 200, { resources: array }),
    get('two slashes before the version', `/api//v1${KEYS}/{{slash}}`, 200, { id: '{{slash}}' }),
    del('DELETE', `${KEYS}/{{slash}}/`, 204),
    del('DELETE of the second, with two slashes', `/api//v1${KEYS}/{{next}}/`, 204),
    get('and it is gone', `${KEYS}/{{next}}`, 404, notFound),
  ],
}

const bodies: Scenario = {
  name: 'bodies are read as clients write them',
  exchanges: [
    post(
      'null is what was left out, on any level; nobody knows the other fields',
      KEYS,
      {
        name: named('loose'),
        ALGORITHM: 'aes',
        UsageMask: 12,
        format: null,
        keyFormat: null,
        meta: null,
        labels: null,
        aliases: null,
        publicKeyParameters: { name: null, meta: null },
        wrapPBE: null,
        xts: false,
        emptyMaterial: false,
        size: 0,
        state: '',
        colour: { red: 1 },
      },
      201,
      { algorithm: 'AES', size: 256, usageMask: 12, state: 'Active', meta: null },
      { keep: { loose: 'id', 'loose.name': 'name' } },
    ),
    get(
      'GET with the type of JSON and no body',
      `${KEYS}/{{loose}}`,
      200,
      { id: '{{loose}}' },
      JSON_TYPE,
    ),
    get(
      'text wanted',
      `${KEYS}/{{loose}}`,
      200,
      { id: '{{loose}}' },
      {
        headers: { accept: 'text/plain' },
      },
    ),
    get(
      'nothing said about what is wanted',
      `${KEYS}/{{loose}}`,
      200,
      { id: '{{loose}}' },
      {
        headers: { Accept: null },
      },
    ),
    post(
      'export without a body',
      `${KEYS}/{{loose}}/export`,
      undefined,
      200,
      { material: /^[0-9a-f]{64}$/ },
      JSON_TYPE,
    ),
    post(
      'a version without a body',
      `${KEYS}/{{loose}}/versions/`,
      undefined,
      201,
      { version: 1 },
      {
        ...JSON_TYPE,
        keep: { second: 'id' },
      },
    ),
    post(
      'times with an offset are times',
      KEYS,
      { name: named('offset'), activationDate: '2020-02-03T04:05:06.789+02:00' },
      201,
      { activationDate: '2020-02-03T02:05:06.789Z', state: 'Active' },
      { keep: { offset: 'id' } },
    ),
    post('what is no time is refused', KEYS, { activationDate: 'tomorrow' }, 400, wrongValue),
    ...['EC', 'ec', 'Ec'].map((algorithm, at) =>
      post(
        `${algorithm} is one algorithm`,
        KEYS,
        { name: named(`case-${at}`), algorithm, curveid: at === 0 ? 'prime256v1' : 'PRIME256V1' },
        201,
        { algorithm: 'EC', curveid: 'prime256v1' },
        { keep: { [`case-${at}`]: 'id' } },
      ),
    ),
    post('a reason in any case', `${KEYS}/{{offset}}/revoke`, { Reason: 'superseded' }, 200, {
      state: 'Deactivated',
      revocationReason: 'Superseded',
    }),
    del(
      'DELETE with the type of JSON and no body',
      `${KEYS}/{{offset}}`,
      204,
      undefined,
      JSON_TYPE,
    ),
    post('a body that is no JSON', KEYS, undefined, 400, badRequest, { text: '{"name":' }),
    post('a body that is a list', KEYS, [], 400),
    ours(post('a field of the wrong type', KEYS, { name: 5 }, 400, wrongValue)),
  ],
  tidy: [
    ...['loose', 'second', 'offset', 'case-0', 'case-1', 'case-2'].map(removeKey),
    ...['case-0', 'case-1', 'case-2'].map((key) =>
      del('its public key', `${KEYS}/${named(key)}-pub`, [204, 404]),
    ),
  ],
}

const lists: Scenario = {
  name: 'lists tell where they are, and ignore what they do not know',
  exchanges: [
    ...['a', 'b', 'c'].map((key) => makeKey(key, { labels: { page: '{{run}}' } })),
    get('nothing found is an empty list', `${KEYS}?name=${named('none')}`, 200, {
      skip: 0,
      limit: 10,
      total: 0,
      messages: absent,
      resources: sized(0),
    }),
    get('a page', `${KEYS}?labels=page%3D{{run}}&skip=1&limit=1`, 200, {
      skip: 1,
      limit: 1,
      total: 3,
      resources: sized(1),
    }),
    get(
      'its rows come in one order: the first',
      `${KEYS}?labels=page%3D{{run}}&skip=0&limit=2`,
      200,
      list([{ id: '{{c}}' }, { id: '{{b}}' }], 3),
    ),
    get(
      'the rest',
      `${KEYS}?labels=page%3D{{run}}&skip=2&limit=2`,
      200,
      list([{ id: '{{a}}' }], 3),
    ),
    get('an unknown parameter hides nothing', `${KEYS}?labels=page%3D{{run}}&colour=red`, 200, {
      messages: containing(/colour/),
      resources: sized(3),
      total: 3,
    }),
    assumed(get('no limit is ten', KEYS, 200, { limit: 10, skip: 0 })),
    assumed(
      get('a limit of 0 is ten', `${KEYS}?limit=0&name=${named('a')}`, 200, only({ id: '{{a}}' })),
    ),
    get('an asterisk in a name', `${KEYS}?name=conf-*-{{run}}`, 200, list(sized(3), 3)),
    get('a question mark in a name', `${KEYS}?name=conf-?-{{run}}`, 200, list(sized(3), 3)),
    get('an asterisk in an alias', `${KEYS}?alias=conf-a*{{run}}`, 200, only({ id: '{{a}}' })),
    get(
      'in a fingerprint',
      `${KEYS}?labels=page%3D{{run}}&sha256Fingerprint=*`,
      200,
      list(sized(3), 3),
    ),
    get('in an algorithm', `${KEYS}?labels=page%3D{{run}}&algorithm=A*`, 200, list(sized(3), 3)),
    get(
      'in the type of a link',
      `${KEYS}?labels=page%3D{{run}}&linkType=*Key`,
      200,
      list(sized(0), 0),
    ),
  ],
  tidy: ['a', 'b', 'c'].map(removeKey),
}

const errors: Scenario = {
  name: 'failures carry the codes and words that clients search for',
  exchanges: [
    post('400, 15: no JSON', KEYS, undefined, 400, badRequest, { text: '{' }),
    post(
      '400, 15: no Accept',
      '/crypto/encrypt',
      {},
      400,
      { ...badRequest, message: 'Accept header is invalid.' },
      { headers: { Accept: null } },
    ),
    post('400, 9: a size that is none', KEYS, { algorithm: 'aes', size: 100 }, 400, wrongValue),
    post('400, 9: an algorithm that is none', KEYS, { algorithm: 'rot13' }, 400, wrongValue),
    get('401, 5: nobody asks', KEYS, 401, unauthorized, { as: 'none' }),
    get('401, 5: a token that is none', KEYS, 401, unauthorized, {
      as: 'none',
      headers: { Authorization: 'Bearer x.y.z' },
    }),
    makeKey('kept', { undeletable: true }, { undeletable: true }),
    del('400: "key is not deletable"', `${KEYS}/{{kept}}`, 400, {
      codeDesc: someText,
      message: /key is not deletable/i,
    }),
    get('and it is still there', `${KEYS}/{{kept}}`, 200, { id: '{{kept}}', undeletable: true }),
    get('404, 16, "Resource not found": an unknown key', `${KEYS}/${named('none')}`, 404, notFound),
    get('404: an id that nothing has', `${KEYS}/${'0'.repeat(64)}`, 404, notFound),
    get('404: an unknown version', `${KEYS}/{{kept.name}}?version=7`, 404, notFound),
    get('404: a version below none', `${KEYS}/{{kept.name}}?version=-1`, 404, notFound),
    patch('404: PATCH', `${KEYS}/${named('none')}`, { description: 'x' }, 404, notFound),
    del('404: DELETE', `${KEYS}/${named('none')}`, 404, notFound),
    ...['versions', 'destroy', 'archive', 'recover', 'export', 'clone'].map((action) =>
      post(`404: ${action}`, `${KEYS}/${named('none')}/${action}`, {}, 404, notFound),
    ),
    ...['revoke', 'reactivate'].map((action) =>
      post(
        `404: ${action}`,
        `${KEYS}/${named('none')}/${action}`,
        { reason: 'Unspecified' },
        404,
        notFound,
      ),
    ),
    assumed(post('409: a name that is taken', KEYS, { name: named('kept') }, 409, conflict)),
    assumed(
      patch(
        '409: an alias that it has',
        `${KEYS}/{{kept}}`,
        { aliases: [{ alias: named('kept'), type: 'string' }] },
        409,
        conflict,
      ),
    ),
    del('the collection is not deleted', KEYS, [404, 405]),
    del('with a slash neither', `${KEYS}/`, [404, 405]),
    get('the key is there', `${KEYS}/{{kept}}`, 200, { updatedAt: time }),
    patch('false is a value', `${KEYS}/{{kept}}`, { undeletable: false }, 200, {
      undeletable: false,
    }),
    del('deleted then', `${KEYS}/{{kept}}`, 204),
  ],
  tidy: [
    patch('it may go', `${KEYS}/{{kept}}`, { undeletable: false }, [200, 404]),
    removeKey('kept'),
  ],
}

export const conventions: readonly Scenario[] = [slashes, bodies, lists, errors]
