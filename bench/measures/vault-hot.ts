import type { Question as InsertQuestion } from '../floors/sqlite-insert.ts'
import type { Question as CryptoQuestion } from '../floors/vault-crypto.ts'
import { databaseOf, Floor, startBare } from '../floors.ts'
import { type Lab, rateRatio, type Side } from '../lab.ts'
import type { Request } from '../load-job.ts'
import { Peer } from '../peer.ts'
import { scratch } from '../processes.ts'
import type { Reading } from '../readings.ts'
import type { Keystead, Session } from '../server.ts'
import { ratios } from '../statistics.ts'
import {
  createAesRequest,
  decryptRequest,
  encryptRequest,
  macRequest,
  signRequest,
  usedKeysServer,
} from '../vault.ts'

type Make = (session: Session) => Request

/** Requests of this kind on all connections, with a token that is still good. */
const stream = (lab: Lab, server: Keystead, make: Make, status: number) => async () => ({
  connections: lab.connections,
  requests: [make(await server.signIn())],
  expect: [status],
})

/** Bare servers that answer this request with the bytes that the server answers it with. */
async function bareServers(server: Keystead, requests: readonly Request[]) {
  const routes = []
  for (const request of requests) {
    const { status, body } = await server.answer(request)
    if (status >= 300) throw new Error(`${request.path} answered ${status}: ${body}`)
    const path = request.path.replace(/\?.*/, '')
    routes.push({ method: 'POST' as const, path, status, body })
  }
  return {
    fastify: await startBare('bare-fastify', routes),
    node: await startBare('bare-node', routes),
  }
}

/** Encryption and decryption of 1 KiB, each on record before its answer, against bare posts of the same bytes. */
export async function vaultEncrypt(lab: Lab): Promise<void> {
  const server = await usedKeysServer(lab)
  const encrypted = await server.answer(encryptRequest(await server.signIn()))
  const kinds: readonly (readonly [string, Make])[] = [
    ['encrypt', (session) => encryptRequest(session)],
    ['decrypt', (session) => decryptRequest(session, encrypted.body)],
  ]
  const session = await server.signIn()
  const bare = await bareServers(
    server,
    kinds.map(([, make]) => make(session)),
  )
  const raw = new Floor<CryptoQuestion>('vault-crypto.ts')
  const seconds = lab.seconds(1.5)
  try {
    for (const [what, make] of kinds) {
      const send = stream(lab, server, make, 200)
      const [ours = [], fastify = [], node = []] = await lab.interleave([
        lab.stream(`${what} 1 KiB, AES-256-GCM, audited`, server, seconds, send),
        lab.stream(`${what}: bare fastify, same bytes`, bare.fastify, seconds, send),
        lab.stream(`${what}: bare node:https, same bytes`, bare.node, seconds, send),
        raw.side(`${what}: raw AES-256-GCM of 1 KiB`, {
          seconds: lab.seconds(0.5),
          operation: 'aes',
        }),
      ])
      for (const [name, floor, least] of [
        ['fastify', fastify, 0.7],
        ['node:https', node, 0.5],
      ] as const)
        lab.find({
          promise: 'P1',
          metric: `${what} 1 KiB, audit record durable before the reply, against bare ${name}`,
          figure: rateRatio(ours, floor),
          unit: '',
          target: { least },
          tolerance: true,
        })
    }
  } finally {
    await Promise.all([bare.fastify.stop(), bare.node.stop(), raw.stop()])
  }
}

const cpu = (readings: readonly Reading[]): number[] => readings.map(({ cpuMicros }) => cpuMicros)

/** What a bare reply and the operation alone would cost, against what the call costs. */
const workFactor = (ours: readonly Reading[], bare: readonly Reading[], raw: readonly Reading[]) =>
  ratios(
    cpu(bare).map((micros, round) => micros + (cpu(raw)[round] ?? Number.NaN)),
    cpu(ours),
  )

/** Signatures and MACs of 1 KiB against the operation alone. */
export async function vaultSign(lab: Lab): Promise<void> {
  const server = await usedKeysServer(lab)
  const kinds: readonly (readonly [string, CryptoQuestion['operation'], Make])[] = [
    ['sign RSA-2048', 'rsa', (session) => signRequest(session, 'rsa')],
    ['sign P-256', 'p256', (session) => signRequest(session, 'p256')],
    ['mac HMAC-SHA256', 'hmac', macRequest],
  ]
  const raw = new Floor<CryptoQuestion>('vault-crypto.ts')
  const seconds = lab.seconds(1.5)
  try {
    for (const [what, operation, make] of kinds) {
      const bare = await bareServers(server, [make(await server.signIn())])
      try {
        const send = stream(lab, server, make, 200)
        const [ours = [], fastify = [], alone = []] = await lab.interleave([
          lab.stream(`${what}, audited`, server, seconds, send),
          lab.stream(`${what}: bare fastify, same bytes`, bare.fastify, seconds, send),
          raw.side(`${what}: the operation alone`, { seconds: lab.seconds(0.5), operation }),
        ])
        if (operation === 'rsa')
          lab.find({
            promise: 'P2',
            metric: 'RSA-2048 signatures over REST against the raw rate of one core',
            figure: rateRatio(ours, alone),
            unit: '',
            target: { least: 0.82 },
            tolerance: true,
          })
        else if (operation === 'p256')
          lab.find({
            promise: 'P2',
            metric: 'P-256 work factor: CPU of a bare reply and a raw signature against ours',
            figure: workFactor(ours, fastify, alone),
            unit: '',
            target: { least: 0.7 },
            tolerance: true,
          })
        else lab.compare(`work factor of ${what}`, workFactor(ours, fastify, alone))
      } finally {
        await Promise.all([bare.fastify.stop(), bare.node.stop()])
      }
    }
  } finally {
    await raw.stop()
  }
}

/** AES keys made durably with their audit records, against the same two rows inserted by SQLite alone. */
export async function vaultCreate(lab: Lab): Promise<void> {
  const server = await usedKeysServer(lab)
  const sample = createAesRequest(await server.signIn())
  await server.call({ ...sample, body: sample.body?.replace('{n}', 'sample') ?? '' }, 201)
  const inserts = new Floor<InsertQuestion>(
    'sqlite-insert.ts',
    databaseOf(server.folder),
    scratch('sqlite-keys'),
    'keys',
  )
  const { connections } = lab
  const peer = lab.options.peers ? Peer.prepare('barbican') : undefined
  const barbican = await peer?.start([], storeSecret, 201)
  try {
    const sides: Side[] = [
      lab.stream(
        `POST key (AES), durable with audit, ${connections} connections`,
        server,
        lab.seconds(2.5),
        stream(lab, server, createAesRequest, 201),
      ),
      inserts.side(`bare SQLite, the same two rows, ${connections} keys a commit`, {
        seconds: lab.seconds(2),
        perCommit: connections,
      }),
    ]
    if (barbican)
      sides.push(
        lab.stream(
          `Barbican ${peer?.version}: a key of 32 octets that was sent, stored, no TLS, callers not checked`,
          barbican,
          lab.seconds(3),
          () => ({ connections, requests: [storeSecret], expect: [201] }),
        ),
      )
    const [created = [], rows = [], stored] = await lab.interleave(sides)
    lab.find({
      promise: 'P3',
      metric: `POST key (AES, durable, audit) at ${connections} connections against bare SQLite inserts of the same two rows, ${connections} a commit`,
      figure: rateRatio(created, rows),
      unit: '',
      target: { least: 0.55 },
      tolerance: true,
    })
    lab.find({
      promise: 'P3',
      metric: 'POST key (AES, durable, audit) against a key stored by Barbican',
      figure: stored && rateRatio(created, stored),
      unit: '×',
      target: { least: 100 },
      tolerance: true,
      ...(!stored && { missing: 'Barbican is not measured; see --peers' }),
    })
  } finally {
    await Promise.all([inserts.stop(), barbican?.stop()])
  }
}

const storeSecret: Request = {
  method: 'POST',
  path: '/v1/secrets',
  headers: { 'content-type': 'application/json', 'x-project-id': 'bench' },
  body: JSON.stringify({
    name: 'bench',
    algorithm: 'aes',
    bit_length: 256,
    secret_type: 'symmetric',
    payload: Buffer.alloc(32, 'k').toString('base64'),
    payload_content_type: 'application/octet-stream',
    payload_content_encoding: 'base64',
  }),
}
