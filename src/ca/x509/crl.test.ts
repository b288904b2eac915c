import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCrl } from '../../../test/support/revocation.ts'
import { type TestCa, testCa } from '../../../test/support/x509.ts'
import { bitString, integer, sequence, time } from '../../crypto/der.ts'
import { describeKey, signWith } from './algorithms.ts'
import { firstCertificate } from './certificate.ts'
import { type CrlEntry, type CrlFields, issueCrl, prepareCrl } from './crl.ts'
import { lintCrl } from './crl-lint.ts'

const SECOND = 1000
const now = new Date(Math.floor(Date.now() / SECOND) * SECOND)
const usual: CrlFields = {
  number: 7n,
  thisUpdate: now,
  nextUpdate: new Date(now.getTime() + 3_600_000),
}
const entry = (serial: number, reason?: CrlEntry['reason'], revokedAt = now): CrlEntry => ({
  serialNumber: BigInt(serial),
  revokedAt,
  reason,
})
async function* pagesOf(...pages: CrlEntry[][]) {
  yield* pages
}

describe('a CRL', () => {
  let ca: TestCa
  beforeAll(async () => {
    ca = await testCa('ECDSA', 256)
  })
  const made = async (fields: CrlFields, ...pages: CrlEntry[][]) => {
    const issuer = { certificate: ca.certificate, key: ca.key }
    return issueCrl(await prepareCrl(issuer, fields, pagesOf(...pages)), ca.key)
  }

  test('holds what its pages hold, in their order, with reasons but for unspecified', async () => {
    const der = await made(usual, [entry(1), entry(2, 'keyCompromise')], [], [entry(300)])
    const { entries, number, base } = readCrl(der, ca.certificate)
    expect([...entries]).toEqual([
      ['1', undefined],
      ['2', 1],
      ['300', undefined],
    ])
    expect([number, base]).toEqual([7n, undefined])
  })

  test('tells times after 2049 as GeneralizedTime', async () => {
    const late = new Date('2051-01-01T00:00:00Z')
    const fields = { ...usual, thisUpdate: late, nextUpdate: new Date('2052-01-01T00:00:00Z') }
    const { thisUpdate } = readCrl(await made(fields, [entry(1, undefined, late)]), ca.certificate)
    expect(thisUpdate).toEqual(late)
  })

  test('of 20,000 entries has them all', async () => {
    const serials = Array.from({ length: 20_000 }, (_, at) => at + 1)
    const pages = [serials.slice(0, 9999), serials.slice(9999)].map((page) =>
      page.map((serial) => entry(serial, 'superseded')),
    )
    expect(readCrl(await made(usual, ...pages), ca.certificate).entries.size).toBe(20_000)
  })

  test.each<[string, CrlFields, CrlEntry[]]>([
    ['a serial number that is there twice', usual, [entry(1), entry(2), entry(1)]],
    ['removeFromCRL on a full list', usual, [entry(1, 'removeFromCRL')]],
    ['a serial number of 0', usual, [entry(0)]],
    ['a number of 0', { ...usual, number: 0n }, []],
    ['a base that is not older', { ...usual, baseNumber: 7n }, []],
    ['an end before its beginning', { ...usual, nextUpdate: new Date(0) }, []],
  ])('is not signed with %s', async (_what, fields, entries) => {
    await expect(made(fields, entries)).rejects.toThrow('would not be sound')
  })

  test('is not signed by another key, nor when it was not prepared', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const issuer = { certificate: ca.certificate, key: other }
    await expect(prepareCrl(issuer, usual, pagesOf())).rejects.toThrow('not the key in its')
    await expect(issueCrl({ tbs: Buffer.of(0) } as never, ca.key)).rejects.toThrow('prepared here')
    const draft = await prepareCrl({ certificate: ca.certificate, key: ca.key }, usual, pagesOf())
    await expect(issueCrl(draft, other)).rejects.toThrow('does not verify')
  })

  test('that lacks something, or has something more, does not pass the lint', async () => {
    const issuer = firstCertificate(ca.certificate)
    const { signature: row } = describeKey(ca.key)
    const { publicKey: signer } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const expected = { issuer, row, fields: usual, signer }
    const good = await made(usual, [entry(1)])
    expect(await lintCrl(good, expected)).toEqual(['the signature does not verify'])
    for (const bad of [good.subarray(1), Buffer.concat([good, Buffer.of(0)]), Buffer.alloc(0)])
      expect((await lintCrl(bad, expected))[0]).toContain('cannot read it')
    const bare = sequence(
      integer(1n),
      row.identifier,
      issuer.subject.raw,
      time(usual.thisUpdate),
      time(usual.nextUpdate),
    )
    const signed = sequence(bare, row.identifier, bitString(await signWith(row, bare, ca.key)))
    expect((await lintCrl(signed, expected))[0]).toContain('has no extensions')
    const other = { ...expected, fields: { ...usual, number: 8n, freshest: 'http://h/delta' } }
    expect(await lintCrl(good, other)).toEqual([
      'the CRL number is missing, or not the one meant',
      'the freshest CRL is not at the CA’s address',
      'the signature does not verify',
    ])
  })
})
