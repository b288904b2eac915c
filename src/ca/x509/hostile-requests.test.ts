import 'reflect-metadata'
import { createPublicKey, type KeyObject } from 'node:crypto'
import * as peculiar from '@peculiar/x509'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  alternative,
  CN,
  email,
  good,
  rdn,
  refused,
  san,
  stripped,
} from '../../../test/support/hostile-requests.ts'
import {
  commonName,
  forgeRequest,
  forgeRequestDer,
  issueFor,
  subjectFields,
  type TestCa,
  testCa,
} from '../../../test/support/x509.ts'
import { bitString, implicit, integer, oid, sequence, setOf, tlv } from '../../crypto/der.ts'
import { writePem } from '../../crypto/pem.ts'
import { Fault } from '../../kit/fault.ts'
import { buildRequest, factsOf, generateKey, readRequest } from './index.ts'
import { oids } from './oids.ts'

let ca: TestCa
let key: KeyObject
beforeAll(async () => {
  ca = await testCa('ECDSA')
  key = await generateKey('ECDSA')
})

const refusal = expect.objectContaining({ name: 'Fault', kind: 'invalid-parameter' })

describe('a hostile request', () => {
  test('of which the corpus has enough kinds', () => {
    expect(Object.keys(refused).length + Object.keys(stripped).length).toBeGreaterThanOrEqual(100)
  })

  test.each(Object.entries(refused))('with %s is refused', async (_, forged) => {
    const csr = await forgeRequest(key, forged)
    await expect(readRequest(csr)).rejects.toEqual(refusal)
  })

  test.each(Object.entries(stripped))(
    'with %s gets what its purpose gives and no more',
    async (_, forged) => {
      const csr = await forgeRequest(key, forged)
      for (const purpose of ['server', 'client', 'ca'] as const) {
        const plain = await issueFor(
          await forgeRequest(key, { extensions: [alternative(good)] }),
          purpose,
          ca,
        )
        const pem = await issueFor(csr, purpose, ca)
        expect(extensionsOf(pem)).toEqual(extensionsOf(plain))
        expect(factsOf(pem).subject).toBe('/CN=victim.example.com')
      }
    },
  )

  test('may say in its CN what looks like another name; it stays text of the CN', async () => {
    const csr = await forgeRequest(key, { subject: commonName('a, DNS:evil.example') })
    const read = new peculiar.X509Certificate(await issueFor(csr, 'server', ca))
    expect(read.getExtension(oids.subjectAltName)).toBeNull()
    expect(read.subjectName.getField('CN')).toEqual(['a, DNS:evil.example'])
  })

  test('in old string types comes out in ours', async () => {
    const wide = Buffer.from('Grüße', 'utf16le').swap16()
    const old = sequence(
      setOf(sequence(oid('2.5.4.10'), tlv(0x1e, wide))),
      setOf(sequence(oid(CN), tlv(0x14, Buffer.from('plain')))),
    )
    const read = await readRequest(await forgeRequest(key, { subject: old }))
    expect(read.subject).toBe('/O=Grüße/CN=plain')
    expect(Buffer.from(read.subjectDer)).toEqual(
      sequence(rdn('2.5.4.10', 'Grüße', 0x0c), rdn(CN, 'plain', 0x13)),
    )
  })
})

/** Read by a parser that is not ours; the names lower-cased, since their case is the requester's. */
function extensionsOf(pem: string): string[] {
  return new peculiar.X509Certificate(pem).extensions.map(({ type, critical, value }) => {
    const shown = Buffer.from(value).toString('latin1')
    return `${type} ${critical} ${type === oids.subjectAltName ? shown.toLowerCase() : shown}`
  })
}

describe('the key of a request', () => {
  const point = (spki: Buffer) => spki.subarray(-64)
  const p256 = () => createPublicKey(key).export({ type: 'spki', format: 'der' })

  test.each([
    ['off its curve', () => Buffer.concat([p256().subarray(0, -64), Buffer.alloc(64, 1)])],
    [
      'at infinity',
      () =>
        sequence(
          sequence(oid(oids.ecPublicKey), oid('1.2.840.10045.3.1.7')),
          bitString(Buffer.from([0])),
        ),
    ],
    [
      'compressed',
      () =>
        sequence(
          sequence(oid(oids.ecPublicKey), oid('1.2.840.10045.3.1.7')),
          bitString(Buffer.concat([Buffer.from([2]), point(p256()).subarray(0, 32)])),
        ),
    ],
    [
      'on a curve of its own',
      () =>
        sequence(sequence(oid(oids.ecPublicKey), sequence(integer(1n))), bitString(point(p256()))),
    ],
    [
      'of an algorithm nobody knows',
      () => sequence(sequence(oid('1.2.3.4')), bitString(Buffer.alloc(32))),
    ],
    [
      'with unused bits',
      () => sequence(sequence(oid('1.3.101.112')), bitString(Buffer.alloc(32), 1)),
    ],
    [
      'of RSA without parameters',
      () =>
        sequence(sequence(oid(oids.rsaEncryption)), bitString(sequence(integer(35n), integer(3n)))),
    ],
  ])('%s is refused', async (_, spki) => {
    await expect(readRequest(await forgeRequest(key, { spki: spki() }))).rejects.toEqual(refusal)
  })

  test('of RSA 1024 is taken where the operator allows it, for the certificate too', async () => {
    const weak = await buildRequest(
      await generateKey('RSA', 1024, { allowRsa1024: true }),
      subjectFields('old'),
    )
    await expect(readRequest(weak)).rejects.toThrow('1024 bits')
    const rules = { allowRsa1024: true }
    expect(factsOf(await issueFor(weak, 'server', ca, { rules })).subject).toBe('/CN=old')
  })
})

describe('the text of a request', () => {
  test.each([
    ['is too long', (pem: string) => pem + ' '.repeat(65_536)],
    ['holds two', (pem: string) => pem + pem],
    ['is a certificate', (pem: string) => pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['ends early', (pem: string) => pem.slice(0, -40)],
    [
      'has bytes after its end',
      (pem: string) => reencode(pem, (der) => Buffer.concat([der, Buffer.from([0, 0, 0])])),
    ],
    [
      'has an indefinite length',
      (pem: string) =>
        reencode(pem, (der) =>
          Buffer.concat([Buffer.from([0x30, 0x80]), der.subarray(3), Buffer.from([0, 0])]),
        ),
    ],
    [
      'claims a huge length',
      (pem: string) =>
        reencode(pem, (der) =>
          Buffer.concat([Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), der.subarray(3)]),
        ),
    ],
    [
      'pads its length',
      (pem: string) =>
        reencode(pem, (der) => Buffer.concat([Buffer.from([0x30, 0x82, 0]), der.subarray(2)])),
    ],
    ['is empty', () => ''],
  ])('that %s is refused', async (_, change) => {
    const pem = await buildRequest(key, subjectFields('text'))
    await expect(readRequest(change(pem))).rejects.toEqual(refusal)
  })

  test('may have words around it and the older label', async () => {
    const pem = await buildRequest(key, subjectFields('text'))
    const older = pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')
    expect(
      (await readRequest(`made by hand\r\n${older.replaceAll('\n', '\r\n')}\nthe end`)).subject,
    ).toBe('/CN=text')
  })

  test('changed at random is read or refused, never more, and soon', async () => {
    const der = await forgeRequestDer(
      key,
      san(email('a@example.com'), implicit(7, Buffer.alloc(16, 1))),
    )
    const times: number[] = []
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            at: fc.nat(der.length - 1),
            cut: fc.nat(4),
            put: fc.uint8Array({ maxLength: 4 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        async (changes) => {
          let bytes = der
          for (const { at, cut, put } of changes)
            bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)])
          const before = performance.now()
          const outcome = await readRequest(writePem('CERTIFICATE REQUEST', bytes)).catch(
            (error: unknown) => error,
          )
          times.push(performance.now() - before)
          if (outcome instanceof Fault) expect(outcome.kind).toBe('invalid-parameter')
          else expect(outcome).toMatchObject({ subject: '/CN=victim.example.com' })
        },
      ),
      { numRuns: 2000 },
    )
    times.sort((one, other) => one - other)
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(100)
  })

  test('of bytes at random is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        await expect(readRequest(writePem('CERTIFICATE REQUEST', bytes))).rejects.toEqual(refusal)
      }),
      { numRuns: 1000 },
    )
  })

  test('of characters at random is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        const given = text.startsWith('-') ? text : `-----BEGIN CERTIFICATE REQUEST-----\n${text}`
        await expect(readRequest(given)).rejects.toEqual(refusal)
      }),
      { numRuns: 1000 },
    )
  })
})

function reencode(pem: string, change: (der: Buffer) => Buffer): string {
  const body = pem.split('\n').slice(1, -2).join('')
  return writePem('CERTIFICATE REQUEST', change(Buffer.from(body, 'base64')))
}
