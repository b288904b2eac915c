/**
 * Reading JSON Schema (2020-12, as OpenAPI 3.1 uses it) for forms, samples and tables.
 *
 * @typedef {{ [key: string]: any }} Schema
 * @typedef {{ path: string, depth: number, type: string, required: boolean, secret: boolean, limits: string[], description: string }} Row
 */

const MAX_DEPTH = 5

/** Names whose values are secret wherever they stand, for free-form objects that no schema describes. */
const SECRET_NAME =
  /(^|[_-])(password|passwd|passphrase|secret|refresh_token|access_token|jwt|private_key)$/i

/** @param {Schema} schema */
export const isSecret = (schema) => schema.format === 'password' || schema['x-secret'] === true

export class Schemas {
  /** @type {Schema} */ #document

  /** @param {Schema} document the whole OpenAPI description, which references point into */
  constructor(document) {
    this.#document = document
  }

  /** The schema with its references followed, its allOf joined and a lone null alternative taken out. @param {Schema | undefined} schema @returns {Schema} */
  flat(schema, hops = 0) {
    if (!schema || typeof schema !== 'object' || hops > 20) return {}
    if (typeof schema.$ref === 'string') {
      const { $ref, ...rest } = schema
      return this.flat({ ...this.#target($ref), ...rest }, hops + 1)
    }
    if (Array.isArray(schema.allOf)) {
      const { allOf, ...rest } = schema
      const parts = [...allOf.map((part) => this.flat(part, hops + 1)), rest]
      return Object.assign({}, ...parts, {
        properties: Object.assign({}, ...parts.map((part) => part.properties)),
        required: parts.flatMap((part) => part.required ?? []),
      })
    }
    const { anyOf, oneOf, ...rest } = schema
    const options = (anyOf ?? oneOf ?? []).filter(
      (/** @type {Schema} */ one) => one.type !== 'null',
    )
    if (options.length === 1) return this.flat({ ...options[0], ...rest, nullable: true }, hops + 1)
    return schema
  }

  /** @param {string} reference @returns {Schema} */
  #target(reference) {
    /** @type {any} */
    let at = this.#document
    if (!reference.startsWith('#/')) return {}
    for (const part of reference.slice(2).split('/')) {
      at = at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')]
    }
    return at ?? {}
  }

  /** @param {Schema} flat @returns {Schema[]} */
  #options(flat) {
    return (flat.anyOf ?? flat.oneOf ?? []).map((/** @type {Schema} */ one) => this.flat(one))
  }

  /** The properties of an object, or of every alternative of it. @param {Schema} flat @returns {[string, Schema, boolean][]} */
  properties(flat) {
    const options = this.#options(flat).flatMap((one) => this.properties(one))
    if (options.length > 0) {
      return options.map(([name, schema]) => [name, schema, false])
    }
    const required = new Set(flat.required ?? [])
    // What must be given comes first, the rest as declared.
    return Object.entries(flat.properties ?? {})
      .map(([name, schema]) => [name, this.flat(schema), required.has(name)])
      .sort(([, , one], [, , other]) => Number(other) - Number(one))
  }

  /** @param {Schema | undefined} schema @returns {string} */
  typeOf(schema, depth = 0) {
    const flat = this.flat(schema)
    if (depth > MAX_DEPTH) return 'any'
    const options = this.#options(flat)
    if (options.length > 0)
      return [...new Set(options.map((one) => this.typeOf(one, depth + 1)))].join(' or ')
    const types = [flat.type ?? (flat.properties ? 'object' : flat.enum ? 'string' : 'any')].flat()
    const named = types.map((type) =>
      type === 'array' ? `list of ${this.typeOf(flat.items, depth + 1)}` : type,
    )
    if (flat.nullable && !named.includes('null')) named.push('null')
    return named.join(' or ')
  }

  /** @param {Schema} flat @returns {string[]} */
  limits(flat) {
    const { minLength, maxLength, minimum, maximum, minItems, maxItems } = flat
    /** Zod writes the bounds of a safe integer; they tell a reader nothing. @param {any} bound */
    const telling = (bound) =>
      typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER
    const range = (/** @type {any} */ low, /** @type {any} */ high, /** @type {string} */ unit) => {
      if (telling(low) && telling(high)) return `${low} to ${high}${unit}`
      if (telling(high)) return `at most ${high}${unit}`
      return telling(low) && low !== 0 ? `at least ${low}${unit}` : ''
    }
    return [
      range(minLength, maxLength, ' characters'),
      range(minimum, maximum, ''),
      range(minItems, maxItems, ' items'),
      flat.enum
        ? `one of ${flat.enum.map((/** @type {any} */ one) => JSON.stringify(one)).join(', ')}`
        : '',
      flat.const !== undefined ? `always ${JSON.stringify(flat.const)}` : '',
      isSecret(flat) && flat.format === 'password' ? '' : (flat.format ?? ''),
      // The patterns that a format brings along are long and say the same again.
      flat.pattern && !flat.format ? `matches ${flat.pattern}` : '',
      flat.default !== undefined ? `default ${JSON.stringify(flat.default)}` : '',
    ].filter((text) => text !== '')
  }

  /** What the schema's table shows, a row for every property, nested ones below their parent. @param {Schema | undefined} schema @returns {Row[]} */
  rows(schema, prefix = '', depth = 0) {
    const flat = this.flat(schema)
    if (depth > MAX_DEPTH) return []
    if (flat.items && !flat.properties) return this.rows(flat.items, `${prefix}[]`, depth)
    return this.properties(flat).flatMap(([name, property, required]) => {
      const path = prefix ? `${prefix}.${name}` : name
      const row = {
        path,
        depth,
        type: this.typeOf(property),
        required,
        secret: isSecret(property),
        limits: this.limits(property),
        description: property.description ?? '',
      }
      return [row, ...this.rows(property, path, depth + 1)]
    })
  }

  /** A value to start from: what is required, with defaults; secrets have inputs of their own and are left out. @param {Schema | undefined} schema @returns {any} */
  sample(schema, depth = 0) {
    const flat = this.flat(schema)
    if (flat.default !== undefined) return flat.default
    if (flat.const !== undefined) return flat.const
    const example = flat.example ?? flat.examples?.[0]
    if (example !== undefined) return example
    if (flat.enum?.length > 0) return flat.enum[0]
    const [option] = this.#options(flat)
    if (option && depth <= MAX_DEPTH) return this.sample(option, depth + 1)
    switch ([flat.type ?? (flat.properties ? 'object' : undefined)].flat()[0]) {
      case 'object': {
        if (depth > MAX_DEPTH) return {}
        const wanted = this.properties(flat).filter(
          ([, one, required]) => required && !isSecret(one),
        )
        return Object.fromEntries(wanted.map(([name, one]) => [name, this.sample(one, depth + 1)]))
      }
      case 'array':
        return []
      case 'integer':
      case 'number':
        return Math.max(0, Number.isSafeInteger(flat.minimum) ? flat.minimum : 0)
      case 'boolean':
        return false
      case 'string':
        return ''
      default:
        return null
    }
  }

  /** Where the body holds secrets, as paths from its top; those in lists are not among them. @param {Schema | undefined} schema @returns {{ path: string[], schema: Schema, required: boolean }[]} */
  secretFields(schema, above = /** @type {string[]} */ ([])) {
    if (above.length > MAX_DEPTH) return []
    return this.properties(this.flat(schema)).flatMap(([name, one, required]) => {
      const path = [...above, name]
      return isSecret(one) ? [{ path, schema: one, required }] : this.secretFields(one, path)
    })
  }

  /** Tells by its name whether a member of such a value is secret. @param {Schema | undefined} schema @returns {(name: string) => boolean} */
  secretNames(schema) {
    const marked = this.rows(schema).filter((row) => row.secret)
    const names = new Set(marked.map((row) => row.path.split('.').at(-1)))
    return (name) => names.has(name) || SECRET_NAME.test(name)
  }
}
