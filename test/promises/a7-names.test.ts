import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, addUser, type Lab, openLab } from './lab.ts'
import { report, scale, seed } from './promise.ts'

/** Pieces that mean something to a database, a pattern, a path or a terminal. */
const PIECES = [
  ...[
    '*',
    '?',
    '%',
    '_',
    '..',
    '.',
    "'",
    '"',
    '`',
    ';',
    '--',
    '#',
    '&',
    '=',
    '+',
    '(',
    ')',
    '[',
    ']',
  ],
  ...[
    '{',
    '}',
    '$',
    '^',
    '~',
    '!',
    ',',
    ':',
    '@',
    ' ',
    'nil',
    'or 1=1',
    'a',
    'b',
    'A',
    'é',
    'e\u0301',
  ],
  ...['ß', 'İ', 'ı', 'ſ', 'K', 'ﬁ', '名', '😀', '%00', '%2e', '&amp;', '\\u0000'],
]
/** Refused in names: a name that holds one must not be made. */
const REFUSED = [
  '\\',
  '/',
  '|',
  '<',
  '>',
  '\0',
  '\n',
  '\u202e',
  '\u200b',
  '\u2066',
  '\ufeff',
  '\x1b[31m',
]

const name = (pieces: readonly string[]) =>
  fc
    .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(''))
const allowed = name(PIECES)
const refused = fc
  .tuple(allowed, fc.constantFrom(...REFUSED), allowed)
  .map(([before, bad, after]) => before + bad + after)

/** What a name is compared by, said here again: compatibility forms and case folded until nothing changes, ends cut. */
function key(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase()
  return folded === text ? text.trim() : key(folded)
}

/** As a filter that means exactly this name: its wildcards taken literally. */
const literally = (text: string) => text.replace(/[\\*?]/g, '\\$&')
const enc = encodeURIComponent

interface Kind {
  readonly what: string
  readonly path: string
  readonly field: string
  readonly filter: string
  readonly key: (text: string) => string
  /** What its filter compares, where that is more than the name's key. */
  readonly filterKey?: (text: string) => string
  readonly body: (name: string) => object
}

const kinds: readonly Kind[] = [
  {
    what: 'groups',
    path: '/v1/usermgmt/groups',
    field: 'name',
    filter: 'name',
    key,
    body: (name) => ({ name }),
  },
  {
    what: 'users',
    path: '/v1/usermgmt/users',
    field: 'username',
    filter: 'username',
    key,
    body: (username) => ({ username, password: 'Named-Pass-1' }),
  },
  {
    what: 'password policies',
    path: '/v1/usermgmt/pwdpolicies',
    field: 'policy_name',
    filter: 'policy_name',
    key: (text) => text.normalize('NFKC').trim(),
    // Policies are told apart by case; their filter, like those of other texts, does not look at the case of A to Z.
    filterKey: (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    body: (policy_name) => ({ policy_name }),
  },
]

type Get = (path: string) => Promise<Answer>

describe('A7: a name is text and nothing else', () => {
  let lab: Lab
  let token: string
  const names: Record<string, string[]> = {}
  const get: Get = (path) => lab.ask('GET', path, { token })
  let compared = 0

  beforeAll(async () => {
    lab = await openLab()
    token = await lab.admin()
    for (const { what, path, field, body } of kinds) {
      const wanted = fc.sample(allowed, { numRuns: 150, seed })
      for (const text of [
        ...wanted,
        '%',
        '_',
        '*',
        '?',
        '%%',
        '__',
        'a%',
        'a_',
        'ab',
        'aab',
        'A',
        "'",
      ])
        await lab.ask('POST', path, { token, body: body(text) })
      const all = await get(`${path}?limit=-1`)
      names[what] = all.body.resources.map((row: Record<string, string>) => row[field])
    }
  }, 120_000)
  afterAll(() => lab.stop())

  test.each(kinds)(
    'a filter with an escaped name finds that one of the $what, and no other',
    async (kind) => {
      const { escaped } = await mismatches(get, kind, names[kind.what] ?? [])
      compared += names[kind.what]?.length ?? 0
      expect(escaped).toEqual([])
    },
  )

  test.each(kinds)('in filters of $what only * and ? are wildcards', async (kind) => {
    const all = names[kind.what] ?? []
    const pattern = name([...PIECES, '*', '?', '\\*', '\\?', '\\\\', '\\a'])
    await fc.assert(
      fc.asyncProperty(pattern, async (text) => {
        fc.pre(text.trim() !== '')
        const wanted = all.filter((one) => matches((kind.filterKey ?? fold)(text), kind, one))
        const got = await get(`${kind.path}?limit=-1&${kind.filter}=${enc(text)}`)
        expect(got.status).toBe(200)
        const found = got.body.resources.map((row: Record<string, string>) => row[kind.field])
        compared++
        expect(found.sort(), JSON.stringify(text)).toEqual(wanted.sort())
      }),
      { numRuns: scale(300, 5000), seed },
    )
  })

  test('outside list filters a wildcard is a character: in paths, memberships and asked-for actions', async () => {
    await addUser(lab, 'nobody', 'Nobody-Pass-1')
    const plain = await lab.signIn('nobody', 'Nobody-Pass-1')
    await fc.assert(
      fc.asyncProperty(name([...PIECES, '*', '?', '%', '_']), async (text) => {
        for (const { path, field, key, what } of kinds) {
          const got = await get(`${path}/${enc(text)}`)
          // A path that ends in dots, or names nothing, is another route or none.
          if (got.status !== 200 || got.body[field] === undefined) continue
          if (text === 'self') continue
          expect(key(got.body[field]), `${what} ${JSON.stringify(text)}`).toBe(key(text))
        }
        const members = await get(`/v1/usermgmt/users?limit=-1&group=${enc(text)}`)
        const isAdminGroup = key(text) === 'admin' || text === 'nil'
        if (!isAdminGroup) expect(members.body.total, JSON.stringify(text)).toBe(0)
        const body = { actions: [text, `Read${text}`, `${text}User`, '*', 'ReadGroup\n'] }
        const may = await lab.ask('POST', '/v1/auth/self/permissions', { token: plain, body })
        for (const { action, allowed } of may.body.permissions)
          expect(allowed && action !== 'ReadGroup', JSON.stringify(action)).toBe(false)
        compared += 5
      }),
      { numRuns: scale(300, 5000), seed },
    )
  })

  test('labels of tokens are found whole, by their exact text', async () => {
    const labels = fc.sample(name(PIECES.filter((piece) => piece !== ',')), { numRuns: 60, seed })
    const trimmed = [
      ...new Set([...labels, 'a', 'A', 'aa', '%', '_', '"', 'a"'].map((label) => label.trim())),
    ]
    for (const label of trimmed.filter((label) => label !== '')) {
      const body = { username: 'admin', password: 'First-Pass-1234!', labels: [label] }
      expect((await lab.ask('POST', '/v1/auth/tokens', { body })).status).toBe(200)
    }
    for (const label of trimmed.filter((label) => label !== '')) {
      const got = await get(`/v1/auth/tokens?limit=-1&labels=${enc(label)}`)
      const found = got.body.resources.map((row: { labels: string[] }) => row.labels)
      expect(found, JSON.stringify(label)).toEqual([[label]])
      compared++
    }
  })

  test('a name that cannot be seen, or that ends a text or a path, is not made', async () => {
    await fc.assert(
      fc.asyncProperty(refused, async (text) => {
        for (const { path, body } of kinds) {
          const got = await lab.ask('POST', path, { token, body: body(text) })
          // Marks at the ends may be cut like spaces; then what is left is an ordinary name.
          if (got.status === 201)
            expect(JSON.stringify(got.body)).not.toMatch(/[\p{Cf}|<>]|\\u001b/u)
          else expect([400, 409]).toContain(got.status)
          compared++
        }
      }),
      { numRuns: scale(100, 1000), seed },
    )
    report('A7', `${compared} names and patterns, 0 matches beyond equality`)
  })

  test('the harness notices a filter whose % and _ reach the database', async () => {
    const kind = kinds[0] as Kind
    const all = names[kind.what] ?? []
    const leaking: Get = (path) =>
      get(
        path.replace(
          /(name=)(.*)$/,
          (_, before, text) =>
            before + enc(decodeURIComponent(text).replaceAll('%', '*').replaceAll('_', '?')),
        ),
      )
    const { escaped } = await mismatches(leaking, kind, all)
    expect(escaped).toContainEqual(expect.stringContaining('"%"'))
  })
})

/** Names that a filter on exactly them does not find, or finds others with. */
async function mismatches(get: Get, kind: Kind, all: readonly string[]) {
  const escaped: string[] = []
  for (const text of all) {
    const got = await get(`${kind.path}?limit=-1&${kind.filter}=${enc(literally(text))}`)
    const found = got.body.resources?.map((row: Record<string, string>) => row[kind.field])
    const equal = kind.filterKey ?? kind.key
    const wanted = all.filter((one) => equal(one) === equal(text))
    if (JSON.stringify(found?.sort()) !== JSON.stringify(wanted.sort()))
      escaped.push(`${JSON.stringify(text)} found ${JSON.stringify(found)}`)
  }
  return { escaped }
}

const fold = (text: string): string => {
  const folded = text.normalize('NFKC').toLowerCase()
  return folded === text ? text : fold(folded)
}

/** Whether a name matches a pattern, character by character, without a database or a regular expression. */
function matches(pattern: string, kind: Kind, text: string): boolean {
  const tokens: ({ readonly is: string } | '*' | '?')[] = []
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const char = characters[at] as string
    const next = characters[at + 1]
    if (char === '\\' && next !== undefined && '*?\\'.includes(next)) {
      tokens.push({ is: next })
      at++
    } else tokens.push(char === '*' || char === '?' ? char : { is: char })
  }
  const value = [...(kind.filterKey ?? key)(text)]
  const from = (at: number, of: number): boolean => {
    const token = tokens[at]
    if (token === undefined) return of === value.length
    if (token === '*') return from(at + 1, of) || (of < value.length && from(at, of + 1))
    if (of >= value.length) return false
    return (token === '?' || token.is === value[of]) && from(at + 1, of + 1)
  }
  return from(0, 0)
}
