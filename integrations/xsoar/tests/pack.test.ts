import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startXsoar } from '../../../test/support/xsoar/host.ts'
import { commands } from '../commands/table.ts'
import { packFiles } from '../pack/pack.ts'

const files = await packFiles('1.2.3')
const text = (end: string): string => {
  const [name] = Object.keys(files).filter((known) => known.endsWith(end))
  if (name === undefined) throw new Error(`the pack has no ${end}`)
  return String(files[name])
}

const scratch = mkdtempSync(join(tmpdir(), 'keystead-pack-'))
afterAll(() => rmSync(scratch, { recursive: true }))

type Yaml = Record<string, unknown>
interface Integration extends Yaml {
  script: { script: string; type: string; commands: CommandYaml[] } & Yaml
  configuration: Yaml[]
}
interface CommandYaml extends Yaml {
  name: string
  arguments: ({ name: string } & Yaml)[]
  outputs?: ({ contextPath: string; type: string } & Yaml)[]
}

/** The keys that integrations of demisto/content have. */
const KNOWN = {
  integration:
    'category sectionorder commonfields name display description detaileddescription image configuration script fromversion tests',
  configuration: 'display name type required section',
  script: 'script type commands runonce',
  command: 'name description arguments outputs execution',
  argument: 'name description required isArray secret defaultValue auto predefined',
  output: 'contextPath description type',
}
const isKnown = (what: keyof typeof KNOWN, row: Yaml) =>
  expect(Object.keys(row).filter((key) => !KNOWN[what].split(' ').includes(key))).toEqual([])

describe.each([
  ['the YAML of the pack', 'Integrations/KeysteadCipherTrust/KeysteadCipherTrust.yml'],
  ['the YAML to upload by hand', 'integration-KeysteadCipherTrust.yml'],
])('%s', (_name, file) => {
  // XSOAR reads YAML 1.1, where yes and no are booleans.
  const yaml = parse(text(file), { version: '1.1' }) as Integration

  test('has no keys but those of published integrations', () => {
    isKnown('integration', yaml)
    isKnown('script', yaml.script)
    for (const row of yaml.configuration) isKnown('configuration', row)
    for (const command of yaml.script.commands) {
      isKnown('command', command)
      for (const row of command.arguments) isKnown('argument', row)
      for (const row of command.outputs ?? []) isKnown('output', row)
    }
  })

  test('asks for server, user, password, certificate trust and proxy', () => {
    expect(yaml.configuration.map(({ name, type, required }) => [name, type, required])).toEqual([
      ['server_url', 0, true],
      ['username', 0, true],
      ['password', 4, true],
      ['insecure', 8, false],
      ['proxy', 8, false],
    ])
  })

  test('has every command with every argument and output, all of them texts', () => {
    expect(yaml.script.commands.map(({ name }) => name)).toEqual(commands.map(({ name }) => name))
    for (const [i, { arguments: args, outputs = [] }] of yaml.script.commands.entries()) {
      const names = args.map(({ name }) => name)
      for (const { name, also } of commands[i]?.arguments ?? []) {
        expect(names).toContain(name)
        if (also !== undefined) expect(names).toContain(also)
      }
      expect(outputs.map(({ contextPath }) => contextPath)).toEqual(
        commands[i]?.outputs.map(({ path }) => path),
      )
      for (const { type } of outputs)
        expect(['String', 'Number', 'Date', 'Boolean', 'Unknown']).toContain(type)
      for (const { defaultValue, predefined } of args) {
        if (defaultValue !== undefined) expect(defaultValue).toBeTypeOf('string')
        for (const value of (predefined ?? []) as unknown[]) expect(value).toBeTypeOf('string')
      }
    }
  })
})

test('the YAML to upload by hand carries the script and a picture', () => {
  const yaml = parse(text('integration-KeysteadCipherTrust.yml')) as Integration
  expect(yaml.script.type).toBe('javascript')
  expect(yaml.script.script).toBe(text('.js'))
  expect(yaml['image']).toMatch(/^data:image\/png;base64,iVBORw0KGgo/)
})

test('the README has every command, with its arguments and outputs', () => {
  const readme = text('Integrations/KeysteadCipherTrust/README.md')
  for (const { name, arguments: args, outputs } of commands) {
    const [, section = ''] = readme.split(`### ${name}\n`)
    for (const argument of args) expect(section).toContain(`| ${argument.name} |`)
    for (const { path } of outputs) expect(section).toContain(`| ${path} |`)
  }
})

test('XSOAR is played with the globals that it has, and no other', async () => {
  const instance = { params: {}, ca: '' }
  const seen = await startXsoar(
    'return [typeof Promise, typeof Symbol, typeof console, typeof require, typeof process, typeof JSON, typeof http]',
    instance,
  ).run('x', {})
  const none = 'undefined'
  expect(seen.result).toEqual([none, none, none, none, none, 'object', 'function'])
  expect(await startXsoar("return 'a'.at(0) + missing", instance).run('x', {})).toMatchObject({
    error: expect.stringContaining('missing'),
  })
})

test('two builds are the same, byte for byte', async () => {
  const again = await packFiles('1.2.3')
  expect(Object.keys(again)).toEqual(Object.keys(files))
  for (const [name, content] of Object.entries(files))
    expect(Buffer.from(content).equals(Buffer.from(again[name] ?? ''))).toBe(true)
})

describe('in an engine that knows ES5 and nothing younger', () => {
  const isThere = spawnSync('duk', ['--help']).error === undefined
  if (!isThere && process.env['CI']) test('duktape is installed', () => expect(isThere).toBe(true))
  if (!isThere)
    process.stderr.write(
      'duktape is not installed (apt-get install duktape): the ES5 check is left out\n',
    )

  test.skipIf(!isThere)('the script parses, and runs a command', () => {
    const file = join(scratch, 'run.js')
    writeFileSync(
      file,
      `${fakeGlobals}\nvar result = (function () {${text('.js')}\n})();\nprint(JSON.stringify([result.EntryContext, asked]));\n`,
    )
    const { stdout, stderr, status } = spawnSync('duk', [file], { encoding: 'utf8' })
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(JSON.parse(stdout)).toEqual([
      {
        'CipherTrust.Group': {
          skip: 0,
          limit: 50,
          total: 1,
          resources: [{ name: 'ops', users_count: 2 }],
        },
      },
      [
        'POST https://keys.example.com/api/v1/auth/tokens/',
        'GET https://keys.example.com/api/v1/usermgmt/groups/?skip=0&limit=50&name=ops',
      ],
    ])
  })

  test.skipIf(!isThere)('a younger script would be found', () => {
    const file = join(scratch, 'young.js')
    writeFileSync(file, 'var f = (a = 1, ...b) => a\n')
    expect(spawnSync('duk', [file]).status).not.toBe(0)
  })
})

const fakeGlobals = `
var asked = [], command = 'ciphertrust-group-list', args = { group_name: 'ops' };
var params = { server_url: 'https://keys.example.com/', username: 'admin', password: 'secret', insecure: false, proxy: false };
var answers = [
  { jwt: 'token' },
  { skip: 0, limit: 50, total: 1, resources: [{ name: 'ops', users_count: 2, more: true }] }
];
function http(url, request) {
  asked.push(request.Method + ' ' + url);
  return { StatusCode: 200, Status: '200 OK', Body: JSON.stringify(answers[asked.length - 1]) };
}
function saveFile() { return 'file'; }
`
