import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endpoints, type Lab, openLab } from './lab.ts'
import { report } from './promise.ts'

/** Public by their contract; none of them needs or gives a session. */
const PUBLIC = [
  'banners.getPreAuth',
  'registeredClients.register',
  'self.changePassword',
  'tokens.create',
  'tokens.jwks',
]
const KNOWN = [
  'admin',
  'password',
  'Password1!',
  'changeme',
  'keystead',
  'Keystead1!',
  'ciphertrust',
  '',
]

const signIn = (lab: Lab, password: string, more: object = {}) =>
  lab.ask('POST', '/v1/auth/tokens', { body: { username: 'admin', password, ...more } })

/** The routes that somebody who knows this first password gets an answer from. */
async function open(lab: Lab, password: string): Promise<string[]> {
  const got = await signIn(lab, password)
  const found: string[] = []
  for (const { name, endpoint } of endpoints) {
    if (PUBLIC.includes(name)) continue
    const path = endpoint.path.replace(/:\w+/g, 'anything')
    const token = got.status === 200 ? got.body.jwt : undefined
    for (const credentials of [
      { token },
      { headers: { authorization: `Basic ${btoa(`admin:${password}`)}` } },
      { token: password },
    ]) {
      const body = endpoint.method === 'GET' ? undefined : {}
      const { status } = await lab.ask(endpoint.method, path, { ...credentials, body })
      if (status !== 401) found.push(name)
    }
  }
  return found
}

describe('L7: no known first password works', () => {
  let lab: Lab
  let first: string
  beforeAll(async () => {
    lab = await openLab({ adminPassword: undefined })
    first = lab.firstPassword ?? ''
  })
  afterAll(() => lab.stop())

  test('every installation makes another one, long enough that nobody guesses it', async () => {
    const other = await openLab({ adminPassword: undefined })
    await other.stop()
    expect(first.length).toBeGreaterThanOrEqual(20)
    expect(other.firstPassword).not.toBe(first)
  })

  test('until it is changed it opens nothing but the change', async () => {
    const refused = await signIn(lab, first)
    expect(refused.status).toBe(401)
    expect(refused.body.message).toContain('must be changed')
    for (const more of [{ grant_type: 'password' }, { cookies: true }, { auth_domain: 'root' }])
      expect((await signIn(lab, first, more)).status).toBe(401)
    const found = await open(lab, first)
    report(
      'L7',
      `${endpoints.length - PUBLIC.length} routes with a first password not yet changed, ${found.length} open`,
    )
    expect(found).toEqual([])
    const anyone = endpoints.filter(({ endpoint }) => endpoint.access === 'public')
    expect(anyone.map(({ name }) => name).sort()).toEqual(PUBLIC)
  })

  test('passwords that products begin with are wrong', async () => {
    for (const password of KNOWN) {
      const got = await signIn(lab, password)
      expect([got.status, got.body.message]).toEqual([401, 'Wrong username or password.'])
      lab.advance(301_000)
    }
  })

  test('after the change the new one works, and the first one no longer', async () => {
    const change = (new_password: string) =>
      lab.ask('PATCH', '/v1/auth/changepw', {
        body: { username: 'admin', password: first, new_password },
      })
    expect((await change(first)).status).toBe(400)
    expect((await change('Chosen-Pass-2')).status).toBe(200)
    expect((await signIn(lab, 'Chosen-Pass-2')).status).toBe(200)
    expect((await signIn(lab, first)).status).toBe(401)
  })

  test('the harness notices an installation whose first password works at once', async () => {
    const careless = await openLab({ adminPassword: 'Keystead1!' })
    const found = await open(careless, 'Keystead1!')
    await careless.stop()
    expect(found).toContain('tokens.list')
  })
})
