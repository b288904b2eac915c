/** What a placeholder may name. */
export type Values = Map<string, unknown>

/** A placeholder for which no earlier exchange kept a value. */
export class Missing extends Error {
  override readonly name = 'Missing'
}

const PLACEHOLDER = /\{\{(?:([a-z]+):)?([A-Za-z0-9_.-]+)\}\}/g

/** The name under which the values hold how many milliseconds the server's clock is ahead of ours. */
export const AHEAD = 'aheadMs'

/** The time as the server has it, in milliseconds. */
export const now = (values: Values): number => Date.now() + Number(values.get(AHEAD) ?? 0)

const forms: Readonly<Record<string, (value: string) => string>> = {
  enc: encodeURIComponent,
  uuid: (value) => value.slice(value.indexOf('|') + 1),
  upper: (value) => value.toUpperCase(),
}

/** Fills the placeholders of every text inside a value. A text that is one plain placeholder becomes the value itself. */
export function fill<T>(value: T, values: Values): T {
  return fillAny(value, values) as T
}

function fillAny(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return fillText(value, values)
  if (Array.isArray(value)) return value.map((part) => fillAny(part, values))
  if (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  )
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [fillText(key, values), fillAny(part, values)]),
    )
  return value
}

function fillText(text: string, values: Values): unknown {
  const whole = /^\{\{([A-Za-z0-9_.-]+)\}\}$/.exec(text)
  if (whole?.[1] !== undefined) return valueNamed(whole[1], values)
  return text.replaceAll(PLACEHOLDER, (_all, form: string | undefined, name: string) => {
    if (form === 'in') return new Date(now(values) + Number(name) * 1000).toISOString()
    const value = String(valueNamed(name, values))
    if (form === undefined) return value
    const change = forms[form]
    if (!change) throw new Error(`there is no placeholder form ${form}:`)
    return change(value)
  })
}

function valueNamed(name: string, values: Values): unknown {
  if (!values.has(name)) throw new Missing(`no earlier exchange kept {{${name}}}`)
  return values.get(name)
}
