/**
 * Reference sections 1, 2, 3.3, 7 and 12 for external CAs.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | fields, formats, default name | a life, by `externalCa` and `truthful` |
 * | no state; parent when given | a life |
 * | the same certificate many times, names once | names |
 * | PEM with backslash and n, without final newline | names |
 * | filters, order | lists |
 * | PATCH, DELETE | a life |
 * | refusals | refusals |
 */
import { foreignLeaf, foreignRoot } from '../../support/certificates.ts'
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, allOf, laterThan, ordered } from '../expect.ts'
import { assumed, list, named, notFound, only, ours } from '../identity/common.ts'
import {
  bothDisabled,
  bothEnabled,
  conflict,
  EXTERNAL,
  externalCa,
  makeCa,
  NOBODY,
  removeCa,
  removeExternal,
  selfSign,
  truthful,
  wrongValue,
} from './common.ts'

const at = (key: string): string => `${EXTERNAL}/{{${key}}}`
const SUBJECT = '/C=US/ST=TX/L=Austin/O=Example Corp/CN=playbook external root'

const life: Scenario = {
  name: 'an external CA is uploaded, changed and deleted',
  exchanges: [
    post(
      'without a name',
      EXTERNAL,
      { cert: foreignRoot },
      201,
      allOf(externalCa, truthful, {
        name: /^externalca-[0-9a-f-]{36}$/,
        cert: foreignRoot,
        serialNumber: '0',
        subject: SUBJECT,
        issuer: SUBJECT,
        purpose: bothEnabled,
        parent: absent,
      }),
      { keep: { ca: 'id', uri: 'uri', name: 'name', t0: 'updatedAt' } },
    ),
    ...['{{ca}}', '{{uri}}', '{{name}}', '{{ca}}/'].map((reference) =>
      get(`read as ${reference}`, `${EXTERNAL}/${reference}`, 200, { id: '{{ca}}' }),
    ),
    patch(
      'trusted no more',
      at('ca'),
      { allow_client_authentication: false, allow_user_authentication: false },
      200,
      allOf(externalCa, { purpose: bothDisabled, updatedAt: laterThan('{{t0}}') }),
    ),
    patch('for one again', at('ca'), { allow_user_authentication: true }, 200, {
      purpose: { client_authentication: 'Disabled', user_authentication: 'Enabled' },
    }),
    patch('refused: no yes or no', at('ca'), { allow_user_authentication: 'x' }, 400, wrongValue),
    patch('of an unknown one', `${EXTERNAL}/${NOBODY}`, {}, 404, notFound),
    post(
      'below it another',
      `${EXTERNAL}/`,
      { cert: foreignRoot, parent: '{{uri}}', name: named('below') },
      201,
      allOf(externalCa, { parent: '{{uri}}' }),
      { keep: { below: 'id' } },
    ),
    del('deleted', at('ca'), 204),
    get('and gone', at('ca'), 404, notFound),
    del('twice is once too many', at('ca'), 404, notFound),
  ],
  tidy: [removeExternal('ca'), removeExternal('below')],
}

const names: Scenario = {
  name: 'one certificate may be uploaded many times, under names of their own',
  exchanges: [
    ...(
      [
        ['one', foreignRoot],
        ['two', foreignRoot.trimEnd()],
        ['three', foreignRoot.replaceAll('\n', '\r\n')],
      ] as const
    ).map(([key, cert]) =>
      post(
        `${key} of them`,
        EXTERNAL,
        { cert, name: named(key) },
        201,
        { name: named(key), cert: foreignRoot },
        { keep: { [key]: 'id' } },
      ),
    ),
    ours(
      post(
        'line ends written as backslash and n',
        EXTERNAL,
        { cert: foreignRoot.replaceAll('\n', '\\n'), name: named('four') },
        201,
        { cert: foreignRoot },
        { keep: { four: 'id' } },
      ),
    ),
    post(
      'a name is there once',
      EXTERNAL,
      { cert: foreignRoot, name: named('one') },
      409,
      conflict,
    ),
  ],
  tidy: ['one', 'two', 'three', 'four'].map(removeExternal),
}

const refusals: Scenario = {
  name: 'only the certificate of a CA is uploaded',
  exchanges: [
    post('one that is none', EXTERNAL, { cert: foreignLeaf }, 400, wrongValue),
    post('text', EXTERNAL, { cert: 'text' }, 400, wrongValue),
    assumed(post('nothing', EXTERNAL, { name: named('x') }, 400, wrongValue)),
    assumed(
      post('an unknown parent', EXTERNAL, { cert: foreignRoot, parent: NOBODY }, 404, notFound),
    ),
  ],
}

const lists: Scenario = {
  name: 'external CAs are listed and filtered',
  exchanges: [
    makeCa('source'),
    selfSign('source'),
    ...['one', 'two'].map((key) =>
      post(
        `${key} is uploaded`,
        EXTERNAL,
        { cert: '{{source.cert}}', name: named(key) },
        201,
        {},
        {
          keep: { [key]: 'id' },
        },
      ),
    ),
    ...[
      `subject=/CN=${named('source')}`,
      `issuer=/CN=${named('source')}`,
      'serialNumber={{source.serial}}',
      'cert={{enc:source.cert}}',
      `subject=/CN=${named('source')}&cert=&serialNumber=`,
    ].map((query) =>
      get(
        `by ${query.split('=')[0]}`,
        `${EXTERNAL}/?skip=0&limit=50&${query}`,
        200,
        only({ id: '{{one}}' }, { id: '{{two}}' }),
      ),
    ),
    get('newest change first', `${EXTERNAL}/?limit=50`, 200, list(ordered('updatedAt', 'down'))),
    get('a page', `${EXTERNAL}?limit=1`, 200, list([allOf(externalCa, { id: '{{two}}' })])),
    get('an unknown parameter is ignored', `${EXTERNAL}?cn=x&limit=1`, 200, list([{}])),
  ],
  tidy: [removeCa('source'), removeExternal('one'), removeExternal('two')],
}

export const externalCas: readonly Scenario[] = [life, names, refusals, lists]
