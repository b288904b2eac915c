import {
  checkPrimeSync,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
} from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { oids } from '../../src/ca/x509/oids.ts'
import { bitString, explicit, integer, nothing, oid, sequence } from '../../src/crypto/der.ts'
import { writePem } from '../../src/crypto/pem.ts'
import { startApi } from '../support/api.ts'
import { newAuthority } from '../support/revocation.ts'
import { commonName, type Forged, forgeRequest } from '../support/x509.ts'
import { report, scale } from './promise.ts'

/** A request whose signature is sound where its key can make one at all, so that the key alone can be the reason. */
interface Weak {
  readonly what: string
  readonly csr: string
  /** Whether its own signature verifies: a CA that looked at nothing else would issue. */
  readonly verifies: boolean
  /** The private key in PEM, where there is one. */
  readonly key?: string
}

const big = (bits: number) => generatePrimeSync(bits, { bigint: true })
const inverse = (a: bigint, m: bigint): bigint => {
  let [old, now, x, y] = [a, m, 1n, 0n]
  while (now !== 0n) {
    const q = old / now
    ;[old, now] = [now, old - q * now]
    ;[x, y] = [y, x - q * y]
  }
  return ((x % m) + m) % m
}
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square, left] = [1n, base % modulus, exponent]
  for (; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** PKCS #1 v1.5 with SHA-256 in numbers: for keys that no library makes signatures with. */
function rsaRequest(what: string, n: bigint, e: bigint, d: bigint | undefined): Weak {
  const spki = sequence(
    sequence(oid(oids.rsaEncryption), nothing),
    bitString(sequence(integer(n), integer(e))),
  )
  const info = sequence(integer(0n), commonName('weak.example'), spki, explicit(0))
  const size = Math.ceil(n.toString(2).length / 8)
  const digest = Buffer.concat([
    Buffer.from('3031300d060960864801650304020105000420', 'hex'),
    createHash('sha256').update(info).digest(),
  ])
  const padded = Buffer.concat([
    Buffer.from([0, 1]),
    Buffer.alloc(Math.max(8, size - digest.length - 3), 255),
    Buffer.from([0]),
    digest,
  ])
  const signed = d === undefined ? 0n : power(BigInt(`0x${padded.toString('hex')}`), d, n)
  const signature = Buffer.from(signed.toString(16).padStart(size * 2, '0'), 'hex')
  const identifier = sequence(oid('1.2.840.113549.1.1.11'), nothing)
  return {
    what,
    csr: writePem('CERTIFICATE REQUEST', sequence(info, identifier, bitString(signature))),
    verifies: d !== undefined && power(signed, e, n) === BigInt(`0x${padded.toString('hex')}`),
  }
}

const fromPrimes = (what: string, p: bigint, q: bigint, e = 65537n): Weak => {
  const phi = (p - 1n) * (q - 1n)
  return rsaRequest(what, p * q, e, inverse(e, phi))
}

function nextPrime(after: bigint): bigint {
  let candidate = after + 2n
  while (!checkPrimeSync(candidate)) candidate += 2n
  return candidate
}

/** Primes of the form k·M + (65537^a mod M) (CVE-2017-15361), M being the product of the primes to 701. */
const M = (() => {
  let product = 1n
  for (let number = 2n; number <= 701n; number++) if (checkPrimeSync(number)) product *= number
  return product
})()
function rocaPrime(): bigint {
  const bits = 1024 - M.toString(2).length
  for (;;) {
    const k = big(bits) + 1n
    const prime = k * M + power(65537n, big(24), M)
    if (prime.toString(2).length === 1024 && checkPrimeSync(prime)) return prime
  }
}

const SMALL_FACTORS = [3n, 5n, 7n, 101n, 751n, 743n]

function weakRsa(rounds: number): Weak[] {
  const found: Weak[] = []
  for (let round = 0; round < rounds; round++) {
    for (const bits of [256, 384, 512, 896, 1020])
      found.push(fromPrimes(`RSA of ${bits * 2} bits`, big(bits), big(bits)))
    const p = big(1024)
    found.push(fromPrimes('two primes that follow each other', p, nextPrime(p)))
    found.push(
      fromPrimes('primes that differ in their lower half only', p, nextPrime(p + (1n << 500n))),
    )
    found.push(rsaRequest('a square', p * p, 65537n, inverse(65537n, p * (p - 1n))))
    found.push(fromPrimes('the ROCA fault', rocaPrime(), rocaPrime()))
    const q = big(1024)
    for (const e of [1n, 3n, 17n, 257n, 65535n]) found.push(fromPrimes(`exponent ${e}`, p, q, e))
    found.push(rsaRequest('an even exponent', p * q, 65536n, undefined))
    found.push(fromPrimes('an exponent of 300 bits', p, q, big(300)))
    for (const factor of SMALL_FACTORS)
      found.push(fromPrimes(`the factor ${factor}`, factor, big(2048)))
    found.push(fromPrimes('an even modulus', 2n, big(2047)))
  }
  return found.filter(({ csr }) => csr.length < 60_000)
}

const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const spkiOf = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' })

async function weakOthers(): Promise<Weak[]> {
  const { privateKey: sound } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const point = spkiOf(sound)
  const forged = async (what: string, more: Forged): Promise<Weak> => ({
    what,
    csr: await forgeRequest(sound, more),
    verifies: false,
  })
  const ed = (hex: string) =>
    sequence(sequence(oid('1.3.101.112')), bitString(Buffer.from(hex, 'hex')))
  const found = [
    await forged('a point off its curve', {
      spki: Buffer.concat([point.subarray(0, -64), Buffer.alloc(64, 3)]),
    }),
    await forged('a point with one bit changed', {
      spki: Buffer.concat([point.subarray(0, -1), Buffer.of((point.at(-1) ?? 0) ^ 1)]),
    }),
    await forged('the point at infinity', {
      spki: sequence(
        sequence(oid(oids.ecPublicKey), oid('1.2.840.10045.3.1.7')),
        bitString(Buffer.of(0)),
      ),
    }),
    ...(await Promise.all(
      [
        '0100000000000000000000000000000000000000000000000000000000000000',
        `ec${'ff'.repeat(30)}7f`,
        '00'.repeat(32),
        `${'00'.repeat(31)}80`,
        '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
        'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      ].map((hex) =>
        forged(`an Ed25519 key of small order, ${hex.slice(0, 8)}`, { spki: ed(hex) }),
      ),
    )),
  ]
  const odd: [string, KeyObject][] = [
    ['P-224', generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).privateKey],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
    ['brainpoolP256r1', generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).privateKey],
    ['Ed448', generateKeyPairSync('ed448').privateKey],
    ['X25519', generateKeyPairSync('x25519').privateKey],
    ['DSA', generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey],
  ]
  for (const [what, key] of odd)
    found.push({ ...(await forged(what, { spki: spkiOf(key) })), key: pemOf(key) })
  return found
}

describe('C4: weak keys get no certificate', () => {
  const api = startApi('sqlite')
  const csrOf = async (more: object) => api.post('/ca/csr', { cn: 'weak.example', ...more })

  test('in a request, whoever asks and for whatever purpose', {
    timeout: scale(300_000, 3_600_000),
  }, async () => {
    const ca = await newAuthority(api)
    const weak = [...weakRsa(scale(2, 20)), ...(await weakOthers())]
    let accepted = 0
    let tried = 0
    for (const { csr, what } of weak)
      for (const purpose of ['server', 'client', 'ca']) {
        tried++
        const { status, body } = await api.send('POST', `/ca/local-cas/${ca.id}/certs`, {
          csr,
          purpose,
          duration: 1,
        })
        if (status !== 400) accepted++
        expect(status, `${what}: ${JSON.stringify(body)}`).toBe(400)
      }
    // The CA's own key: its own request, sent to itself.
    const own = await api.post('/ca/local-cas', { cn: 'own', name: 'own' })
    await api.post('/ca/local-cas/own/self-sign', { duration: 99 }, 200)
    for (const purpose of ['server', 'client', 'ca']) {
      tried++
      const body = { csr: own.csr, purpose, duration: 1 }
      const { codeDesc } = await api.post('/ca/local-cas/own/certs', body, 400)
      expect(codeDesc).toContain('own key')
    }
    const signed = weak.filter(({ verifies }) => verifies).length
    report(
      'C4',
      `${weak.length + 1} weak keys in ${tried} requests, ${accepted} accepted; ${signed} of them had signed their request soundly`,
    )
    expect(accepted).toBe(0)
    expect(new Set(weak.map(({ what }) => what)).size).toBeGreaterThan(30)
    // The control: a CA that looked at the signature alone would have issued these.
    expect(signed).toBeGreaterThan(20)
  })

  test('as keys that are brought along, or asked for', async () => {
    for (const { key, what } of await weakOthers())
      if (key)
        expect(
          (await api.send('POST', '/ca/csr', { cn: 'x', privateKeyBytes: key })).status,
          what,
        ).toBe(400)
    for (const modulusLength of [512, 1024, 1536]) {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength })
      const sent = {
        cn: 'x',
        algorithm: 'RSA',
        size: modulusLength,
        privateKeyBytes: pemOf(privateKey),
      }
      expect((await api.send('POST', '/ca/csr', sent)).status, String(modulusLength)).toBe(400)
      for (const path of ['/ca/csr', '/ca/local-cas'])
        expect(
          (await api.send('POST', path, { cn: 'x', algorithm: 'RSA', size: modulusLength })).status,
        ).toBe(400)
    }
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
    const sent = { cn: 'x', algorithm: 'RSA', privateKeyBytes: pemOf(privateKey) }
    expect((await api.send('POST', '/ca/csr', sent)).status).toBe(400)
  })

  test('the harness notices a CA that looks at nothing: sound keys of every kind pass', async () => {
    const ca = await newAuthority(api)
    for (const more of [
      { algorithm: 'RSA', size: 2048 },
      { algorithm: 'RSA', size: 3072 },
      { algorithm: 'ECDSA', size: 256 },
      { algorithm: 'ECDSA', size: 521 },
      { algorithm: 'Ed25519' },
      { algorithm: 'ML-DSA-44' },
    ]) {
      const { csr } = await csrOf(more)
      const body = { csr, purpose: 'server', duration: 1 }
      expect((await api.send('POST', `/ca/local-cas/${ca.id}/certs`, body)).status).toBe(201)
    }
    const p = big(1024)
    const sound = fromPrimes('sound', p, big(1024))
    const body = { csr: sound.csr, purpose: 'server', duration: 1 }
    expect((await api.send('POST', `/ca/local-cas/${ca.id}/certs`, body)).status).toBe(201)
  })
})
