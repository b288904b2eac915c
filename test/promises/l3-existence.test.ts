import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPasswordHasher } from '../../src/crypto/passwords.ts'
import { clientWith, type Identity } from '../support/client-certificate.ts'
import { subordinate, userCertificate } from '../support/user-certificates.ts'
import { subjectFields, testCa } from '../support/x509.ts'
import { addUser, type Lab, openLab } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

const RIGHT = 'Right-Pass-1'
const PER_KIND = scale(300, 2000)
const [LOWEST, HIGHEST] = [0.45, 0.55]
/** Enough that the five guesses of an account are never used up. */
const BETWEEN_MS = 61_000

/** Accounts that somebody without a password might tell apart. */
const kinds: Readonly<Record<string, () => string>> = {
  existing: () => 'existing',
  missing: () => `missing-${randomUUID()}`,
  locked: () => 'locked',
  expired: () => 'expired',
  disabled: () => 'disabled',
  'guessed out': () => 'guessed-out',
}

async function prepared(lab: Lab): Promise<Lab> {
  const token = await lab.admin()
  const body = { policy_name: 'locking', failed_logins_lockout_thresholds: [525_600] }
  await lab.ask('POST', '/v1/usermgmt/pwdpolicies', { token, body })
  await addUser(lab, 'existing', RIGHT)
  await addUser(lab, 'locked', RIGHT, [], { password_policy: 'locking' })
  await addUser(lab, 'expired', RIGHT, [], { expires_at: '2001-01-01T00:00:00Z' })
  await addUser(lab, 'disabled', RIGHT, [], { allowed_auth_methods: [] })
  await addUser(lab, 'guessed-out', RIGHT)
  await signIn(lab, 'locked', 'Wrong-Pass-1')
  const locked = await lab.ask('GET', '/v1/usermgmt/users/locked', { token })
  expect(locked.body.account_lockout_at).not.toBeNull()
  return lab
}

const signIn = (lab: Lab, username: string, password: string) =>
  lab.send('POST', '/v1/auth/tokens', { body: { username, password } })

describe('L3: an answer does not tell whether an account exists', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await prepared(await openLab({ passwords: createPasswordHasher({}) }))
  }, 60_000)
  afterAll(() => lab.stop())

  test('status, bytes and headers are the same for every kind of account, by either call', async () => {
    for (let at = 0; at < 6; at++) await signIn(lab, 'guessed-out', 'Wrong-Pass-1')
    const shapes = new Map<string, string[]>()
    for (const [kind, name] of Object.entries(kinds))
      for (const call of ['sign-in', 'change of password']) {
        // The right password where the account may not be used: it must not show either.
        const password = kind === 'existing' ? 'Wrong-Pass-1' : RIGHT
        const got =
          call === 'sign-in'
            ? await signIn(lab, name(), password)
            : await lab.send('PATCH', '/v1/auth/changepw', {
                body: { username: name(), password, new_password: 'Chosen-Pass-2' },
              })
        const { date: _, ...headers } = got.headers
        const text = got.text.replace(/"requestID":"[0-9a-f-]{36}"/, '"requestID":""')
        const shape = JSON.stringify([call, got.status, headers, text])
        shapes.set(shape, [...(shapes.get(shape) ?? []), `${kind} by ${call}`])
      }
    // One answer for each of the two calls.
    expect(
      [...shapes.values()].map((list) => list.length),
      JSON.stringify([...shapes]),
    ).toEqual([6, 6])
  })

  test('nor does what is wrong with a certificate: whoever it names, the answer is the same', async () => {
    const refused = await refusedCertificates(lab)
    const shapes = new Map<string, string[]>()
    for (const [kind, identity] of Object.entries(refused))
      for (const grant_type of ['user_certificate', 'password_with_user_certificate']) {
        const client = clientWith(lab, identity)
        const body = { grant_type, username: 'existing', password: RIGHT }
        const got = await client.post('/auth/tokens', body)
        client.close()
        const { date: _, ...headers } = got.headers
        const shape = JSON.stringify([got.status, headers, { ...got.body, requestID: '' }])
        shapes.set(shape, [...(shapes.get(shape) ?? []), `${kind} by ${grant_type}`])
      }
    expect([...shapes.keys()], JSON.stringify([...shapes])).toHaveLength(1)
    expect([...shapes.values()].flat()).toHaveLength(Object.keys(refused).length * 2)
  })

  test('nor do the times of the answers: ranks of one kind fall evenly among the other', async () => {
    const compared = ['missing', 'locked', 'expired']
    const inBand = (area: number) => area > LOWEST && area < HIGHEST
    let areas = new Map<string, number>()
    // A busy machine can shift a whole sample; three samples in a row that miss are the product's.
    for (let attempt = 0; attempt < 3; attempt++) {
      const again = compared.filter((kind) => !inBand(areas.get(kind) ?? 0))
      if (again.length === 0) break
      areas = new Map([...areas, ...(await areasUnderCurve(lab, again, PER_KIND))])
    }
    const figures = [...areas].map(([kind, area]) => `${kind} ${area.toFixed(3)}`).join(', ')
    report('L3', `${PER_KIND} times each, AUC against an existing account: ${figures}`)
    expect([...areas.values()].filter(inBand), `${figures}, seed ${seed}`).toHaveLength(
      compared.length,
    )
  }, 900_000)

  test('the harness notices a server that answers at once where there is no account', async () => {
    const real = createPasswordHasher({})
    const issued = new Set<string>()
    const hasty = await prepared(
      await openLab({
        passwords: {
          ...real,
          async hash(password) {
            const phc = await real.hash(password)
            issued.add(phc)
            return phc
          },
          verify: async (phc, password) => issued.has(phc) && real.verify(phc, password),
        },
      }),
    )
    const areas = await areasUnderCurve(hasty, ['missing'], 40)
    await hasty.stop()
    expect(areas.get('missing')).toBeLessThan(LOWEST)
  }, 120_000)
})

/** Certificates that sign nobody in, each for another reason. */
async function refusedCertificates(lab: Lab): Promise<Record<string, Identity | undefined>> {
  const token = await lab.admin()
  const made = async (path: string, body: object) => {
    const answer = await lab.ask('POST', path, { token, body })
    expect(answer.status, answer.text).toBe(201)
    return answer.body
  }
  const ca = await testCa('ECDSA', undefined, subjectFields('Trusted'))
  const { id } = await made('/v1/ca/external-cas', { cert: ca.certificate })
  await made('/v1/trusted-cas', { ca_id: id, service: 'web' })
  await addUser(lab, 'by-certificate', RIGHT, [], {
    certificate_subject_dn: 'CN=by-certificate',
    allowed_auth_methods: ['user_certificate'],
  })
  await addUser(lab, 'not-by-certificate', RIGHT, [], {
    certificate_subject_dn: 'CN=not-by-certificate',
    allowed_auth_methods: [],
  })
  const named = (cn: string) => ({ subject: [[['CN', cn]]] }) as const
  const good = await userCertificate(ca, named('by-certificate'))
  const client = clientWith(lab, good)
  const { status } = await client.post('/auth/tokens', { grant_type: 'user_certificate' })
  client.close()
  expect(status).toBe(200)
  const past = new Date(lab.now() - 60_000)
  const between = await subordinate(ca, 'Between')
  return {
    'none at all': undefined,
    'of nobody': await userCertificate(ca, named('missing')),
    'of a disabled user': await userCertificate(ca, named('not-by-certificate')),
    'of another CA': await userCertificate(await testCa('ECDSA'), named('by-certificate')),
    'of a CA with the same name': await userCertificate(
      await testCa('ECDSA', undefined, subjectFields('Trusted')),
      named('by-certificate'),
    ),
    expired: await userCertificate(ca, { ...named('by-certificate'), notAfter: past }),
    'of a server': await userCertificate(ca, { ...named('by-certificate'), purpose: 'server' }),
    'with a missing link': await userCertificate(between, named('by-certificate')),
  }
}

/** How likely an answer about each kind takes longer than one about an existing account; 0.5 tells nothing. */
async function areasUnderCurve(
  lab: Lab,
  compared: readonly string[],
  count: number,
): Promise<Map<string, number>> {
  const next = random()
  const order = ['existing', ...compared].flatMap((kind) => Array<string>(count).fill(kind))
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1))
    ;[order[at], order[other]] = [order[other] as string, order[at] as string]
  }
  const times: { readonly kind: string; readonly took: number }[] = []
  for (const kind of order) {
    const name = (kinds[kind] as () => string)()
    const started = performance.now()
    await signIn(lab, name, 'Wrong-Pass-1')
    times.push({ kind, took: performance.now() - started })
    lab.advance(BETWEEN_MS)
  }
  times.sort((one, other) => one.took - other.took)
  return new Map(
    compared.map((wanted) => {
      // The rank sum of Mann and Whitney; equal times do not happen at this resolution.
      const two = times.filter(({ kind }) => kind === wanted || kind === 'existing')
      const ranks = two.reduce((sum, { kind }, at) => sum + (kind === wanted ? at + 1 : 0), 0)
      return [wanted, (ranks - (count * (count + 1)) / 2) / (count * count)]
    }),
  )
}
