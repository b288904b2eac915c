import { type Lab, rateRatio } from '../lab.ts'
import type { Request, Target } from '../load-job.ts'
import { Peer } from '../peer.ts'
import { exchange } from '../wire.ts'

const tokensPath = '/v3/auth/tokens'

const auth = (identity: object, scope: object | undefined): Request => ({
  method: 'POST',
  path: tokensPath,
  body: JSON.stringify({ auth: { identity, ...(scope && { scope }) } }),
})

const byToken = (id: string, scope: object | undefined): Request =>
  auth({ methods: ['token'], token: { id } }, scope)

/** Keystone names a new token in a header, and this is the one place that needs one. */
async function keystoneToken(target: Target): Promise<string> {
  const request = auth(
    {
      methods: ['password'],
      password: { user: { name: 'admin', domain: { id: 'default' }, password: 'peer-password' } },
    },
    undefined,
  )
  const reply = await fetch(`http://${target.host}:${target.port}${tokensPath}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: request.body ?? '',
  })
  const token = reply.headers.get('x-subject-token')
  if (reply.status !== 201 || token === null) {
    throw new Error(`Keystone answered ${reply.status}: ${(await reply.text()).slice(0, 300)}`)
  }
  return token
}

/** Keystone's token from a token, without TLS and with its cache on, against ours from a refresh token with TLS. */
export async function peers(lab: Lab): Promise<void> {
  const finding = {
    promise: 'P6',
    metric: "token from refresh token against Keystone's token from token",
    unit: '×',
    target: { least: 60 },
    tolerance: true,
  }
  lab.say('preparing Keystone')
  const peer = Peer.prepare('keystone')
  if (!peer) {
    lab.find({ ...finding, figure: undefined, missing: 'Keystone is not installed' })
    return
  }
  const keystone = await peer.start([], { method: 'GET', path: '/v3' }, 200)
  const { target } = keystone
  try {
    const token = await keystoneToken(target)
    const scopes = [
      ['unscoped', undefined],
      ['scoped to a project', { project: { name: 'admin', domain: { id: 'default' } } }],
    ] as const
    const sample = await exchange(target, byToken(token, undefined))
    if (sample.status !== 201) throw new Error(`Keystone answered ${sample.status}: ${sample.body}`)

    const server = await lab.server(lab.few)
    const refreshes = await lab.refreshRequests(server)
    const { connections } = lab
    const [ours = [], unscoped = []] = await lab.interleave([
      lab.stream('token from refresh token (beside Keystone)', server, lab.seconds(1.5), () => ({
        connections,
        requests: refreshes,
        expect: [200],
      })),
      ...scopes.map(([name, scope]) =>
        lab.stream(
          `Keystone ${peer.version}: token from token, ${name}`,
          keystone,
          lab.seconds(3),
          () => ({
            connections,
            requests: [byToken(token, scope)],
            expect: [201],
          }),
        ),
      ),
    ])
    lab.find({ ...finding, figure: rateRatio(ours, unscoped) })
  } finally {
    await keystone.stop()
  }
}
