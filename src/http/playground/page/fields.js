/** The inputs of a form, made from the schema. @typedef {import('./schema.js').Schemas} Schemas */
import { h, prose } from './dom.js'

/** The input of one parameter, and its place in the form. @param {import('./call.js').Parameter} parameter @param {Schemas} schemas */
export function parameterField(parameter, schemas) {
  const { name, schema, required, secret, description } = parameter
  const id = `${parameter.in}-${name}`
  // A choice shows its values itself.
  const { enum: _, ...bounds } = schema
  const about = [description, schemas.limits(bounds).join(', ')]
    .filter((text) => text !== '')
    .join(' · ')
  const common = { id, required, 'aria-describedby': about ? `${id}-about` : undefined }
  const choices = schema.enum ?? (schema.type === 'boolean' ? [true, false] : undefined)
  const input = choices
    ? h(
        'select',
        common,
        h('option', { value: '' }, required ? 'choose' : 'not set'),
        ...choices.map((/** @type {any} */ one) =>
          h('option', { value: String(one) }, String(one)),
        ),
      )
    : h('input', {
        ...common,
        type: secret ? 'password' : 'text',
        autocomplete: secret ? 'new-password' : 'off',
        spellcheck: 'false',
        autocapitalize: 'none',
        maxlength: schema.maxLength,
        inputmode: schema.type === 'integer' ? 'numeric' : undefined,
        placeholder: schema.default === undefined ? schemas.typeOf(schema) : String(schema.default),
      })
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: id }, name, required && h('span', { class: 'required' }, ' required')),
    input,
    about && h('p', { class: 'about', id: `${id}-about` }, ...prose(about)),
  )
  return { input, element }
}

/** The masked input of one secret of the body. @param {{ path: string[], schema: import('./schema.js').Schema, required: boolean }} secret */
export function secretField({ path, schema, required }) {
  const id = `secret-${path.join('-')}`
  const input = h('input', {
    id,
    type: 'password',
    autocomplete: 'new-password',
    maxlength: schema.maxLength,
    required,
  })
  const element = h(
    'div',
    { class: 'field' },
    h(
      'label',
      { for: id },
      path.join('.'),
      required && h('span', { class: 'required' }, ' required'),
    ),
    input,
    schema.description && h('p', { class: 'about' }, ...prose(schema.description)),
  )
  return { path, input, element }
}

/** What is wrong with the body as typed; empty when nothing is. @param {string} text @param {boolean} required */
export function syntaxProblem(text, required) {
  if (text.trim() === '') return required ? 'This call needs a body.' : ''
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    return /** @type {Error} */ (error).message
  }
}
