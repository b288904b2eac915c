/** What the description says of an operation, as tables. */
import { statusKind } from './answer.js'
import { h, prose } from './dom.js'

/** @param {string} method */
export const badge = (method) => h('span', { class: `method ${method.toLowerCase()}` }, method)

/** @param {string} path lets a long path wrap after a slash */
const breakable = (path) => path.split(/(?<=\/)/).flatMap((part) => [part, h('wbr')])

/** @param {import('./schema.js').Row[]} rows @param {(row: import('./schema.js').Row) => Node | null} [action] */
const schemaTable = (rows, action) =>
  h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Fields' },
    h(
      'table',
      { class: 'fields-table' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Field'),
          h('th', { scope: 'col' }, 'Type'),
          h('th', { scope: 'col' }, 'About'),
          action && h('th', { scope: 'col' }, h('span', { class: 'sr' }, 'Add')),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((row) =>
          h(
            'tr',
            {},
            h(
              'th',
              { scope: 'row', class: 'mono' },
              ...breakable(row.path.replaceAll('.', './')).map((part) =>
                typeof part === 'string' ? part.replaceAll('./', '.') : part,
              ),
              row.required && h('span', { class: 'required' }, ' required'),
            ),
            h('td', {}, row.type, row.secret && h('span', { class: 'chip' }, 'secret')),
            h(
              'td',
              {},
              ...prose(row.description),
              row.limits.length > 0 && h('span', { class: 'limits' }, row.limits.join(', ')),
            ),
            action && h('td', {}, action(row)),
          ),
        ),
      ),
    ),
  )

/** Every answer that the description names, with its fields. @param {import('./call.js').Operation} operation @param {import('./schema.js').Schemas} schemas */
export function documentedAnswers(operation, schemas) {
  const items = operation.responses.map(([status, response]) => {
    const rows = schemas.rows(response.content?.['application/json']?.schema)
    const number = Number.parseInt(status, 10)
    const title = [
      h('span', { class: `status ${statusKind(Number.isNaN(number) ? 500 : number)}` }, status),
      h('span', {}, ...prose(response.description ?? '')),
    ]
    return rows.length === 0
      ? h('div', { class: 'response' }, ...title)
      : h('details', { class: 'response' }, h('summary', {}, ...title), schemaTable(rows))
  })
  return h(
    'section',
    { class: 'card documented', 'aria-label': 'Documented answers' },
    h('h2', {}, 'Documented answers'),
    ...items,
  )
}

/** What an operation is, above its form. @param {import('./call.js').Operation} operation */
export const operationHead = (operation) =>
  h(
    'header',
    { class: 'operation-head' },
    h(
      'p',
      { class: 'route' },
      badge(operation.method),
      h('code', {}, ...breakable(operation.path)),
    ),
    h('h1', { tabindex: -1 }, operation.summary || operation.id),
    operation.description && h('p', { class: 'prose' }, ...prose(operation.description)),
    h(
      'p',
      { class: 'chips' },
      h('span', { class: 'chip' }, operation.open ? 'No sign-in needed' : 'Needs sign-in'),
      operation.deprecated && h('span', { class: 'chip warn' }, 'Deprecated'),
      h('span', { class: 'chip mono' }, operation.id),
    ),
  )

/** The fields of a body; `add` is called with the one that is to go into it. @param {import('./schema.js').Schema} schema @param {import('./schema.js').Schemas} schemas @param {(name: string, value: unknown) => void} add */
export function bodyTable(schema, schemas, add) {
  const rows = schemas.rows(schema)
  if (rows.length === 0) return null
  const properties = new Map(
    schemas.properties(schemas.flat(schema)).map(([name, one]) => [name, one]),
  )
  return h(
    'details',
    { class: 'schema', open: true },
    h('summary', {}, `Fields of the body (${rows.length})`),
    schemaTable(rows, (row) => {
      const property = properties.get(row.path)
      if (!property || row.secret) return null
      return h(
        'button',
        {
          type: 'button',
          class: 'quiet add',
          'aria-label': `Add ${row.path} to the body`,
          click: () => add(row.path, schemas.sample(property)),
        },
        '+',
      )
    }),
  )
}
