/**
 * XSOAR's context, as playbooks use it: values merge into what is there, and `${path}` reads them. Only the forms that
 * the playbooks here have are known: members, `[n]`, and `(val.A == "x")`.
 */
export type Context = Record<string, unknown>

type Item = Record<string, unknown>

/** `Prefix(val.k && val.k == obj.k)` takes the place of the same thing; a bare prefix stands beside what is there. */
export function merged(context: Context, key: string, value: unknown): void {
  const parts = /^([\w.]+)(?:\(val\.(\w+) && val\.\2 == obj\.\2\))?$/.exec(key)
  if (parts === null) throw new Error(`the context does not know ${key}`)
  const [, path = '', same] = parts
  const names = path.split('.')
  const last = names.pop() ?? ''
  let holder: Item = context
  for (const name of names) {
    holder[name] ??= {}
    holder = holder[name] as Item
  }
  const there = [holder[last] ?? []].flat() as Item[]
  for (const item of [structuredClone(value)].flat() as Item[]) {
    const match = same === undefined ? undefined : there.find((known) => known[same] === item[same])
    if (match === undefined) there.push(item)
    else Object.assign(match, item)
  }
  holder[last] = there.length === 1 ? there[0] : there
}

/** An argument of a task, with what it takes from the context put in. */
export function resolved(context: Context, text: string): unknown {
  const whole = /^\$\{([^}]+)\}$/.exec(text)
  if (whole === null) return text
  return read(context, whole[1] ?? '')
}

function read(context: Context, path: string): unknown {
  let found: unknown = context
  for (const [, name, filter, wanted, index] of path.matchAll(
    /(?:^|\.)(?:(\w+)(?:\(val\.(\w+) == "([^"]*)"\))?|\[(\d+)\])/g,
  )) {
    if (index !== undefined) found = [found].flat()[Number(index)]
    else if (Array.isArray(found))
      found = found.map((item: Item) => item[name ?? '']).filter((value) => value !== undefined)
    else found = (found as Item | undefined)?.[name ?? '']
    if (filter !== undefined)
      found = ([found].flat() as Item[]).filter((item) => item[filter] === wanted)
    if (Array.isArray(found) && found.length === 1) found = found[0]
  }
  return found
}
