import { createPrivateKey, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Envelope, Place } from '../../src/crypto/envelope.ts'
import { wrappedColumns } from '../../src/installation.ts'
import { openReadOnly } from '../../src/store/index.ts'
import type { Reader } from '../../src/store/store.ts'
import { openSeal } from '../../src/system/seal/seal.ts'
import { selfSigned } from '../conformance/self-signed.ts'
import { ocspRequest } from '../support/revocation.ts'
import { type Answer, type Lab, openLab, pick, type Row } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

interface Wrapped {
  readonly where: string
  readonly place: Place
  readonly bytes: Uint8Array
}

/** Every wrapped value of the columns that the server itself knows of, with the place it belongs to. */
async function wrappedValues(read: Reader): Promise<Wrapped[]> {
  const found: Wrapped[] = []
  for (const { table, column, place } of wrappedColumns) {
    const rows = (await read.selectFrom(table).selectAll().execute()) as unknown as Row[]
    for (const row of rows)
      if (row[column] !== null)
        found.push({
          where: `${table}.${column} of ${row['id']}`,
          place: place(row as never),
          bytes: row[column] as Uint8Array,
        })
  }
  return found
}

const opens = (
  envelope: Pick<Envelope, 'unwrap'>,
  place: Place,
  bytes: Uint8Array,
): Buffer | undefined => {
  try {
    const plain = envelope.unwrap(place, bytes as Parameters<Envelope['unwrap']>[1])
    const copy = Buffer.from(plain.reveal())
    plain.wipe()
    return copy
  } catch {
    return undefined
  }
}

/** What a table's secrets are, once they are opened. */
const contents: Readonly<Record<string, (plain: Buffer) => boolean>> = {
  users: (plain) => plain.toString().startsWith('$'),
  password_history: (plain) => plain.toString().startsWith('$'),
  local_cas: isPrivateKey,
  ocsp_responders: isPrivateKey,
  interface_certificates: isPrivateKey,
  cte_clients: (plain) => plain.toString().startsWith('$'),
  cte_client_groups: (plain) => plain.toString().startsWith('$'),
  cte_syslog_servers: (plain) => plain.toString().startsWith('-----BEGIN'),
  registration_tokens: (plain) => isToken(plain.toString()),
}

const isToken = (text: string): boolean => /^[A-Za-z0-9]{64}$/.test(text)

function isPrivateKey(plain: Buffer): boolean {
  try {
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' }).type === 'private'
  } catch {
    return false
  }
}

/** Whether the stored bytes are what should be inside of them: a hash, or a key in DER. */
const isNaked = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes).includes('$quick$') ||
  Buffer.from(bytes).includes('PRIVATE KEY') ||
  isPrivateKey(Buffer.from(bytes)) ||
  isToken(Buffer.from(bytes).toString('latin1'))

/** Values that do not open where they stand, that open elsewhere, or that were never wrapped. */
function naked(
  envelope: Pick<Envelope, 'unwrap'>,
  values: readonly Wrapped[],
  next: () => number,
): string[] {
  return values.flatMap(({ where, place, bytes }) => {
    const found: string[] = []
    const plain = opens(envelope, place, bytes)
    if (plain === undefined) found.push(`${where} does not open at its own place`)
    else if (contents[place.table]?.(plain) === false)
      found.push(`${where} holds something else than it should`)
    if (isNaked(bytes)) found.push(`${where} is not wrapped`)
    const elsewhere: Place[] = [
      { ...place, row: pick(next, values).place.row },
      { ...place, column: `${place.column}2` },
      { ...place, table: place.table === 'users' ? 'password_history' : 'users' },
      { ...place, version: place.version + 1 },
      { ...place, domain: randomUUID() },
    ]
    for (const other of elsewhere)
      if (
        JSON.stringify(other) !== JSON.stringify(place) &&
        opens(envelope, other, bytes) !== undefined
      )
        found.push(`${where} also opens at ${JSON.stringify(other)}`)
    return found
  })
}

/** One operation out of those that write what holds a secret, or the row beside it. */
async function step(
  lab: Lab,
  token: string,
  next: () => number,
  users: Map<string, string>,
): Promise<void> {
  const username = pick(next, [...users.keys()])
  const password = username === undefined ? '' : (users.get(username) ?? '')
  const fresh = () => `Aa1!${randomUUID().slice(0, 20)}`
  const path = `/v1/usermgmt/users/${username}`
  const choice = username === undefined ? 0 : Math.floor(next() * 16)
  if (choice >= 12) await authorityStep(lab, token, next, choice)
  else if (choice === 0 || users.size < 12) {
    const [name, first] = [`u${randomUUID()}`, fresh()]
    const body = { username: name, password: first }
    const { status, text } = await lab.ask('POST', '/v1/usermgmt/users', { token, body })
    if (status !== 201) throw new Error(text)
    users.set(name, first)
  } else if (choice <= 2) {
    const new_password = fresh()
    const body = { username, password, new_password }
    const { status } = await lab.ask('PATCH', '/v1/auth/changepw', { body })
    if (status === 200) users.set(username as string, new_password)
  } else if (choice === 3) {
    const changed = fresh()
    const { status } = await lab.ask('PATCH', path, { token, body: { password: changed } })
    if (status === 200) users.set(username as string, changed)
  } else if (choice <= 5) await lab.ask('POST', '/v1/auth/tokens', { body: { username, password } })
  else if (choice === 6)
    await lab.ask('POST', '/v1/auth/tokens', { body: { username, password: 'wrong' } })
  else if (choice <= 8)
    await lab.ask('PATCH', path, {
      token,
      body: { nickname: randomUUID(), user_metadata: { at: next() } },
    })
  else if (choice === 9) await lab.ask('PATCH', path, { token, body: { failed_logins_count: 0 } })
  else if (choice === 10)
    await lab.ask('POST', `/v1/usermgmt/groups/Key%20Users/users/${username}`, { token })
  else {
    await lab.ask('DELETE', path, { token })
    users.delete(username as string)
  }
  // A window of wrong guesses ends, so that sign-ins go on being evaluated.
  lab.advance(61_000)
}

const WEB = '/v1/configs/interfaces/web'
const CAS = '/v1/ca/local-cas'

/** One operation on CAs, their responders, or the keys of the web interface. */
async function authorityStep(
  lab: Lab,
  token: string,
  next: () => number,
  choice: number,
): Promise<void> {
  const call = (method: string, path: string, body?: object) =>
    lab.ask(method, path, { token, body })
  const { body: cas } = await call('GET', `${CAS}?limit=100`)
  const ca = pick(next, cas.resources as { id: string; state: string; cert?: string }[])
  const isRoot = (one: { id: string }) => one.id === cas.resources.at(-1)?.id
  if (choice === 12 || cas.resources.length < 4) {
    const { body } = await call('POST', CAS, { cn: 'walk', algorithm: 'ECDSA' })
    await call('POST', `${CAS}/${body.id}/self-sign`, { duration: 9000 })
  } else if (choice === 15 && next() < 0.4) await registrationStep(call, next)
  else if (choice === 15 && next() < 0.6) await machineStep(call, next)
  else if (choice === 13 && !isRoot(ca)) await call('DELETE', `${CAS}/${ca.id}`)
  else if (choice === 14) {
    await call('PATCH', `${CAS}/${ca.id}`, { allow_user_authentication: next() < 0.5 })
    // A responder with a key of its own is made for whoever asks first.
    if (ca.cert && lab.pki)
      await fetch(`${lab.pki}/pki/${ca.id}/ocsp`, {
        method: 'POST',
        headers: { 'content-type': 'application/ocsp-request' },
        body: new Uint8Array(ocspRequest(ca.cert, [1n])),
      })
  } else if (next() < 0.5) await call('POST', `${WEB}/csr`, { cn: 'walk' })
  else {
    await call('PUT', `${WEB}/renewal-certificate`, { generate: true })
    if (next() < 0.5) await call('DELETE', `${WEB}/renewal-certificate`)
  }
}

/** A token is made or changed, and a client registers with it. */
async function registrationStep(
  call: (method: string, path: string, body?: object) => Promise<Answer>,
  next: () => number,
): Promise<void> {
  const tokens = '/v1/client-management/regtokens'
  if (next() < 0.5) await call('POST', tokens, { name_prefix: randomUUID() })
  const { body } = await call('GET', `${tokens}?limit=100`)
  const token = pick(next, body.resources as { id: string; token: string }[])
  if (!token) return
  await call('PATCH', `${tokens}/${token.id}`, { max_clients: Math.floor(next() * 100) })
  await call('POST', '/v1/client-management/clients', { reg_token: token.token })
}

/** A client of transparent encryption, a group or a profile is made with a secret, or given another one. */
async function machineStep(
  call: (method: string, path: string, body?: object) => Promise<Answer>,
  next: () => number,
): Promise<void> {
  const kind = pick(next, ['clients', 'clientgroups', 'profiles'] as const)
  const all = `/v1/transparent-encryption/${kind}`
  const { cert, key } = await selfSigned()
  const secret =
    kind === 'profiles'
      ? { syslog_settings: { servers: [{ name: 'log', certificate: cert, privateKey: key }] } }
      : { password_creation_method: 'MANUAL', password: `Aa1!${randomUUID()}` }
  if (next() < 0.5) await call('POST', all, { name: randomUUID(), ...secret })
  const { body } = await call('GET', `${all}?limit=100`)
  const one = pick(next, body.resources as { id: string }[])
  if (one) await call('PATCH', `${all}/${one.id}`, { description: randomUUID(), ...secret })
}

describe('S2: every write stays wrapped', () => {
  const steps = scale(2000, 50_000)
  test('after every step of a long walk each secret opens at its own place and at no other', {
    timeout: scale(600_000, 7_200_000),
  }, async () => {
    const lab = await openLab({ pki: true })
    const next = random()
    const users = new Map<string, string>()
    const problems: string[] = []
    let looked = 0
    const tables = new Set<string>()
    const file = join(lab.dataDir, 'keystead.db')
    const open = async () => {
      const { read, close } = await openReadOnly({ kind: 'sqlite', file })
      const store = { dialect: 'sqlite', read } as Parameters<typeof openSeal>[0]
      const seal = await openSeal(
        store,
        { scheme: 'file', path: join(lab.dataDir, 'root.key') },
        { nodeId: 'reader', allowInit: false, readOnly: true },
      )
      return {
        read,
        seal,
        close: () => {
          seal.close()
          return close()
        },
      }
    }
    let beside = await open()
    try {
      for (let at = 1; at <= steps && problems.length === 0; at++) {
        await step(lab, await lab.admin(), next, users)
        if (at % 500 === 0) {
          // Everything below the root key is wrapped anew; a reader from before does not know the new keys.
          const token = await lab.admin()
          await lab.ask('POST', '/v1/system/rotate-rot-keys', { token })
          await lab.ask('POST', '/v1/auth/rotate-auth-key', { token })
          await beside.close()
          beside = await open()
        }
        if (at % 10 !== 0) continue
        const values = await wrappedValues(beside.read)
        looked += values.length
        for (const { place } of values) tables.add(place.table)
        problems.push(
          ...naked(beside.seal.envelope, values, next).map((problem) => `step ${at}: ${problem}`),
        )
      }
    } finally {
      await beside.close()
      await lab.stop()
    }
    report(
      'S2',
      `${steps} steps, ${looked} values looked at, ${problems.length} naked or out of place`,
    )
    expect(problems, `seed ${seed}`).toEqual([])
    expect(looked).toBeGreaterThan(steps)
    for (const table of Object.keys(contents)) expect(tables).toContain(table)
  })

  test('the harness notices a value that was saved as it is, and one that stands elsewhere', async () => {
    const lab = await openLab()
    const next = random()
    const token = await lab.admin()
    for (const username of ['ada', 'bob'])
      await lab.ask('POST', '/v1/usermgmt/users', {
        token,
        body: { username, password: 'First-Pass-1234!' },
      })
    const values = await wrappedValues(lab.store.read)
    const { read, close } = await openReadOnly({
      kind: 'sqlite',
      file: join(lab.dataDir, 'keystead.db'),
    })
    const seal = await openSeal(
      { dialect: 'sqlite', read } as Parameters<typeof openSeal>[0],
      { scheme: 'file', path: join(lab.dataDir, 'root.key') },
      { nodeId: 'reader', allowInit: false, readOnly: true },
    )
    const passwords = values.filter(({ place }) => place.table === 'users')
    const [first, second] = passwords as [Wrapped, Wrapped]
    expect(naked(seal.envelope, values, next)).toEqual([])
    const saved = { ...first, bytes: Buffer.from('$quick$00$00') }
    expect(naked(seal.envelope, [saved, second], next)).toContainEqual(
      expect.stringContaining('is not wrapped'),
    )
    const moved = { ...first, bytes: second.bytes }
    expect(naked(seal.envelope, [moved, second], next)).toContainEqual(
      expect.stringContaining('does not open'),
    )
    const key = values.find(({ place }) => place.table === 'local_cas') as Wrapped
    const bare = { ...key, bytes: opens(seal.envelope, key.place, key.bytes) as Buffer }
    expect(naked(seal.envelope, [bare], next)).toContainEqual(
      expect.stringContaining('is not wrapped'),
    )
    // An envelope that binds nothing to its place.
    const careless = {
      unwrap: (_: Place, bytes: never) => seal.envelope.unwrap(second.place, bytes),
    }
    expect(naked(careless, [second], next)).toContainEqual(expect.stringContaining('also opens'))
    seal.close()
    await close()
    await lab.stop()
  })
})
