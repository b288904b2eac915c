import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Endpoint } from '../../src/kit/endpoint.ts'
import { Fault } from '../../src/kit/fault.ts'
import type { Store, Writer } from '../../src/store/store.ts'
import { addSubjects, type Call, workingCalls } from './calls.ts'
import { type Answer, addUser, endpoints, inParallel, type Lab, openLab, pick } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

const MOST_MS = 5000

const audited = endpoints.filter(({ endpoint }) => endpoint.audit !== false)

/** How the place that records are written to can fail, as the server meets it. */
const faults: Readonly<
  Record<string, { readonly status: number; readonly fail: Store['transact'] }>
> = {
  'cannot write': {
    status: 503,
    fail: () => Promise.reject(new Fault('unavailable', 'nothing can be written')),
  },
  'is full': { status: 507, fail: () => Promise.reject(new Fault('no-space', 'the disk is full')) },
  'does not answer': { status: 503, fail: () => new Promise(() => undefined) },
}

/** A store between the server and its database whose writes go wrong on command. */
function breakable() {
  let broken: Store['transact'] | undefined
  let onlyRecords = false
  return {
    /** Every write, or, so that a call is half-way when it happens, only units that hold a record. */
    breakNow(fail: Store['transact'], which: 'all' | 'records') {
      broken = fail
      onlyRecords = which === 'records'
    },
    mend() {
      broken = undefined
    },
    between: (real: Store): Store => ({
      ...real,
      transact: (work) => {
        const fail = broken
        if (!fail) return real.transact(work)
        if (!onlyRecords) return fail(work)
        return real.transact(async (tx) => {
          let records = 0
          const done = await work(watched(tx, () => records++))
          return records > 0 ? fail(() => done) : done
        })
      },
    }),
  }
}

const watched = (tx: Writer, seen: () => void): Writer =>
  new Proxy(tx, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (name === 'audit') seen()
        return member.apply(target, args)
      }
    },
  })

interface Prepared {
  readonly name: string
  readonly endpoint: Endpoint
  readonly call: Call
}

async function prepareAll(lab: Lab, start: number): Promise<Prepared[]> {
  const all: Prepared[] = []
  for (const { name, endpoint } of audited) {
    const prepare = workingCalls(lab)[name]
    if (!prepare) throw new Error(`there is no working call of ${name}`)
    all.push({ name, endpoint, call: await prepare(start + all.length) })
  }
  return all
}

describe('U1: what cannot be recorded does not happen', () => {
  const sink = breakable()
  let lab: Lab
  let number = 0
  let refusedInTime = 0

  beforeAll(async () => {
    lab = await openLab({ store: sink.between })
    await addSubjects(lab)
    await addUser(lab, 'plain', 'Plain-Pass-1')
  })
  afterAll(async () => {
    sink.mend()
    await lab.stop()
    report(
      'U1',
      `${refusedInTime} calls under ${Object.keys(faults).length} faults refused in time, 0 unrecorded`,
    )
  })

  const unrefused = async (fault: string, which: 'all' | 'records') => {
    const { status, fail } = faults[fault] as (typeof faults)[string]
    number += 100
    const { problems, calls } = await problemsUnder(lab, sink, status, number, () =>
      sink.breakNow(fail, which),
    )
    refusedInTime += calls
    return problems
  }

  for (const fault of ['cannot write', 'is full'])
    for (const which of ['all', 'records'] as const)
      test(`when the store ${fault} (${which}), every recorded call is refused, changes nothing, and reads go on`, async () => {
        expect(await unrefused(fault, which)).toEqual([])
        const works = await lab.ask('GET', '/readyz')
        expect(works.status).toBe(200)
      })

  test('when the store does not answer, every recorded call is refused within five seconds', async () => {
    expect(await unrefused('does not answer', 'all')).toEqual([])
  }, 60_000)

  test('the harness notices a server that goes on while its records are lost', async () => {
    let isLosing = false
    const careless = await openLab({
      store: (real) => ({
        ...real,
        transact: (work) => real.transact((tx) => work(isLosing ? withoutRecords(tx) : tx)),
      }),
    })
    await addSubjects(careless)
    await addUser(careless, 'plain', 'Plain-Pass-1')
    const mend = () => {
      isLosing = false
    }
    const { problems } = await problemsUnder(careless, { mend }, 503, 1, () => {
      isLosing = true
    })
    await careless.stop()
    expect(problems).toContainEqual(expect.stringMatching(/^users.create answered 201/))
    expect(problems).toContain('users changed')
  })
})

const withoutRecords = (tx: Writer): Writer =>
  new Proxy(tx, {
    get(target, name) {
      if (name === 'audit') return () => undefined
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })

/** Calls under a fault that were not refused as they must be, or left something behind. */
async function problemsUnder(
  lab: Lab,
  sink: { mend(): void },
  status: number,
  number: number,
  breakNow: () => void,
): Promise<{ readonly problems: string[]; readonly calls: number }> {
  const calls = await prepareAll(lab, number)
  const token = await lab.admin()
  const plain = await lab.signIn('plain', 'Plain-Pass-1')
  const tables = [...lab.tables(), 'audit_records']
  const before = lab.rows(...tables)
  const found: string[] = []
  let asked = 0
  const ask = async (name: string, method: string, path: string, more: object) => {
    const started = performance.now()
    const got = await lab.ask(method, path, more)
    const took = performance.now() - started
    if (got.status !== status) found.push(`${name} answered ${got.status} ${got.text}`)
    if (took > MOST_MS) found.push(`${name} took ${Math.round(took)} ms`)
    asked++
  }
  breakNow()
  // All at once: those that hang do so together.
  await Promise.all([
    ...calls.map(({ name, endpoint, call }) =>
      ask(name, endpoint.method, call.path, {
        token: call.token ?? token,
        body: call.body,
        ...(call.headers && { headers: call.headers }),
      }),
    ),
    ask('a denial', 'POST', '/v1/usermgmt/users', { token: plain, body: {} }),
    ask('a wrong token', 'GET', '/v1/auth/self/user', { token: 'x.y.z' }),
    ask('a wrong password', 'POST', '/v1/auth/tokens', {
      body: { username: 'plain', password: 'x' },
    }),
  ])
  for (const path of ['/v1/auth/self/user', '/v1/usermgmt/users', '/v1/audit/records']) {
    const got = await lab.ask('GET', path, { token })
    if (got.status !== 200) found.push(`reading ${path} answered ${got.status}`)
  }
  sink.mend()
  const after = lab.rows(...tables)
  for (const table of tables)
    if (JSON.stringify(before[table]) !== JSON.stringify(after[table]))
      found.push(`${table} changed`)
  return { problems: found, calls: asked }
}

describe('U1: every change, denial and sign-in has one record', () => {
  test('in a workload of all calls, right and wrong, records and decisions are equal in number', async () => {
    const lab = await openLab()
    const calls = scale(1500, 20_000)
    const { due, found } = await workload(lab, calls)
    await lab.stop()
    report('U1-counts', `${calls} random calls, ${sum(due)} records due, ${sum(found)} found`)
    expect(found, `seed ${seed}`).toEqual(due)
  }, 240_000)

  test('the harness notices a store that loses records', async () => {
    let number = 0
    const losing = (tx: Writer): Writer =>
      new Proxy(tx, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) =>
            name === 'audit' && ++number % 50 === 0 ? undefined : member.apply(target, args)
        },
      })
    const lab = await openLab({
      store: (real) => ({ ...real, transact: (work) => real.transact((tx) => work(losing(tx))) }),
    })
    const { due, found } = await workload(lab, 200)
    await lab.stop()
    expect(found).not.toEqual(due)
    expect(sum(found)).toBeLessThan(sum(due))
  }, 60_000)
})

type Counts = Readonly<Record<string, number>>
const sum = (counts: Counts): number => Object.values(counts).reduce((all, one) => all + one, 0)

/** Calls of every kind; what must be on record is counted from the answers, what is on record from the table. */
async function workload(lab: Lab, count: number): Promise<{ due: Counts; found: Counts }> {
  const next = random()
  await addSubjects(lab)
  await addUser(lab, 'plain', 'Plain-Pass-1')
  const plain = await lab.signIn('plain', 'Plain-Pass-1')
  const token = await lab.admin()
  const due: Record<string, number> = {}
  const before = counted(lab)
  let number = 0
  const expectRecord = (endpoint: Endpoint, got: Answer, credential: boolean) => {
    const isDecision = got.status === 403 || (got.status === 401 && credential)
    // A body that is not understood is no decision; a parameter that is not allowed is one.
    const isUnread = got.status === 400 && got.body.code === 15
    const isRecorded =
      endpoint.audit !== false && !isUnread && (got.status < 500 || got.status === 501)
    if (
      !isDecision &&
      !(isRecorded && (credential || got.status !== 401 || endpoint.access === 'public'))
    )
      return
    const key = `${endpoint.audit === false ? endpoint.summary : endpoint.audit}: ${got.status < 300}`
    due[key] = (due[key] ?? 0) + 1
  }
  const failing = {
    path: '/nothing-here',
    body: { username: 'plain', password: 'Wrong-1', new_password: 'x' },
  }
  const readsAnd = endpoints.filter(
    ({ name }) => !name.startsWith('keks.') && name !== 'rootOfTrust.rotate',
  )
  await inParallel(Array(count).keys(), 8, async () => {
    const { name, endpoint } = pick(next, readsAnd)
    const { method } = endpoint
    const prepare = workingCalls(lab)[name]
    const kind = pick(next, [
      'works',
      'works',
      'denied',
      'bad token',
      'no token',
      'not there',
      'invalid',
    ])
    const plainPath = endpoint.path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000')
    const body = method === 'GET' ? undefined : {}
    if (kind === 'works' && prepare && endpoint.audit !== false) {
      const at = ++number
      // What prepares a call is itself recorded, and counted by its own answers.
      const call = await workingCalls({
        ...lab,
        ask: counting(lab, expectRecord),
        admin: async () => token,
      })[name]?.(at)
      const got = await lab.ask(method, call?.path ?? '', {
        token: call?.token ?? token,
        body: call?.body,
        ...(call?.headers && { headers: call.headers }),
      })
      return expectRecord(endpoint, got, true)
    }
    if (kind === 'no token')
      return expectRecord(
        endpoint,
        await lab.ask(method, plainPath, { body }),
        endpoint.access === 'public' && false,
      )
    if (kind === 'bad token')
      return expectRecord(
        endpoint,
        await lab.ask(method, plainPath, { token: 'a.b.c', body }),
        endpoint.access !== 'public',
      )
    if (name === 'tokens.logout') return
    const asked = kind === 'denied' ? plain : token
    const wrong = name === 'tokens.create' || name === 'self.changePassword' ? failing.body : body
    // Five wrong passwords at most are tried; the others are refused and recorded all the same.
    expectRecord(
      endpoint,
      await lab.ask(method, plainPath, { token: asked, body: wrong }),
      endpoint.access !== 'public',
    )
  })
  const after = counted(lab)
  const found = Object.fromEntries(
    Object.entries(after)
      .map(([key, value]) => [key, value - (before[key] ?? 0)] as const)
      // Calls on alarms are prepared by raising one, which the server records under the alarm's own name.
      .filter(([key, value]) => value > 0 && !/^(seen|cleared)-\d+: true$/.test(key)),
  )
  return { due: sorted(due), found: sorted(found) }
}

const counting =
  (lab: Lab, seen: (endpoint: Endpoint, got: Answer, credential: boolean) => void): Lab['ask'] =>
  async (method, path, ask) => {
    const got = await lab.ask(method, path, ask)
    const match = endpoints.find(
      ({ endpoint }) =>
        endpoint.method === method &&
        endpoint.path.split('/').length === path.split('/').length &&
        endpoint.path
          .split('/')
          .every((part, at) => part.startsWith(':') || part === path.split('/')[at]),
    )
    if (match) seen(match.endpoint, got, ask?.token !== undefined)
    return got
  }

const sorted = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).sort(([one], [other]) => (one < other ? -1 : 1)))

function counted(lab: Lab): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { message, success } of lab.rows('audit_records')['audit_records'] ?? []) {
    const key = `${message}: ${success === 1}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
