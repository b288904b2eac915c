import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ADMIN_PASSWORD, startTestServer, type TestServer } from '../../../test/support/server.ts'
import { resolved } from '../../../test/support/xsoar/context.ts'
import { startXsoar, type Xsoar } from '../../../test/support/xsoar/host.ts'
import { packFiles } from '../pack/pack.ts'

interface Task {
  readonly type: string
  readonly task: { readonly script?: string; readonly scriptName?: string }
  readonly nexttasks?: { readonly '#none#': readonly string[] }
  readonly scriptarguments?: Readonly<Record<string, { readonly simple: string }>>
}

const files = await packFiles('0.0.0')
const playbooks = Object.entries(files)
  .filter(([name]) => name.includes('/TestPlaybooks/'))
  .map(
    ([, text]) =>
      parse(String(text)) as { name: string; starttaskid: string; tasks: Record<string, Task> },
  )
const [, script = ''] = Object.entries(files).find(([name]) => name.endsWith('.js')) ?? []

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

/** The scripts of XSOAR itself that the playbooks use. */
function runScript(
  xsoar: Xsoar,
  name: string | undefined,
  args: Readonly<Record<string, unknown>>,
): void {
  if (name === 'DeleteContext') {
    if (args['all'] === 'yes')
      for (const key of Object.keys(xsoar.context)) delete xsoar.context[key]
    else delete xsoar.context[String(args['key'])]
  } else if (name === 'FileCreateAndUploadV2')
    xsoar.addFile(String(args['filename']), String(args['data']))
  else throw new Error(`XSOAR has no script ${name}`)
}

describe.each(playbooks)('$name', ({ starttaskid, tasks }) => {
  test('runs to its end through the compiled pack, with the context passed on', async () => {
    const xsoar = startXsoar(String(script), {
      params: {
        server_url: `${server.url}/`,
        username: 'admin',
        password: ADMIN_PASSWORD,
        insecure: false,
        proxy: false,
      },
      ca: server.ca,
    })
    const ran: string[] = []
    let id: string | undefined = starttaskid
    while (id !== undefined) {
      const at: Task | undefined = tasks[id]
      if (at === undefined) throw new Error(`there is no task ${id}`)
      const args = Object.fromEntries(
        Object.entries(at.scriptarguments ?? {}).map(([name, { simple }]) => [
          name,
          resolved(xsoar.context, simple),
        ]),
      )
      const command = at.task.script?.split('|||')[1]
      if (command !== undefined) {
        const { error } = await xsoar.run(command, args)
        expect(error, `task ${id}: ${command} ${JSON.stringify(args)}`).toBeUndefined()
        ran.push(command)
      } else if (at.type !== 'start') runScript(xsoar, at.task.scriptName, args)
      id = at.nexttasks?.['#none#'][0]
    }
    expect(ran.length).toBeGreaterThan(9)
  })
})

test.each([
  ['no Server URL', { username: 'a', password: 'b' }, 'test-module', /^Server URL is missing/],
  [
    'a Server URL that is not safe',
    { server_url: 'http://127.0.0.1:1', username: 'a', password: 'b' },
    'test-module',
    /^Server URL must begin with https/,
  ],
  [
    'a Server URL with a password',
    { server_url: 'https://a:b@127.0.0.1', username: 'a', password: 'b' },
    'test-module',
    /^Server URL must begin with https/,
  ],
  [
    'no Username',
    { server_url: 'https://127.0.0.1:1', password: 'b' },
    'test-module',
    /^Username is missing/,
  ],
  [
    'no Password',
    { server_url: 'https://127.0.0.1:1', username: 'a' },
    'test-module',
    /^Password is missing/,
  ],
  [
    'no such command',
    { server_url: 'https://127.0.0.1:1', username: 'a', password: 'b' },
    'ciphertrust-x',
    /^There is no command "ciphertrust-x"/,
  ],
])('an instance with %s says so', async (_what, params, command, sentence) => {
  const { error } = await startXsoar(String(script), { params, ca: server.ca }).run(command, {})
  expect(error).toMatch(sentence)
})

test('a file that is not in the War Room is named by its argument', async () => {
  const params = { server_url: server.url, username: 'admin', password: ADMIN_PASSWORD }
  const { error } = await startXsoar(String(script), { params, ca: server.ca }).run(
    'ciphertrust-external-ca-upload',
    { cert_entry_id: '77@1' },
  )
  expect(error).toBe(
    'cert_entry_id must be the entry id of a file in the War Room that can be read.',
  )
})

test('the published parameter with user and password in one works too', async () => {
  const xsoar = startXsoar(String(script), {
    params: {
      server_url: server.url,
      credentials: { identifier: 'admin', password: ADMIN_PASSWORD },
    },
    ca: server.ca,
  })
  expect(await xsoar.run('test-module', {})).toMatchObject({ error: undefined, result: 'ok' })
})
