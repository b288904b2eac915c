import { type KeyObject, randomUUID } from 'node:crypto'
import { getHeapStatistics } from 'node:v8'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseCrl } from '../../src/ca/x509/crl-lint.ts'
import {
  certificateDer,
  generateKey,
  issueCrl,
  prepareCrl,
  readCertificate,
  readOcspRequest,
  readPrivateKey,
  readRequest,
} from '../../src/ca/x509/index.ts'
import { integer, NotDer, octetString, oid, sequence, setOf, tlv } from '../../src/crypto/der.ts'
import { writePem } from '../../src/crypto/pem.ts'
import { Fault } from '../../src/kit/fault.ts'
import { alternative, email, good, refused, stripped } from '../support/hostile-requests.ts'
import { ocspRequest } from '../support/revocation.ts'
import { forgeRequestDer, type TestCa, testCa } from '../support/x509.ts'
import { pick } from './lab.ts'
import { isSoak, random, report, scale, seed } from './promise.ts'

const MOST_MS = 100
const MOST_BYTES = 50 * 1024 * 1024

interface Parser {
  readonly name: string
  readonly label: string | undefined
  readonly seeds: readonly Buffer[]
  /** Faults and NotDer are answers; anything else is a crash. */
  read(input: Buffer): unknown
}

/** Headers that promise more than there is, or say it in a way that is not DER. */
const LENGTHS = [
  '80',
  '8100',
  '820000',
  '84ffffffff',
  '8500ffffffff',
  '88ffffffffffffffff',
  'ff',
  '8480000000',
  '847fffffff',
  '7f',
]

function mutate(next: () => number, input: Buffer, others: readonly Buffer[]): Buffer {
  let bytes = input
  const at = () => Math.floor(next() * (bytes.length + 1))
  const put = (where: number, cut: number, what: Uint8Array) => {
    bytes = Buffer.concat([bytes.subarray(0, where), what, bytes.subarray(where + cut)])
  }
  for (let times = 1 + Math.floor(next() ** 2 * 6); times > 0; times--)
    switch (Math.floor(next() * 9)) {
      case 0:
        put(at(), 1, Buffer.of(Math.floor(next() * 256)))
        break
      case 1:
        put(at(), Math.floor(next() * 8), Buffer.alloc(0))
        break
      case 2:
        put(at(), 1, Buffer.from(pick(next, LENGTHS), 'hex'))
        break
      case 3: {
        const from = pick(next, others)
        const begin = Math.floor(next() * from.length)
        put(at(), Math.floor(next() * 20), from.subarray(begin, begin + Math.floor(next() * 200)))
        break
      }
      case 4: {
        // As deep as its size allows, well formed or not.
        let inner = bytes.subarray(at(), at())
        for (let depth = Math.floor(next() ** 3 * 60); depth > 0 && inner.length < 8000; depth--)
          inner = next() < 0.5 ? sequence(inner) : tlv(pick(next, [0x30, 0x31, 0xa0, 0xa3]), inner)
        put(at(), 0, inner)
        break
      }
      case 5:
        put(
          at(),
          0,
          tlv(6, Buffer.alloc(Math.floor(next() * 200), pick(next, [0xff, 0x80, 0x81, 0x7f]))),
        )
        break
      case 6:
        put(
          at(),
          0,
          tlv(
            pick(next, [2, 3, 4, 12, 23, 24, 30]),
            Buffer.alloc(Math.floor(next() ** 4 * 4000), Math.floor(next() * 256)),
          ),
        )
        break
      case 7:
        bytes = bytes.subarray(0, at())
        break
      default: {
        const begin = at()
        const piece = bytes.subarray(begin, begin + Math.floor(next() * 60))
        put(
          at(),
          0,
          Buffer.concat(Array.from({ length: Math.ceil(next() ** 4 * 100) }, () => piece)),
        )
      }
    }
  return bytes.subarray(0, 40_000)
}

/** Texts around it that are no PEM, or more than one. */
function asText(next: () => number, label: string, der: Buffer): string {
  const pem = writePem(label, der)
  const kind = next()
  if (kind < 0.9) return pem
  if (kind < 0.92) return pem.replaceAll('\n', pick(next, ['\r\n', '\\n', '', '\n\n', '\t']))
  if (kind < 0.94) return pem + pem
  if (kind < 0.96)
    return pem.replace(/[A-Z]{4,}/, pick(next, ['X', 'RSA PRIVATE KEY', '-----', '']))
  if (kind < 0.98) return '-----BEGIN '.repeat(Math.ceil(next() * 500)) + pem
  return pem.slice(Math.floor(next() * 80), -Math.floor(next() * 80))
}

interface Outcome {
  inputs: number
  answered: number
  slowestMs: number
  largestBytes: number
  readonly crashes: string[]
}

const allocated = () => {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

/** CPU time of this thread, so that a machine that is busy with other things makes nothing slow. */
async function feed(parser: Parser, input: Buffer, outcome: Outcome): Promise<void> {
  const memory = allocated()
  const before = process.threadCpuUsage()
  try {
    await parser.read(input)
    outcome.answered++
  } catch (error) {
    if (!(error instanceof Fault) && !(error instanceof NotDer))
      outcome.crashes.push(
        `${parser.name}: ${String(error)} for ${input.toString('base64').slice(0, 400)}`,
      )
  }
  const { user, system } = process.threadCpuUsage(before)
  outcome.inputs++
  outcome.slowestMs = Math.max(outcome.slowestMs, (user + system) / 1000)
  outcome.largestBytes = Math.max(outcome.largestBytes, allocated() - memory)
}

const fresh = (): Outcome => ({
  inputs: 0,
  answered: 0,
  slowestMs: 0,
  largestBytes: 0,
  crashes: [],
})

describe('C5: hostile requests and PEM do not break the parser', () => {
  let ca: TestCa
  let key: KeyObject
  let parsers: Parser[]
  const next = random()
  beforeAll(async () => {
    ca = await testCa('ECDSA')
    key = await generateKey('ECDSA')
    const forged = [...Object.values(refused), ...Object.values(stripped)]
    const requests = await Promise.all(
      [...forged, { extensions: [alternative(good, email('a@example.com'))] }].map((one) =>
        forgeRequestDer(key, one),
      ),
    )
    const small = requests.filter(({ length }) => length < 4000)
    const certificate = Buffer.from(certificateDer(ca.certificate))
    const at = new Date('2026-01-01T00:00:00Z')
    const fields = { number: 1n, thisUpdate: at, nextUpdate: new Date('2026-02-01T00:00:00Z') }
    const page = [{ serialNumber: 5n, revokedAt: at, reason: 'keyCompromise' as const }]
    const list = await issueCrl(
      await prepareCrl(
        ca,
        fields,
        (async function* () {
          yield page
        })(),
      ),
      ca.key,
    )
    const keys = [key, await generateKey('Ed25519')].map((one) =>
      one.export({ type: 'pkcs8', format: 'der' }),
    )
    const pem = (label: string, input: Buffer) => asText(next, label, input)
    parsers = [
      {
        name: 'a request',
        label: 'CERTIFICATE REQUEST',
        seeds: small,
        read: (input) => readRequest(pem('CERTIFICATE REQUEST', input)),
      },
      {
        name: 'a certificate',
        label: 'CERTIFICATE',
        seeds: [certificate],
        read: (input) => readCertificate(pem('CERTIFICATE', input)),
      },
      {
        name: 'a private key',
        label: 'PRIVATE KEY',
        seeds: keys,
        read: (input) => readPrivateKey(pem('PRIVATE KEY', input), {}),
      },
      {
        name: 'an OCSP request',
        label: undefined,
        seeds: [ocspRequest(ca.certificate, [5n], { nonce: Buffer.alloc(16, 1) })],
        read: readOcspRequest,
      },
      { name: 'a list', label: undefined, seeds: [list], read: parseCrl },
    ]
  })

  test('inputs made of others, whatever they hold', {
    timeout: scale(180_000, 7_200_000),
  }, async () => {
    const most = 1_000_000
    const deadline = performance.now() + (isSoak ? Number.POSITIVE_INFINITY : 60_000)
    const outcome = fresh()
    const everything = parsers.flatMap(({ seeds }) => seeds)
    // Compiling is not parsing.
    for (const parser of parsers)
      for (let warm = 0; warm < 200; warm++)
        await feed(parser, mutate(next, pick(next, parser.seeds), everything), fresh())
    while (outcome.inputs < most && performance.now() < deadline) {
      // Requests are what strangers send.
      const parser = next() < 0.6 ? (parsers[0] as Parser) : pick(next, parsers)
      await feed(parser, mutate(next, pick(next, parser.seeds), everything), outcome)
    }
    report(
      'C5',
      `${outcome.inputs.toLocaleString('en')} inputs to ${parsers.length} parsers, ${outcome.answered} read, ${outcome.crashes.length} crashes, the slowest ${outcome.slowestMs.toFixed(1)} ms of CPU, the largest ${(outcome.largestBytes / 1_048_576).toFixed(1)} MiB`,
    )
    expect(outcome.crashes, `seed ${seed}`).toEqual([])
    expect(outcome.slowestMs, `seed ${seed}`).toBeLessThan(MOST_MS)
    expect(outcome.largestBytes, `seed ${seed}`).toBeLessThan(MOST_BYTES)
    expect(outcome.inputs).toBeGreaterThan(10_000)
    expect(outcome.answered).toBeGreaterThan(0)
  })

  test('the largest inputs that are let in, made to be as slow as they can', async () => {
    const outcome = fresh()
    const filled = (make: (count: number) => Buffer) => {
      let count = 1
      while (make(count * 2).length < 47_000) count *= 2
      return make(count)
    }
    const many = (item: Buffer) => (count: number) =>
      sequence(...Array.from({ length: count }, () => item))
    const inputs = [
      filled(many(Buffer.from([5, 0]))),
      filled(many(sequence())),
      filled(many(oid('1.2.3.4'))),
      filled((count) => sequence(integer(1n << BigInt(count)))),
      filled((count) => sequence(tlv(6, Buffer.alloc(count, 0x81)))),
      filled((count) => {
        let inner: Buffer = octetString(Buffer.alloc(0))
        for (let depth = 0; depth < count; depth++) inner = sequence(inner)
        return inner
      }),
      filled((count) =>
        sequence(
          integer(0n),
          sequence(
            ...Array.from({ length: count }, () =>
              setOf(sequence(oid('2.5.4.3'), tlv(12, Buffer.from('x')))),
            ),
          ),
        ),
      ),
      ...(await Promise.all(
        [20, 150, 300].map((count) =>
          forgeRequestDer(key, {
            extensions: [
              alternative(
                ...Array.from({ length: count }, () => email(`${randomUUID()}@example.com`)),
              ),
            ],
          }),
        ),
      )),
    ]
    for (const parser of parsers) for (const input of inputs) await feed(parser, input, fresh())
    for (const parser of parsers) for (const input of inputs) await feed(parser, input, outcome)
    expect(outcome.crashes).toEqual([])
    expect(outcome.slowestMs).toBeLessThan(MOST_MS)
    expect(outcome.largestBytes).toBeLessThan(MOST_BYTES)
  })

  test('the harness notices a parser that crashes, one that is slow, and one that is large', async () => {
    const input = Buffer.from('30', 'hex')
    const parser = (read: Parser['read']): Parser => ({
      name: 'bad',
      label: undefined,
      seeds: [],
      read,
    })
    const crashing = fresh()
    await feed(
      parser(() => {
        throw new RangeError('out of bounds')
      }),
      input,
      crashing,
    )
    expect(crashing.crashes).toHaveLength(1)
    const slow = fresh()
    await feed(
      parser(() => {
        const until = process.threadCpuUsage().user + 1000 * (MOST_MS + 50)
        while (process.threadCpuUsage().user < until) Math.sqrt(2)
      }),
      input,
      slow,
    )
    expect(slow.slowestMs).toBeGreaterThan(MOST_MS)
    const large = fresh()
    let held: unknown
    await feed(
      parser(() => {
        held = Buffer.alloc(2 * MOST_BYTES, 1)
      }),
      input,
      large,
    )
    expect(large.largestBytes).toBeGreaterThan(MOST_BYTES)
    expect(held).toBeDefined()
  })
})
