import 'reflect-metadata'
import type { KeyObject } from 'node:crypto'
import * as peculiar from '@peculiar/x509'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  generateKey,
  issue,
  type Purpose,
  prepareCertificate,
  readRequest,
} from '../../src/ca/x509/index.ts'
import { oids } from '../../src/ca/x509/oids.ts'
import { integer, nothing, octetString, oid, sequence, setOf } from '../../src/crypto/der.ts'
import { Fault } from '../../src/kit/fault.ts'
import { startApi } from '../support/api.ts'
import { alternative, good, refused, stripped } from '../support/hostile-requests.ts'
import { newAuthority } from '../support/revocation.ts'
import {
  extension,
  type Forged,
  forgeRequest,
  type TestCa,
  testCa,
  validFor,
} from '../support/x509.ts'
import { forgeCertificate } from '../support/x509-forge.ts'
import { pick } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

const PURPOSES = ['server', 'client', 'ca'] as const satisfies readonly Purpose[]

/** What each purpose gives, in the words of a parser that is not ours. */
const granted: Readonly<
  Record<(typeof PURPOSES)[number], { usages: number; extended: readonly string[]; ca: boolean }>
> = {
  server: {
    usages: peculiar.KeyUsageFlags.digitalSignature,
    extended: [oids.serverAuth],
    ca: false,
  },
  client: {
    usages: peculiar.KeyUsageFlags.digitalSignature,
    extended: [oids.clientAuth],
    ca: false,
  },
  ca: {
    usages: peculiar.KeyUsageFlags.keyCertSign | peculiar.KeyUsageFlags.cRLSign,
    extended: [],
    ca: true,
  },
}
const ALWAYS = [
  oids.authorityKeyIdentifier,
  oids.subjectKeyIdentifier,
  oids.keyUsage,
  oids.basicConstraints,
]

/** What a certificate says beyond its profile. */
function leaks(pem: string, purpose: (typeof PURPOSES)[number]): string[] {
  const read = new peculiar.X509Certificate(pem)
  const { usages, extended, ca } = granted[purpose]
  const found: string[] = []
  const may: string[] = [
    ...ALWAYS,
    oids.subjectAltName,
    ...(extended.length > 0 ? [oids.extKeyUsage] : []),
  ]
  for (const { type } of read.extensions) if (!may.includes(type)) found.push(`extension ${type}`)
  if (read.getExtension(peculiar.KeyUsagesExtension)?.usages !== usages) found.push('key usages')
  const actual = read.getExtension(peculiar.ExtendedKeyUsageExtension)?.usages ?? []
  if (actual.join() !== extended.join()) found.push('extended key usages')
  const basic = read.getExtension(peculiar.BasicConstraintsExtension)
  if (basic?.ca !== ca || basic.pathLength !== undefined) found.push('basic constraints')
  for (const { type, value } of read.getExtension(peculiar.SubjectAlternativeNameExtension)?.names
    .items ?? []) {
    if (!['dns', 'email', 'ip'].includes(type)) found.push(`a name of type ${type}`)
    if (
      type === 'dns' &&
      !/^(\*\.(?=[^.]+\.))?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value)
    )
      found.push(`the host name ${JSON.stringify(value)}`)
    if (/[\p{Cc}, ]/u.test(value)) found.push(`the name ${JSON.stringify(value)}`)
  }
  if (/[\p{Cc}\u202a-\u202e]/u.test(read.subject)) found.push('the subject')
  for (const rdn of read.subjectName.toJSON())
    if (Object.keys(rdn).length > 1) found.push('a subject of several types in one part')
  return found
}

const everyForged = [...Object.values(refused), ...Object.values(stripped)]
const everyExtension = everyForged.flatMap(({ extensions = [] }) => extensions)
const everyAttribute = everyForged.flatMap(({ attributes = [] }) => attributes)
const everySubject = everyForged.flatMap(({ subject }) => (subject ? [subject] : []))
const everyName = Array.from({ length: 9 }, (_, tag) =>
  [Buffer.from('victim.example.com'), Buffer.alloc(4, 1), Buffer.from([0]), Buffer.alloc(0)].map(
    (content) => Buffer.concat([Buffer.of(0x80 | tag, content.length), content]),
  ),
).flat()
const MORE = [
  '2.5.29.14',
  '2.5.29.15',
  '2.5.29.19',
  '2.5.29.30',
  '2.5.29.36',
  '2.5.29.37',
  '2.5.29.54',
  '1.3.6.1.5.5.7.1.24',
]

/** One hostile request: parts of others put together, some of their bytes changed before it is signed. */
function hostile(next: () => number): Forged {
  const some = <Item>(from: readonly Item[], most: number): Item[] =>
    Array.from({ length: Math.floor(next() * (most + 1)) }, () => pick(next, from))
  const spoiled = (bytes: Uint8Array): Buffer => {
    const copy = Buffer.from(bytes)
    if (next() < 0.25 && copy.length > 0)
      for (let flips = Math.ceil(next() * 3); flips > 0; flips--)
        copy[Math.floor(next() * copy.length)] = Math.floor(next() * 256)
    return copy
  }
  const made = [
    ...some(everyExtension, 2),
    ...(next() < 0.5 ? [alternative(good, ...some(everyName, 2))] : []),
    ...(next() < 0.5
      ? [
          extension(
            pick(next, MORE),
            pick(next, [nothing, sequence(), octetString(Buffer.of(1)), integer(1n)]),
            next() < 0.5,
          ),
        ]
      : []),
  ]
  const request = sequence(oid(oids.extensionRequest), setOf(sequence(...made.map(spoiled))))
  const attributes = [...(made.length > 0 ? [request] : []), ...some(everyAttribute, 1)].map(
    spoiled,
  )
  return {
    attributes: next() < 0.9 ? attributes : attributes.toReversed(),
    ...(next() < 0.35 && { subject: spoiled(pick(next, everySubject)) }),
  }
}

interface Tally {
  issued: number
  refused: number
  readonly leaked: string[]
  readonly crashed: string[]
}

describe('C2: the profile decides what a certificate says', () => {
  let ca: TestCa
  let key: KeyObject
  beforeAll(async () => {
    ca = await testCa('ECDSA')
    key = await generateKey('ECDSA')
  })

  async function attempt(forged: Forged, purpose: (typeof PURPOSES)[number], tally: Tally) {
    try {
      const request = await readRequest(await forgeRequest(key, forged))
      const draft = await prepareCertificate(request, purpose, ca, validFor(1), {})
      const pem = await issue(draft, ca.key)
      tally.issued++
      tally.leaked.push(...leaks(pem, purpose))
    } catch (error) {
      if (error instanceof Fault) tally.refused++
      else tally.crashed.push(String(error))
    }
  }

  test('whatever a request asks for, for every purpose', {
    timeout: scale(300_000, 3_600_000),
  }, async () => {
    const next = random()
    const tally: Tally = { issued: 0, refused: 0, leaked: [], crashed: [] }
    for (const forged of everyForged)
      for (const purpose of PURPOSES) await attempt(forged, purpose, tally)
    const corpus = tally.issued + tally.refused
    const random10k = scale(10_000, 100_000)
    for (let at = 0; at < random10k; at++) await attempt(hostile(next), pick(next, PURPOSES), tally)
    report(
      'C2',
      `${everyForged.length} kinds of injection × ${PURPOSES.length} purposes and ${random10k} hostile requests: ${tally.issued} issued, ${tally.refused} refused, ${tally.crashed.length} crashes, ${tally.leaked.length} leaks`,
    )
    expect(tally.crashed, `seed ${seed}`).toEqual([])
    expect(tally.leaked, `seed ${seed}`).toEqual([])
    expect(corpus).toBe(everyForged.length * PURPOSES.length)
    expect(tally.issued).toBeGreaterThan(random10k / 20)
  })

  test('the harness notices a CA that takes over what a request asks for', async () => {
    const request = await readRequest(await forgeRequest(key, { extensions: [alternative(good)] }))
    const draft = await prepareCertificate(request, 'server', ca, validFor(1), {})
    const certificate = await issue(draft, ca.key)
    expect(leaks(certificate, 'server')).toEqual([])
    const careless = (extra: { oid: string; critical: boolean; value: Buffer }) =>
      forgeCertificate({ certificate, key: ca.key }, (template) => ({
        ...template,
        extensions: [...template.extensions.filter((one) => one.oid !== extra.oid), extra],
      }))
    const caTrue = sequence(Buffer.from([1, 1, 255]))
    const anyUse = sequence(oid('2.5.29.37.0'))
    const names = sequence(good, Buffer.from([0x82, 3, 0x61, 0, 0x62]))
    for (const extra of [
      { oid: oids.basicConstraints, critical: true, value: caTrue },
      { oid: oids.extKeyUsage, critical: false, value: anyUse },
      { oid: '1.3.6.1.4.1.311.25.2', critical: false, value: nothing },
      { oid: oids.subjectAltName, critical: false, value: names },
    ])
      expect(leaks(await careless(extra), 'server'), extra.oid).not.toEqual([])
  })

  describe('of a running server', () => {
    const api = startApi('sqlite')
    test('hostile requests get 201 within the profile or 400, and never anything else', async () => {
      const next = random(seed + 2)
      const { id } = await newAuthority(api)
      const statuses = new Map<number, number>()
      for (let at = 0; at < scale(300, 3000); at++) {
        const purpose = pick(next, PURPOSES)
        const csr = await forgeRequest(
          key,
          at < everyForged.length ? (everyForged[at] as Forged) : hostile(next),
        )
        const { status, body } = await api.send('POST', `/ca/local-cas/${id}/certs`, {
          csr,
          purpose,
          duration: 1,
        })
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status === 201) expect(leaks(body.cert, purpose), `seed ${seed}`).toEqual([])
      }
      expect([...statuses.keys()].sort(), `seed ${seed}`).toEqual([201, 400])
    })
  })
})
