import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesBelow } from './haystack.ts'
import { type Answer, inParallel, type Lab, openLab, pick } from './lab.ts'
import { populate } from './populated.ts'
import { random, report, scale, seed } from './promise.ts'

const hole = ['$', 'name}'].join('{')

/** Text that has meant something to a database where it was pasted into a statement. */
const seeds = [
  "' or '1'='1",
  "' or 1=1 --",
  "') or ('1'='1",
  '" or ""="',
  "'; drop table users; --",
  "'; update users set name = 'owned' --",
  "' union select password from users --",
  "' union all select null,null,null --",
  "x' and (select count(*) from users) > 0 --",
  "x' and sqlite_version() like '3%",
  "x'||(select name from groups limit 1)||'",
  '1; select pg_sleep(5)',
  "'||pg_sleep(5)||'",
  "' and randomblob(500000000) --",
  "'; attach database '/tmp/owned' as owned --",
  'name; drop table groups',
  'name desc, (select password from users)',
  '(case when 1=1 then name else created_at end)',
  'name collate nocase',
  'rowid',
  'password',
  'seal',
  'users.password',
  'created_at,password',
  '-password',
  "name->>'$.a'",
  "name#>>'{a}'",
  "$.a' or 1=1 --",
  "user_metadata->'a'",
  '?',
  '$1',
  ':name',
  '@name',
  hole,
  '{{name}}',
  '%27%20or%201=1',
  '\\',
  "\\' or 1=1 --",
  '/*',
  '*/ or 1=1 /*',
  '--',
  '#',
  ';',
  '`',
  '``; drop table users',
  '[name]',
  "E'\\x27'",
  '$$ or 1=1 $$',
  'ʼ or 1=1 --',
  '＇ or 1=1 --',
]

function payloads(count: number): string[] {
  const next = random()
  const wraps: ((text: string) => string)[] = [
    (text) => text,
    (text) => `admin${text}`,
    (text) => `${text}admin`,
    (text) => text.toUpperCase(),
    (text) => text.replaceAll(' ', '/**/'),
    (text) => text.replaceAll(' ', '\t'),
    (text) => `blue${text}`,
    (text) => `${text}${pick(next, seeds)}`,
    (text) => encodeURIComponent(text),
    (text) => `%${text}_`,
  ]
  return Array.from({ length: count }, (_, at) => {
    const text = seeds[at % seeds.length] as string
    return at < seeds.length ? text : pick(next, wraps)(text)
  })
}

/** Places where text from outside goes into a question to the database. */
const filters = [
  [
    '/v1/usermgmt/users',
    [
      'name',
      'username',
      'email',
      'group',
      'groups',
      'auth_domain_name',
      'password_policy',
      'allowed_auth_methods',
    ],
  ],
  ['/v1/usermgmt/groups', ['name', 'users']],
  ['/v1/usermgmt/pwdpolicies', ['policy_name']],
  ['/v1/auth/tokens', ['labels', 'user_id']],
  ['/v1/audit/records', ['severity', 'message', 'username', 'client_ip', 'service', 'source']],
] as const
const sorted = [
  '/v1/usermgmt/users',
  '/v1/usermgmt/groups',
  '/v1/usermgmt/pwdpolicies',
  '/v1/audit/records',
]
const named = [
  '/v1/usermgmt/users/',
  '/v1/usermgmt/groups/',
  '/v1/usermgmt/pwdpolicies/',
  '/v1/audit/records/',
  '/v1/auth/tokens/',
]

type Get = (path: string) => Promise<Pick<Answer, 'status' | 'body' | 'text'>>

/** What a payload did that text does not do. */
async function effects(
  get: Get,
  corpus: readonly string[],
): Promise<{ sent: number; found: string[] }> {
  const next = random()
  const found: string[] = []
  const whole = new Map<string, string>()
  for (const path of sorted.slice(0, 3)) whole.set(path, (await get(path)).text)
  let sent = 0
  await inParallel(corpus, 8, async (payload) => {
    sent++
    const text = encodeURIComponent(payload)
    const kind = Math.floor(next() * 3)
    if (kind === 0) {
      const [path, names] = pick(next, filters)
      const name = pick(next, names)
      const got = await get(`${path}?${name}=${text}`)
      // Wildcards are meant to match, a dash before a user to turn the question round, and a method to be one.
      const isPattern =
        /[*?]/.test(payload) ||
        (name === 'users' && payload.trim().startsWith('-')) ||
        (name === 'allowed_auth_methods' && payload === 'password')
      if (got.status >= 500) found.push(`${path} ${name}=${payload}: ${got.status} ${got.text}`)
      else if (got.status === 200 && got.body.total !== 0 && !isPattern)
        found.push(`${path} ${name}=${payload}: ${got.body.total} rows`)
    } else if (kind === 1) {
      const path = pick(next, sorted)
      const got = await get(`${path}?sort=${text}`)
      if (got.status !== 200) found.push(`${path} sort=${payload}: ${got.status} ${got.text}`)
      else if (whole.has(path)) {
        const { messages, ...rest } = got.body
        const isKnown = /^[-,\s]*(name|created_at|[-,;\s])*$/i.test(payload)
        if (
          !isKnown &&
          payload.trim() !== '' &&
          JSON.stringify(rest) !== whole.get(path) &&
          messages === undefined
        )
          found.push(`${path} sort=${payload}: another order, and no word of it`)
      }
    } else {
      const path = pick(next, named)
      const got = await get(`${path}${text}`)
      if (got.status !== 404 && got.status !== 400)
        found.push(`${path}${payload}: ${got.status} ${got.text}`)
    }
  })
  return { sent, found }
}

describe('H5: no SQL from text', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
    await populate(lab)
  })
  afterAll(() => lab.stop())
  const content = () =>
    JSON.stringify(
      lab.rows(
        'users',
        'groups',
        'memberships',
        'password_policies',
        'settings',
        'domains',
        'data_keys',
        'counts',
      ),
      (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value),
    ).replace(/\{[^{}]*"table_name":"audit_records[^{}]*\}/g, '')

  test('in filters, sorts and paths it finds nothing, changes nothing and breaks nothing', {
    timeout: 600_000,
  }, async () => {
    const before = content()
    const started = performance.now()
    const { sent, found } = await effects(
      async (path) => lab.ask('GET', path, { token: await lab.admin() }),
      payloads(scale(5000, 50_000)),
    )
    report('H5', `${sent} payloads in filters, sorts and paths, ${found.length} effects`)
    expect(found, `seed ${seed}`).toEqual([])
    expect(content()).toBe(before)
    // Not one of those that make a database wait has done so.
    expect((performance.now() - started) / sent).toBeLessThan(500)
  })

  test('in bodies it is stored and given back as it came', async () => {
    const token = await lab.admin()
    for (const [at, payload] of payloads(scale(200, 2000)).entries()) {
      const name = `h5-${at}`
      const body = { name, description: payload, user_metadata: { [payload]: payload } }
      const made = await lab.ask('POST', '/v1/usermgmt/groups', { token: await lab.admin(), body })
      expect(made.status, made.text).toBe(201)
      const got = await lab.ask('GET', `/v1/usermgmt/groups/${name}`, { token })
      expect([got.body.description, got.body.user_metadata]).toEqual([
        payload,
        { [payload]: payload },
      ])
      const changed = await lab.ask('PATCH', '/v1/auth/self/user', {
        token,
        body: { nickname: payload.slice(0, 200) },
      })
      expect([changed.status, changed.body.nickname]).toEqual([200, payload.slice(0, 200)])
    }
    for (const username of seeds) {
      const body = { username, password: username }
      expect((await lab.ask('POST', '/v1/auth/tokens', { body })).status, username).toBeOneOf([
        400, 401, 429,
      ])
    }
  })

  test('the harness notices a list that pastes its filter into the statement', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(':memory:')
    database.exec("create table things (name text); insert into things values ('one'), ('two')")
    const { found } = await effects(async (path) => {
      const url = new URL(path, 'https://keystead.test')
      const [text] = [...url.searchParams.values()]
      if (text === undefined) return { status: 404, body: { total: 0 }, text: '' }
      try {
        const rows = database.prepare(`select * from things where name = '${text}'`).all()
        return { status: 200, body: { total: rows.length }, text: '' }
      } catch (error) {
        return { status: 500, body: {}, text: String(error) }
      }
    }, payloads(1000))
    database.close()
    expect(found.some((line) => line.endsWith('2 rows'))).toBe(true)
    expect(found.some((line) => line.includes('500'))).toBe(true)
  })
})

/** Statements put together from text: `sql.raw`, `sql.lit`, or SQL words in a template with holes or in a sum. */
function pasted(file: string, text: string): string[] {
  const found: string[] = []
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const isSql = (words: string) =>
    /^\s*(select\s.+\sfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|(create|drop|alter)\s+(table|index|view))\b/is.test(
      words,
    )
  const visit = (node: ts.Node): void => {
    const at = () => `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
    if (
      ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'sql' &&
      ['raw', 'lit', 'literal', 'unsafe'].includes(node.name.text)
    )
      found.push(`${at()} uses sql.${node.name.text}`)
    if (
      ts.isTemplateExpression(node) &&
      !ts.isTaggedTemplateExpression(node.parent) &&
      isSql(node.getText().slice(1))
    )
      found.push(`${at()} puts a statement together`)
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.PlusToken &&
      ts.isStringLiteral(node.left) &&
      isSql(`${node.left.text} x`)
    )
      found.push(`${at()} adds to a statement`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

describe('H5: statements are built, never pasted', () => {
  const src = new URL('../../src', import.meta.url).pathname
  test('nothing outside the store writes SQL, and nothing at all uses raw or literal text in it', () => {
    const found = filesBelow(src)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => pasted(file.slice(src.length + 1), readFileSync(file, 'utf8')))
      .filter((line) => !line.startsWith('store/') || line.includes('uses sql.'))
    expect(found).toEqual([])
  })

  test('the harness notices each way of pasting', () => {
    expect(pasted('a.ts', 'sql.raw(name)')).toHaveLength(1)
    expect(pasted('a.ts', 'sql.lit(name)')).toHaveLength(1)
    expect(pasted('a.ts', `\`select * from users where name = ${hole}\``)).toHaveLength(1)
    expect(pasted('a.ts', '"delete from users where name = " + name')).toHaveLength(1)
    expect(pasted('a.ts', `sql\`select * from users where name = ${hole}\``)).toHaveLength(0)
    expect(pasted('a.ts', `\`select ${hole} of these\``)).toHaveLength(0)
  })
})
