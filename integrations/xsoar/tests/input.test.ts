import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeHttps, json, startFakeHttps } from '../../../test/fakes/https.ts'
import {
  type Column,
  cliColumn,
  compiled,
  type Given,
} from '../../../test/support/xsoar/columns.ts'
import { dateOf, wireDate } from '../commands/dates.ts'
import { begin, isCommandFailure, type Kind, type Request } from '../commands/index.ts'
import { commandNamed, commands } from '../commands/table.ts'
import type { Argument, Command } from '../commands/types.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n'
const LONG = 'x'.repeat(5000)
const ESCAPE = 'a\u001b]0;owned\u0007'

/** For each kind a good value, wrong ones and hostile ones. */
const values: Readonly<
  Record<Kind, { good: string; wrong: readonly string[]; hostile: readonly string[] }>
> = {
  text: { good: 'ops', wrong: [LONG], hostile: [ESCAPE, 'a\u0000b', 'a\r\nx-admin: 1'] },
  prose: { good: 'two\nlines', wrong: [LONG], hostile: [ESCAPE, 'a\u0000b'] },
  secret: { good: 'Secret-1234!', wrong: [LONG], hostile: ['a\u0000b'] },
  'secret-text': { good: KEY, wrong: ['no key'], hostile: [`${KEY}\u0000`] },
  identifier: { good: 'ops', wrong: ['..', LONG], hostile: ['.', 'a\u0000b', ESCAPE] },
  number: {
    good: '5',
    wrong: ['five', '-1', '1.5', '1e3', '0x10'],
    hostile: ['99999999999999999999', '5; drop table', 'Infinity', 'NaN'],
  },
  boolean: {
    good: 'true',
    wrong: ['perhaps', '2'],
    hostile: ['true\u0000', 'constructor', '__proto__'],
  },
  choice: { good: '', wrong: ['nothing-like-it'], hostile: ['__proto__', 'constructor', ESCAPE] },
  list: {
    good: 'a,b',
    wrong: [',,', '[1,', '[{"a":1}]'],
    hostile: [ESCAPE, `a,${LONG}`, Array(101).fill('a').join(',')],
  },
  choices: {
    good: '',
    wrong: ['nothing-like-it', ','],
    hostile: ['__proto__', 'constructor', ESCAPE],
  },
  'dns-names': {
    good: '*.example.com',
    wrong: ['not a name', 'a..b'],
    hostile: ['a.example.com\u0000', `${'a.'.repeat(200)}com`],
  },
  emails: {
    good: 'a@example.com',
    wrong: ['example.com', 'a@'],
    hostile: ['a@b@c', 'a\r\nBcc: x@example.com'],
  },
  addresses: {
    good: '192.0.2.1, 2001:db8::1',
    wrong: ['192.0.2.256', 'localhost', '1::2::3'],
    hostile: ['0x7f000001', '017.0.0.1', '::ffff:999.0.0.1'],
  },
  date: {
    good: 'in 30 days',
    wrong: ['someday', '2027-02-30', '01/02/2027', '30 days', '2027-13-01'],
    hostile: ['9'.repeat(40), 'in 999999999 years', '2027-05-30T25:00:00Z', ESCAPE],
  },
  expiry: { good: 'empty', wrong: ['someday', 'null'], hostile: ['9'.repeat(40), ESCAPE] },
  subject: {
    good: '[{"O":"Example"}]',
    wrong: ['O=Example', '[]', '[{"X":"y"}]', '[{"O":1}]', '["O"]'],
    hostile: ['[{"__proto__":"x"}]', '[{"O":"a\\u0000"}]', '['.repeat(20_000)],
  },
  'subject-file': {
    good: '[{"O":"Example"}]',
    wrong: ['no/such/file'],
    hostile: ['[{"constructor":"x"}]', 'a\u0000b'],
  },
  'pem-file': {
    good: PEM,
    wrong: ['no/such/file', '-----BEGIN nothing'],
    hostile: [KEY, '/dev/zero', 'a\u0000b'],
  },
}

const goodFor = ({ kind, choices, least, name }: Argument): string =>
  choices?.[0] ??
  (kind === 'number' && name.endsWith('size') && least === 256 ? '384' : values[kind].good)

/** What the command needs, and this argument besides. */
function givenWith(
  command: Command,
  name: string | undefined,
  value: string,
): Record<string, string> {
  const given: Record<string, string> = {}
  for (const argument of command.arguments)
    if (
      argument.required ||
      ['duration', 'username', 'encryption_password'].includes(argument.name)
    )
      given[argument.name] = goodFor(argument)
  if (name === 'chained') given['local_ca_id'] = 'one'
  if (name !== undefined) given[name] = value
  return given
}

const host = {
  readFile: (): string => {
    throw new Error('must name a file that can be read')
  },
  now: () => Date.UTC(2026, 10, 22),
}
const credentials = { username: 'admin', password: 'secret' }

let fake: FakeHttps
let cli: Column
let script = ''
beforeAll(async () => {
  fake = await startFakeHttps((_request, response) => json(response, 500, {}))
  cli = cliColumn({ url: fake.url, ca: fake.ca, ...credentials })
  script = await compiled()
})
afterAll(async () => {
  cli.stop()
  await fake.stop()
})

const isSecret = ({ kind }: Argument): boolean => kind === 'secret' || kind === 'secret-text'

/** The command line is the way in for people: exit code 2, a sentence that names the argument, nothing sent. */
async function refusedByCli(
  command: Command,
  args: Record<string, string>,
  name: string,
): Promise<void> {
  const given: Record<string, Given> = {}
  for (const [key, value] of Object.entries(args)) {
    const argument = command.arguments.find((known) => known.name === key)
    given[key] = argument && isSecret(argument) && value !== '' ? { secret: value } : value
  }
  const { exit, said } = await cli.run(command.name, given)
  expect({ exit, said }).toEqual({
    exit: 2,
    said: expect.stringMatching(new RegExp(`^${name}\\b.*[.?]$`, 'm')),
  })
  expect(fake.requests).toHaveLength(0)
}

/** What the pack throws; undefined: it would have sent something. */
function thrownByPack(command: Command, args: Record<string, string>): string | undefined {
  const sent = new Error('sent')
  try {
    runInNewContext(`(function () {${script}\n})()`, {
      command: command.name,
      args,
      params: { server_url: 'https://keys.example.com', ...credentials },
      http: () => {
        throw sent
      },
      saveFile: () => 'file',
      entrytoa: () => '',
    })
  } catch (error) {
    return String(error).startsWith('Cannot speak to the server') ? undefined : String(error)
  }
  return undefined
}

function refused(command: Command, args: Record<string, string>): string[] {
  try {
    begin(command.name, args, credentials, host)
    return []
  } catch (error) {
    if (!isCommandFailure(error) || error.kind !== 'input') throw error
    return [...error.sentences]
  }
}

describe.each(commands.map((command) => [command.name, command] as const))(
  '%s',
  (_name, command) => {
    const rows = command.arguments.map((argument) => [argument.name, argument] as const)

    test('takes good values of every argument, one at a time', () => {
      for (const [name, argument] of rows)
        expect(refused(command, givenWith(command, name, goodFor(argument))), name).toEqual([])
    })

    test.each(
      rows.filter(([, { required, default: otherwise }]) => required && otherwise === undefined),
    )('refuses to run without %s, or with nothing in it', async (name) => {
      const { [name]: _left, ...others } = givenWith(command, name, 'x')
      await refusedByCli(command, others, name)
      for (const empty of ['', '  ']) {
        const args = { ...others, [name]: empty }
        // A password may be made of blanks.
        if (
          empty !== '' &&
          isSecret(command.arguments.find((known) => known.name === name) as Argument)
        )
          continue
        await refusedByCli(command, args, name)
        expect(thrownByPack(command, args)).toMatch(new RegExp(`^${name} `))
      }
    })

    test('takes nothing in an optional argument for no argument', () => {
      for (const [name, { required }] of rows) {
        if (required || ['duration', 'username', 'encryption_password'].includes(name)) continue
        const without = givenWith(command, undefined, '')
        if (name === 'chained') without['local_ca_id'] = 'one'
        expect(sentFor(command, { ...without, [name]: '' })).toEqual(sentFor(command, without))
      }
    })

    test.each(rows)('refuses wrong and hostile values of %s', async (name, argument) => {
      const { wrong, hostile } = values[argument.kind]
      for (const value of [...wrong, ...hostile]) {
        const args = givenWith(command, name, value)
        expect(refused(command, args).join('\n'), JSON.stringify(value.slice(0, 40))).toMatch(
          new RegExp(`^${name}\\b`, 'm'),
        )
        expect(thrownByPack(command, args), JSON.stringify(value.slice(0, 40))).toMatch(
          new RegExp(`^${name}\\b`, 'm'),
        )
        // A NUL cannot be given on a command line, and a secret only through a file, which ends at the line.
        if (!value.includes('\u0000') && !(isSecret(argument) && value.includes('\n')))
          await refusedByCli(command, args, name)
      }
    })

    test('never repeats a secret, nor a control character, in what it says', () => {
      for (const [name, argument] of rows)
        for (const value of [...values[argument.kind].wrong, ...values[argument.kind].hostile]) {
          const said = refused(command, givenWith(command, name, value)).join('')
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
          expect(said).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
          if (isSecret(argument)) expect(said).not.toContain(value.slice(0, 30))
          expect(said.length).toBeLessThan(600)
        }
    })
  },
)

function sentFor(command: Command, args: Record<string, string>): Request | undefined {
  const exchange = begin(command.name, args, credentials, host)
  exchange.next()
  exchange.take({ status: 200, body: '{"jwt":"t"}' })
  return exchange.next()
}

const request = (name: string, args: Record<string, string>) => {
  const sent = sentFor(commandNamed(name) as Command, args)
  return [
    sent?.method,
    sent?.path.replace('/api/v1', ''),
    sent?.body === undefined ? undefined : (JSON.parse(sent.body) as unknown),
  ]
}

describe('what is sent', () => {
  test.each<[string, string, Record<string, string>, unknown[]]>([
    [
      'a limit of 50 when none is given',
      'group-list',
      {},
      ['GET', '/usermgmt/groups/?skip=0&limit=50'],
    ],
    [
      'a page of 2000 when only the page is given',
      'group-list',
      { page: '3', limit: '50' },
      ['GET', '/usermgmt/groups/?skip=4000&limit=2000'],
    ],
    [
      'a page of the size given',
      'group-list',
      { page: '3', page_size: '10' },
      ['GET', '/usermgmt/groups/?skip=20&limit=10'],
    ],
    [
      'nil and - as they are',
      'group-list',
      { user_id: 'nil', client_id: '-c1' },
      ['GET', '/usermgmt/groups/?skip=0&limit=50&users=nil&clients=-c1'],
    ],
    [
      'a list with commas in one parameter',
      'users-list',
      { groups: '["a", "b c"]', account_expired: 'No' },
      ['GET', '/usermgmt/users/?skip=0&limit=50&groups=a%2Cb%20c&account_expired=False'],
    ],
    [
      'one user for self',
      'users-list',
      { user_id: 'self', limit: '50' },
      ['GET', '/usermgmt/users/self'],
    ],
    [
      'empty lists for empty',
      'user-update',
      {
        user_id: 'u',
        allowed_auth_methods: 'empty',
        allowed_client_types: 'none',
        expires_at: 'never',
      },
      [
        'PATCH',
        '/usermgmt/users/u',
        {
          allowed_auth_methods: [],
          allowed_client_types: [],
          expires_at: '',
          login_flags: { prevent_ui_login: false },
        },
      ],
    ],
    [
      'the word empty in a filter',
      'users-list',
      { allowed_auth_methods: 'none' },
      ['GET', '/usermgmt/users/?skip=0&limit=50&allowed_auth_methods=empty'],
    ],
    [
      'the default group',
      'user-to-group-add',
      { user_id: 'local|1' },
      ['POST', '/usermgmt/groups/Key%20Users/users/local%7C1'],
    ],
    [
      'name for group_name',
      'group-delete',
      { group_name: 'a/b' },
      ['DELETE', '/usermgmt/groups/a%2Fb', {}],
    ],
    [
      'both ends of a validity',
      'local-ca-self-sign',
      { local_ca_id: 'c', duration: '9', not_after: '2027-05-30', not_before: '1700000000' },
      [
        'POST',
        '/ca/local-cas/c/self-sign',
        {
          duration: 9,
          notAfter: '2027-05-30T00:00:00.000000Z',
          notBefore: '2023-11-14T22:13:20.000000Z',
        },
      ],
    ],
    [
      'purposes in the query of a local CA',
      'local-ca-update',
      { local_ca_id: 'c', allow_client_authentication: 'yes' },
      ['PATCH', '/ca/local-cas/c?allow_client_authentication=True'],
    ],
    [
      'purposes in the body of an external CA',
      'external-certificate-update',
      { external_ca_id: 'c', allow_client_authentication: '0' },
      ['PATCH', '/ca/external-cas/c', { allow_client_authentication: false }],
    ],
    [
      'the chain with one CA only',
      'local-ca-list',
      { local_ca_id: 'kylo:kylo:naboo:localca:1', chained: 'true' },
      ['GET', '/ca/local-cas/kylo%3Akylo%3Anaboo%3Alocalca%3A1?chained=True'],
    ],
    [
      'the password of the key file for the key',
      'csr-generate',
      { cn: 'x', private_key_file_password: 'p' },
      ['POST', '/ca/csr', { cn: 'x', password: 'p' }],
    ],
    [
      'PEM with its line ends, however they came',
      'external-ca-upload',
      { cert_entry_id: PEM.trimEnd().replaceAll('\n', '\\n') },
      ['POST', '/ca/external-cas/', { cert: PEM.trimEnd() }],
    ],
  ])('%s', (_what, name, args, sent) => {
    expect(request(`ciphertrust-${name}`, args)).toEqual([...sent, undefined].slice(0, 3))
  })
})

describe('arguments that must agree', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'certificate-issue',
      { ca_id: 'c', csr_entry_id: PEM, purpose: 'ca' },
      /^duration is missing: give duration, in days, or not_after/,
    ],
    ['local-ca-self-sign', { local_ca_id: 'c' }, /^duration is missing/],
    ['local-ca-list', { chained: 'true' }, /^chained is for one CA/],
    [
      'local-ca-create',
      { cn: 'x', size: '2048' },
      /^size must be 256, 384 or 521 for ECDSA, not 2048; for RSA say algorithm=RSA/,
    ],
    [
      'local-ca-create',
      { cn: 'x', size: '521', algorithm: 'rsa' },
      /^size must be from 1024 to 4096 for RSA/,
    ],
    [
      'local-ca-create',
      { cn: 'x', name_fields_raw_json: '{"O":"a"}', name_fields_json_entry_id: '[{"O":"a"}]' },
      /say the same thing/,
    ],
    ['group-delete', { name: 'a', group_name: 'b' }, /^name and group_name say two things/],
    ['user-create', { name: 'Jo' }, /^username is missing/],
    ['csr-generate', { cn: 'x' }, /^encryption_password is missing/],
    [
      'user-create',
      { username: 'jo', allowed_auth_methods: 'empty,password' },
      /^allowed_auth_methods must be empty alone/,
    ],
  ])('%s %j', (name, args, sentence) => {
    expect(refused(commandNamed(`ciphertrust-${name}`) as Command, args).join('\n')).toMatch(
      sentence,
    )
  })
})

describe('a date', () => {
  const now = Date.UTC(2026, 0, 31, 12, 0, 0)
  test.each([
    ['in 30 days', '2026-03-02T12:00:00.000000Z'],
    ['In 1 Month', '2026-02-28T12:00:00.000000Z'],
    ['2 weeks from now', '2026-02-14T12:00:00.000000Z'],
    ['3 hours ago', '2026-01-31T09:00:00.000000Z'],
    ['in a year', '2027-01-31T12:00:00.000000Z'],
    ['next week', '2026-02-07T12:00:00.000000Z'],
    ['now', '2026-01-31T12:00:00.000000Z'],
    ['tomorrow', '2026-02-01T00:00:00.000000Z'],
    ['2027-05-30', '2027-05-30T00:00:00.000000Z'],
    ['2027-05-30 10:01', '2027-05-30T10:01:00.000000Z'],
    ['2027-05-30T10:01:23.123456789Z', '2027-05-30T10:01:23.123000Z'],
    ['2027-05-30T10:00:00+02:00', '2027-05-30T08:00:00.000000Z'],
    ['1800000000', '2027-01-15T08:00:00.000000Z'],
    ['1800000000123', '2027-01-15T08:00:00.123000Z'],
    ['30 May 2027', '2027-05-30T00:00:00.000000Z'],
    ['May 30, 2027 10:01', '2027-05-30T10:01:00.000000Z'],
  ])('may be %j', (text, wire) => {
    expect(wireDate(dateOf(text, now) ?? Number.NaN)).toBe(wire)
  })

  test.each([
    '30 days',
    '01/02/2027',
    '2027-02-29',
    '31 April 2027',
    'mayhem 3 2027',
    '24:00',
    '12',
    'next blue moon',
    '0000-01-01',
  ])('is not guessed at: %j', (text) => {
    expect(dateOf(text, now)).toBeUndefined()
  })
})
