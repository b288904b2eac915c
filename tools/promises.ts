import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * Writes docs/promises.md: every promise, the test that shows it and the figures of its last runs, taken from
 * reports/promises. Where there is no new report the figure that stands in the page is kept. `--check` only compares
 * the promises and their tests, since figures come and go with each run.
 */
const promises: readonly (readonly [
  area: string,
  rows: readonly (readonly [id: string, promise: string])[],
])[] = [
  [
    'Secrets',
    [
      ['S1', 'Nothing secret lies on a disk as it is, in whatever form it could be written'],
      ['S2', 'Whatever operation writes a secret leaves it wrapped, for its own place only'],
      ['S3', 'Logs, errors and audit records tell no secret, even of requests that fail'],
      ['S4', 'A dump of the process holds no key, and no signal opens a debugger'],
      ['S5', 'What was destroyed cannot be found or used again'],
      ['S6', 'Cryptography answers the published test vectors through the API'],
      ['S7', 'No nonce is used twice with one key'],
    ],
  ],
  [
    'Root key and seal',
    [
      ['R1', 'A root key that others could read, or a weak one, is refused'],
      ['R2', 'A wrong or missing root key is refused, and nothing changes'],
      ['R3', 'A sealed server answers health, status and unseal only'],
      ['R4', 'Enough shares give the root key back; one too few tell nothing'],
      ['R5', 'Rotation of root key and KEKs may be interrupted at any instant'],
      ['R6', 'Unsealing by a PKCS#11 token fails closed, and spares the PIN'],
    ],
  ],
  [
    'Tampering with the store',
    [
      ['T1', 'A row that was edited, swapped or moved is refused and reported'],
      ['T2', 'A value with a flipped bit is refused, never served'],
      ['T3', 'A row that was put back to an older version is found'],
    ],
  ],
  [
    'Who may do what',
    [
      ['A1', 'Each route decides for each caller as its table says, across domains too'],
      ['A2', 'Ids of another domain are refused wherever an id may stand'],
      ['A3', 'All spellings of a name or path lead to one decision'],
      ['A4', 'A permission allows its own operation and no other'],
      ['A5', 'Nobody can raise his own rights'],
      ['A6', 'Fields that may not be set cannot be set'],
      ['A7', 'Names are compared as text, whatever characters they hold'],
      ['A8', 'Lists, counts and orders show only what may be read'],
      ['A9', 'Racing requests gain nothing'],
    ],
  ],
  [
    'Signing in',
    [
      ['L1', 'Few guesses at a password are evaluated, however they are spelt or spread'],
      ['L2', 'An administrator who was locked out gets back in on the host'],
      ['L3', 'An answer does not tell whether a user exists'],
      ['L4', 'Only tokens of this server are taken, for what they were issued for'],
      ['L5', 'What was revoked is refused within a second, on every node'],
      ['L6', 'A refresh token that was replaced is dead'],
      ['L7', 'A fresh installation has no password that anyone could know'],
      ['L8', 'A flood of sign-ins does not stop those who work'],
    ],
  ],
  [
    'Audit',
    [
      ['U1', 'What cannot be recorded is not done'],
      ['U2', 'A change to the audit log is found, and the first bad record named'],
      ['U3', 'Text in a record stays text'],
    ],
  ],
  [
    'The broken world',
    [
      ['W1', 'kill -9 loses nothing that was acknowledged and halves nothing'],
      ['W2', 'A power cut loses nothing that was acknowledged'],
      ['W3', 'Any single I/O error ends in a clean error or exit'],
      [
        'W4',
        'On a full disk reads go on, refusals are recorded as long as possible, and all resumes with space',
      ],
      ['W5', 'Jumps of the clock revive nothing and run nothing twice'],
      ['W6', 'A failover of PostgreSQL loses and doubles nothing'],
      ['W7', 'A scheduled rotation runs once'],
      ['W8', 'Stopping under load loses nothing and is quick'],
      ['W9', 'A backup restores on a bare machine, a damaged one not at all'],
      ['W10', 'Upgrades keep everything'],
    ],
  ],
  [
    'Hostile input and overload',
    [
      ['H1', 'No input breaks a route'],
      ['H2', 'A small body cannot take much memory'],
      ['H3', 'No content type takes a body past its schema'],
      ['H4', 'No regular expression is slow'],
      ['H5', 'No text becomes SQL'],
      ['H6', 'Slow clients do not hold up others'],
      ['H7', 'Overload is shed, and passes'],
      ['H8', 'Long runs do not leak'],
      ['H9', 'Connections go only where they may'],
      ['H10', 'TLS is what is current'],
    ],
  ],
  [
    'Certificates',
    [
      ['C1', 'Nothing is signed that a linter refuses'],
      ['C2', 'The profile decides what a certificate says, the request only asks'],
      ['C3', 'Serial numbers are random, positive and never repeated'],
      ['C4', 'Weak keys get no certificate'],
      ['C5', 'Hostile requests and PEM do not break the parser'],
      ['C6', 'Revocation lasts, and holds on every node'],
    ],
  ],
  [
    'Supply and set-up',
    [
      ['D1', 'Dependencies are few, pinned and known by hash, and run nothing on install'],
      ['D2', 'The same source gives the same package'],
      ['D3', 'Tests fail when a check is taken out'],
      ['D4', 'Files are private and unsafe settings refused, by default'],
    ],
  ],
]

const root = new URL('../', import.meta.url)
const page = new URL('docs/promises.md', root)
const reports = new URL('reports/promises/', root)

interface Report {
  readonly id: string
  readonly kind: 'commit' | 'soak'
  readonly figure: string
  readonly date: string
}

/** Tests name their promises at the beginning of their file's name: `r1-r2-root-key.test.ts`. */
const tests = readdirSync(new URL('test/promises/', root))
  .filter((name) => name.endsWith('.test.ts'))
  .sort()
const elsewhere: Readonly<Record<string, string>> = {
  D3: 'tools/mutation.ts',
  R5: 'src/system/seal/crash.test.ts',
  W7: 'src/vault/timed/nodes.test.ts',
}
const testOf = (id: string): string | undefined => {
  const file = tests.find((name) =>
    (/^((?:[a-z]\d+-)+)/.exec(name)?.[1] ?? '').split('-').includes(id.toLowerCase()),
  )
  return file === undefined ? elsewhere[id] : `test/promises/${file}`
}

const written: readonly Report[] = existsSync(reports)
  ? readdirSync(reports)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(new URL(name, reports), 'utf8')) as Report)
  : []

/** A promise reports under its number, and under its number and a word for what else it tried. */
const isOf = (id: string) => (report: Report) => report.id === id || report.id.startsWith(`${id} `)

const before = existsSync(page) ? readFileSync(page, 'utf8') : ''
const figureOf = (id: string, kind: Report['kind']): string => {
  const fresh = written
    .filter((report) => report.kind === kind && isOf(id)(report))
    .sort((one, other) => one.id.localeCompare(other.id))
  if (fresh.length === 0) return keptOf(id, kind)
  const dates = fresh.map(({ date }) => date).sort()
  return `${fresh.map(({ figure }) => figure.replaceAll('|', '\\|')).join('; ')} (${dates.at(-1)})`
}

/** What stands in the page so far. */
function keptOf(id: string, kind: Report['kind']): string {
  const line = before.split('\n').find((row) => row.startsWith(`| ${id} |`))
  const cells = line?.split(/(?<!\\)\|/).map((cell) => cell.trim()) ?? []
  return cells[kind === 'commit' ? 4 : 5] ?? ''
}

const lines = [
  '# What we promise, and the test that shows it',
  '',
  'Each promise has a test that attacks it, and each test a control: something broken on purpose that the test must',
  'notice. The figures are those of the last runs: on every commit, and of the longer run before a release',
  '(`npm run soak -- NAME`). This page is written by `npm run promises`.',
  '',
  ...promises.flatMap(([area, rows]) => [
    `## ${area}`,
    '',
    '| # | Promise | Test | Every commit | Soak |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(([id, promise]) => {
      const test = testOf(id)
      const link = test === undefined ? 'not yet' : `[${test.split('/').at(-1)}](../${test})`
      return `| ${id} | ${promise} | ${link} | ${figureOf(id, 'commit')} | ${figureOf(id, 'soak')} |`
    }),
    '',
  ]),
]
const text = lines.join('\n')

const withoutFigures = (of: string) =>
  of
    .split('\n')
    .map((line) =>
      /^\| [A-Z]\d+ \|/.test(line)
        ? line
            .split(/(?<!\\)\|/)
            .slice(0, 4)
            .join('|')
        : line,
    )
    .join('\n')

if (process.argv.includes('--check')) {
  if (withoutFigures(before) !== withoutFigures(text)) {
    process.stderr.write('docs/promises.md is not what the tests say; run npm run promises\n')
    process.exitCode = 1
  }
} else if (before !== text) {
  mkdirSync(new URL('docs/', root), { recursive: true })
  writeFileSync(page, text)
  process.stdout.write(`wrote ${page.pathname}\n`)
}
