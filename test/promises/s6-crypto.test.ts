import { createCipheriv, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acvpCases, acvpFolder } from '../vectors/acvp.ts'
import type { Case, Client } from '../vectors/cases.ts'
import { sample } from '../vectors/nist.ts'
import { wycheproofCases, wycheproofFolder } from '../vectors/wycheproof.ts'
import { type Edge, edges } from './edges.ts'
import { type Answer, inParallel, type Lab, openLab } from './lab.ts'
import { report, scale } from './promise.ts'
import { ALL_USES, type Call, cryptoCall, KEYS, rawCall } from './vault.ts'

const AT_ONCE = 8

const isAccepted = ({ status, body }: Answer): boolean => status === 200 && body.verified !== false

/** What an edge came to that it should not. */
function wrong({ due }: Edge, answer: Answer): string | undefined {
  if (answer.status !== 200 && answer.status !== 400) return `answered ${answer.status}`
  const accepted = isAccepted(answer)
  if (due === 'refused') return accepted ? 'accepted' : undefined
  if (!accepted) return `refused: ${answer.text}`
  return due === 'accepted' || answer.body.plaintext === due.plaintext
    ? undefined
    : 'opened to something else'
}

async function tryEdges(lab: Lab, all: readonly Edge[]): Promise<string[]> {
  const token = await lab.admin()
  const unexplained: string[] = []
  await inParallel(all, AT_ONCE, async (edge) => {
    const { method, path, ...ask } = edge.call
    const problem = wrong(edge, await lab.ask(method, path, { ...ask, token }))
    if (problem !== undefined) unexplained.push(`${edge.what}: ${problem}`)
  })
  return unexplained
}

/** A lab as what published vectors are tried on. */
function clientOf(lab: Lab): Client {
  const known = new Map<string, Promise<string | undefined>>()
  const ask = async ({ method, path, ...more }: Call) => {
    const got = await lab.ask(method, path, { ...more, token: await lab.admin() })
    if (got.status > 499) throw new Error(`${path} answered ${got.status}: ${got.text}`)
    return got
  }
  return {
    import(fields) {
      const text = JSON.stringify(fields)
      const made =
        known.get(text) ??
        ask({ method: 'POST', path: KEYS, body: { usageMask: ALL_USES, ...fields } }).then(
          ({ status, body }) => (status === 201 ? body.name : undefined),
        )
      known.set(text, made)
      return made
    },
    async post(operation, body) {
      const got = await ask(cryptoCall(operation, body))
      return got.status === 200 ? got.body : undefined
    },
    async verifies(operation, query, body) {
      return isAccepted(await ask(rawCall(operation, query, body)))
    },
  }
}

interface Outcome {
  readonly tried: number
  /** Why, and how many. */
  readonly left: ReadonlyMap<string, number>
  readonly unexplained: readonly string[]
}

async function tryCases(lab: Lab, all: readonly Case[]): Promise<Outcome> {
  const client = clientOf(lab)
  const left = new Map<string, number>()
  const unexplained: string[] = []
  let tried = 0
  await inParallel(all, AT_ONCE, async (one) => {
    if (one.left !== undefined) {
      left.set(one.left, (left.get(one.left) ?? 0) + 1)
      return
    }
    tried++
    const accepted = await one.try(client)
    if (one.due !== 'acceptable' && accepted !== (one.due === 'valid'))
      unexplained.push(`${one.name}: ${one.due}, and ${accepted ? 'accepted' : 'refused'}`)
  })
  return { tried, left, unexplained }
}

/** Of each file so many, or all in a soak. */
const some = (all: readonly Case[]): Case[] =>
  [...Map.groupBy(all, ({ file }) => file).values()].flatMap((of) =>
    sample(of, scale(20, of.length)),
  )

describe('S6: cryptography is right', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
  })
  afterAll(() => lab.stop())

  test('at the edges: short tags, odd wraps, bad padding, tricks with DER, points of no curve', {
    timeout: scale(120_000, 3_600_000),
  }, async () => {
    let tried = 0
    const unexplained: string[] = []
    for (let round = 0; round < scale(1, 20); round++) {
      const all = await edges(lab)
      tried += all.length
      unexplained.push(...(await tryEdges(lab, all)))
    }
    report('S6', `${tried} edges through the REST routes, ${unexplained.length} unexplained`)
    expect(unexplained).toEqual([])
  })

  const folders = [
    ['Wycheproof', 'KEYSTEAD_WYCHEPROOF', wycheproofFolder, wycheproofCases],
    ['ACVP', 'KEYSTEAD_ACVP', acvpFolder, acvpCases],
  ] as const
  for (const [name, variable, folder, cases] of folders)
    if (folder === undefined)
      process.stderr.write(`NO VECTORS OF ${name}: ${variable} names no folder\n`)
    else
      test(`with the vectors of ${name}`, { timeout: scale(300_000, 7_200_000) }, async () => {
        const { tried, left, unexplained } = await tryCases(lab, some(cases(folder)))
        const reasons = [...left].map(([why, count]) => `${count}: ${why}`).join(', ')
        process.stdout.write(`${name}: left out ${reasons}\n`)
        report(`S6 ${name}`, `${tried} vectors of ${name}, ${unexplained.length} unexplained`)
        expect(unexplained).toEqual([])
        expect(tried).toBeGreaterThan(0)
      })

  test('and the harness notices a server that accepts what it should not, and refuses what is right', async () => {
    const all = (await edges(lab)).filter(({ what }) => /prime256v1|^MAC of aes/.test(what))
    const lax: Lab = {
      ...lab,
      async ask(method, path, ask) {
        const got = await lab.ask(method, path, ask)
        return path.includes('/signv?') ? { ...got, status: 200, body: { verified: true } } : got
      },
    }
    const refused = all.filter(({ what, due }) => what.startsWith('ECDSA') && due === 'refused')
    expect((await tryEdges(lax, all)).length).toBe(refused.length)
    const strict: Lab = {
      ...lab,
      ask: async (...call) => ({ ...(await lab.ask(...call)), status: 400 }),
    }
    const accepted = all.filter(({ due }) => due !== 'refused')
    expect((await tryEdges(strict, all)).length).toBe(accepted.length)
  })

  test('and the harness finds a vector of Wycheproof or ACVP that lies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keystead-s6-'))
    try {
      const { lies } = writeVectors(folder)
      const all = [...wycheproofCases(folder), ...acvpCases(folder)]
      const { tried, left, unexplained } = await tryCases(lab, all)
      expect(unexplained.map((text) => text.split(':')[0]).sort()).toEqual(lies.toSorted())
      expect(tried).toBe(all.length - 1)
      expect([...left.keys()]).toEqual(['tags of less than 12 octets'])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** Vectors in the form of those that are published, right, wrong and lying. */
function writeVectors(folder: string): { readonly lies: readonly string[] } {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const [key, iv, msg] = [randomBytes(16), randomBytes(12), randomBytes(20)]
  const cipher = createCipheriv('aes-128-gcm', key, iv)
  const ct = hex(Buffer.concat([cipher.update(msg), cipher.final()]))
  const sealed = {
    key: hex(key),
    iv: hex(iv),
    aad: '',
    msg: hex(msg),
    ct,
    tag: hex(cipher.getAuthTag()),
  }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const sig = hex(sign('sha256', msg, privateKey))
  const signed = { msg: hex(msg), sig }
  const tag = createHmac('sha256', Buffer.alloc(32, 1)).update(msg).digest('hex')
  const mac = { key: '01'.repeat(32), msg: hex(msg), tag }
  const tests = (...of: Readonly<Record<string, string>>[]) =>
    of.map((one, at) => ({ tcId: at + 1, comment: '', flags: [], ...one }))
  const write = (name: string, testGroups: readonly object[]) =>
    writeFileSync(join(folder, name), JSON.stringify({ testGroups }))
  const forged = { ...sealed, tag: '00'.repeat(16) }
  write('aes_gcm_test.json', [
    {
      type: 'AeadTest',
      keySize: 128,
      ivSize: 96,
      tagSize: 128,
      tests: tests(
        { ...sealed, result: 'valid' },
        { ...forged, result: 'invalid' },
        { ...forged, result: 'acceptable' },
        { ...forged, result: 'valid' },
        { ...sealed, result: 'invalid' },
      ),
    },
    {
      type: 'AeadTest',
      keySize: 128,
      ivSize: 96,
      tagSize: 32,
      tests: tests({ ...sealed, result: 'valid' }),
    },
  ])
  write('ecdsa_secp256r1_sha256_test.json', [
    {
      type: 'EcdsaVerify',
      publicKey: { curve: 'secp256r1' },
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }),
      sha: 'SHA-256',
      tests: tests(
        { ...signed, result: 'valid' },
        { ...signed, sig: `${sig}00`, result: 'invalid' },
        { ...signed, msg: '00', result: 'valid' },
      ),
    },
  ])
  write('hmac_sha256_test.json', [
    {
      type: 'MacTest',
      keySize: 256,
      tagSize: 256,
      tests: tests(
        { ...mac, result: 'valid' },
        { ...mac, tag: '00'.repeat(32), result: 'invalid' },
      ),
    },
  ])
  return {
    lies: ['aes_gcm_test.json 4', 'aes_gcm_test.json 5', 'ecdsa_secp256r1_sha256_test.json 3'],
  }
}
