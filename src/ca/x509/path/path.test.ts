import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  subordinate,
  userCertificate,
  type Wanted,
} from '../../../../test/support/user-certificates.ts'
import {
  openssl,
  pair,
  subjectFields,
  type TestCa,
  testCa,
  write,
} from '../../../../test/support/x509.ts'
import { forgeCertificate } from '../../../../test/support/x509-forge.ts'
import { explicit, implicit, integer, oid, sequence, setOf, text } from '../../../crypto/der.ts'
import { firstCertificate, parseCertificate } from '../certificate.ts'
import type { Template } from '../draft.ts'
import { oids } from '../oids.ts'
import { findPath, newBudget, orRefused, PathRefused, type PathRules } from './index.ts'

const DAY = 86_400_000
const usual: PathRules = { at: new Date(), purpose: oids.clientAuth, usage: 0 }

const parsed = (pem: string) => firstCertificate(pem)
const found = (
  target: string,
  anchors: readonly string[],
  between: readonly string[] = [],
  rules: Partial<PathRules> = {},
) =>
  findPath({
    target: parsed(target),
    anchors: anchors.map(parsed),
    between: between.map(parsed),
    rules: { ...usual, ...rules },
  })
const refused = (...args: Parameters<typeof found>) => expect(found(...args)).rejects

/** Puts these in place of the extensions of the same kind. */
const withExtensions =
  (...added: readonly { oid: string; value: Buffer; critical?: boolean }[]) =>
  (template: Template): Template => ({
    ...template,
    extensions: [
      ...template.extensions.filter(({ oid }) => !added.some((one) => one.oid === oid)),
      ...added.map((one) => ({ critical: false, ...one })),
    ],
  })
const alternative = (...names: readonly Uint8Array[]) =>
  withExtensions({ oid: oids.subjectAltName, value: sequence(...names) })
const constraints = (permitted: readonly Uint8Array[], excluded: readonly Uint8Array[] = []) =>
  withExtensions({
    oid: oids.nameConstraints,
    critical: true,
    value: sequence(
      ...(permitted.length > 0 ? [explicit(0, ...permitted.map((base) => sequence(base)))] : []),
      ...(excluded.length > 0 ? [explicit(1, ...excluded.map((base) => sequence(base)))] : []),
    ),
  })
const dns = (name: string) => implicit(2, Buffer.from(name))
const uri = (name: string) => implicit(6, Buffer.from(name))
const ip = (...octets: readonly number[]) => implicit(7, Buffer.from(octets))

describe('a path', () => {
  let root: TestCa
  beforeAll(async () => {
    root = await testCa('ECDSA')
  })
  const leaf = async (ca: TestCa, wanted: Wanted = {}) => (await userCertificate(ca, wanted)).cert

  test.each([
    ['RSA', 2048],
    ['RSA', 3072],
    ['ECDSA', 256],
    ['ECDSA', 384],
    ['ECDSA', 521],
    ['Ed25519', undefined],
    ['ML-DSA', 44],
    ['ML-DSA', 65],
    ['ML-DSA', 87],
  ] as const)(
    'of a %s %s CA holds, and not with one bit of the signature turned',
    async (algorithm, size) => {
      const ca = await testCa(algorithm, size)
      const pem = await leaf(ca)
      const path = await found(pem, [ca.certificate])
      expect(path.certificates).toHaveLength(2)
      const der = Buffer.from(new X509Certificate(pem).raw)
      der[der.length - 9] = (der[der.length - 9] ?? 0) ^ 1
      const search = { anchors: [parsed(ca.certificate)], between: [], rules: usual }
      await expect(
        (async () =>
          findPath({ ...search, target: orRefused('it', () => parseCertificate(der)) }))(),
      ).rejects.toBeInstanceOf(PathRefused)
    },
  )

  describe('that others signed', () => {
    let folder: string
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'keystead-path-'))
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    function signedWith(...options: readonly string[]): [target: string, anchor: string] {
      const at = (name: string) => join(folder, name)
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        at('ca.key'),
        '-out',
        at('ca.pem'),
        '-subj',
        '/CN=Old CA',
        '-days',
        '30',
      )
      openssl(
        'req',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        at('ee.key'),
        '-out',
        at('ee.csr'),
        '-subj',
        '/CN=jo',
      )
      const ext = write(folder, 'ext', 'keyUsage=digitalSignature\n')
      openssl(
        'x509',
        '-req',
        '-in',
        at('ee.csr'),
        '-CA',
        at('ca.pem'),
        '-CAkey',
        at('ca.key'),
        '-set_serial',
        '7',
        '-days',
        '20',
        '-extfile',
        ext,
        '-out',
        at('ee.pem'),
        ...options,
      )
      return [readFileSync(at('ee.pem'), 'utf8'), readFileSync(at('ca.pem'), 'utf8')]
    }
    const later = { at: new Date(Date.now() + 60_000) }

    test.each(['sha256', 'sha384', 'sha512'])('with RSA-PSS and %s holds', async (digest) => {
      const [target, anchor] = signedWith('-sigopt', 'rsa_padding_mode:pss', `-${digest}`)
      await expect(found(target, [anchor], [], later)).resolves.toBeDefined()
    })

    test('with SHA-1 does not, by PKCS #1 or by PSS', async () => {
      for (const options of [['-sha1'], ['-sha1', '-sigopt', 'rsa_padding_mode:pss']]) {
        const [target, anchor] = signedWith(...options)
        await refused(target, [anchor], [], later).toThrow('no path leads')
      }
    })

    test('holds with RSA keys as long as the rules ask for, and not with shorter ones', async () => {
      const [target, anchor] = signedWith('-sha256')
      await expect(found(target, [anchor], [], later)).resolves.toBeDefined()
      await refused(target, [anchor], [], { ...later, leastRsaBits: 3072 }).toThrow(
        /no path|too short/,
      )
    })
  })

  test('is found among certificates in any order, with others between them', async () => {
    const one = await subordinate(root, 'One')
    const two = await subordinate(one, 'Two')
    const three = await subordinate(two, 'Three')
    const target = await leaf(three)
    const stranger = await subordinate(
      await testCa('ECDSA', undefined, subjectFields('Else')),
      'One',
    )
    const bag = [stranger, two, three, one].map(({ certificate }) => certificate)
    for (const order of [bag, bag.toReversed(), [...bag, ...bag, root.certificate]])
      expect((await found(target, [root.certificate], order)).certificates).toHaveLength(5)
    await refused(target, [root.certificate], bag.toSpliced(1, 1)).toThrow('no path leads')
    await refused(root.certificate, [root.certificate]).toThrow('no path leads')
  })

  test('through a certificate that will not do leaves room for another one', async () => {
    const [certificate, again] = [
      await subordinate(root, 'Twice'),
      await subordinate(root, 'Twice'),
    ]
    const expired = await forgeCertificate({ ...certificate, key: root.key }, (template) => ({
      ...template,
      notAfter: Buffer.from(text(0x17, '200101000000Z')),
    }))
    expect(again.certificate).not.toBe(certificate.certificate)
    const target = await leaf(certificate)
    const bag = [expired, again.certificate, certificate.certificate]
    await expect(found(target, [root.certificate], bag)).resolves.toBeDefined()
    await refused(target, [root.certificate], [expired]).toThrow('has expired')
  })

  test('is not looked for without end among CAs that certify each other', async () => {
    const layers = 10
    const each = 4
    let above = root
    const bag: string[] = []
    for (let layer = 0; layer < layers; layer++) {
      const middle = await subordinate(above, `L${layer}`)
      bag.push(middle.certificate)
      for (let copy = 1; copy < each; copy++)
        bag.push(
          await forgeCertificate({ ...middle, key: above.key }, (template) => ({
            ...template,
            serialNumber: integer(BigInt(copy)),
          })),
        )
      above = middle
    }
    const target = await leaf(above)
    await expect(found(target, [root.certificate], bag)).resolves.toBeDefined()
    // Four to the power of ten paths, none of which will do.
    const started = performance.now()
    await refused(target, [root.certificate], bag, { purpose: oids.ocspSigning }).toThrow(
      'too many paths',
    )
    const stranger = await testCa('ECDSA')
    await refused(target, [stranger.certificate], bag).toThrow('no path leads')
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('costs no more than one signature for each certificate of a stranger', async () => {
    const own = await testCa('ECDSA', undefined, subjectFields('Test Root'))
    const rings = await Promise.all(Array.from({ length: 20 }, () => subordinate(own, 'Test Root')))
    const budget = newBudget()
    const before = budget.signatures
    const search = findPath({
      target: parsed(await leaf(own)),
      between: [own, ...rings].map(({ certificate }) => parsed(certificate)),
      anchors: [parsed(root.certificate)],
      rules: usual,
      budget,
    })
    await expect(search).rejects.toThrow('no path leads')
    expect(before - budget.signatures).toBeLessThanOrEqual(22)
  })

  test('never goes round in a circle', async () => {
    const one = await subordinate(root, 'Round A')
    const two = await subordinate(one, 'Round B')
    const back = await forgeCertificate({ ...one, key: two.key }, (template) => ({
      ...template,
      issuer: parsed(two.certificate).subject.raw,
    }))
    const target = await leaf(two)
    await refused(target, [(await testCa('ECDSA')).certificate], [two.certificate, back]).toThrow(
      'no path leads',
    )
    await expect(
      found(target, [root.certificate], [back, two.certificate, one.certificate]),
    ).resolves.toBeDefined()
  })

  test('keeps to the limits of its trusted CA too', async () => {
    const own = (change: (template: Template) => Template) => forgeCertificate(root, change)
    const middle = await subordinate(root, 'Below')
    const target = await leaf(middle)
    const short = await own(
      withExtensions({
        oid: oids.basicConstraints,
        critical: true,
        value: sequence(Buffer.from([1, 1, 255]), integer(0n)),
      }),
    )
    await refused(target, [short], [middle.certificate]).toThrow('longer than a CA above allows')
    await expect(found(await leaf(root), [short])).resolves.toBeDefined()
    const limited = await own(constraints([explicit(4, sequence(setOf(pair('2.5.4.10', 'Org'))))]))
    await refused(await leaf(root), [limited]).toThrow('name constraints')
    const named: Wanted = { subject: [[['O', 'Org']], [['CN', 'jo']]] }
    await expect(found(await leaf(root, named), [limited])).resolves.toBeDefined()
    const ended = await own((template) => ({ ...template, notAfter: text(0x17, '200101000000Z') }))
    await refused(await leaf(root), [ended]).toThrow('has expired')
  })

  test('is for the use that every certificate of it allows', async () => {
    const value = sequence(oid(oids.serverAuth))
    const change = withExtensions({ oid: oids.extKeyUsage, value })
    const servers = await subordinate(root, 'Servers', { change })
    const target = await leaf(servers)
    await refused(target, [root.certificate], [servers.certificate]).toThrow('not for this use')
    const any = withExtensions({
      oid: oids.extKeyUsage,
      value: sequence(oid(oids.anyExtendedKeyUsage)),
    })
    await expect(
      found(await leaf(root, { change: any }), [root.certificate]),
    ).resolves.toBeDefined()
    const onlyAgreement = withExtensions({
      oid: oids.keyUsage,
      critical: true,
      value: Buffer.from([3, 2, 3, 0x08]),
    })
    await refused(await leaf(root, { change: onlyAgreement }), [root.certificate]).toThrow(
      'key usage',
    )
  })

  test('holds to the last second of a certificate and not beyond', async () => {
    const notAfter = new Date(Math.floor(Date.now() / 1000) * 1000 + DAY)
    const target = await leaf(root, { notAfter })
    const at = (ms: number) => ({ at: new Date(notAfter.getTime() + ms) })
    await expect(found(target, [root.certificate], [], at(999))).resolves.toBeDefined()
    await refused(target, [root.certificate], [], at(1000)).toThrow('has expired')
  })

  test('is refused for an extension that stands there twice, or two names of the algorithm', async () => {
    const twice: Wanted['change'] = (template) => ({
      ...template,
      extensions: [...template.extensions, ...template.extensions.slice(0, 1)],
    })
    await refused(await leaf(root, { change: twice }), [root.certificate]).toThrow('twice')
    const versionOne: Wanted['change'] = (template) => ({ ...template, version: 0n })
    await refused(await leaf(root, { change: versionOne }), [root.certificate]).toThrow(
      'not of version 3',
    )
  })

  describe('below a CA with name constraints', () => {
    const below = async (change: (template: Template) => Template) => {
      const ca = await subordinate(root, 'Limited', { change })
      return async (...names: readonly Uint8Array[]) =>
        found(
          await leaf(ca, { change: alternative(...names) }),
          [root.certificate],
          [ca.certificate],
        )
    }
    const not = (path: Promise<unknown>) => expect(path).rejects.toThrow('name constraints')

    test('on addresses', async () => {
      const v6 = [0x20, 1, 0x0d, 0xb8, ...Array<number>(12).fill(0)]
      const mask6 = [255, 255, 255, 255, ...Array<number>(12).fill(0)]
      const v4 = ip(10, 1, 0, 0, 255, 255, 0, 0)
      const within = await below(
        constraints([v4, ip(...v6, ...mask6)], [ip(10, 1, 9, 0, 255, 255, 255, 0)]),
      )
      await expect(within(ip(10, 1, 2, 3), ip(...v6))).resolves.toBeDefined()
      await not(within(ip(10, 2, 2, 3)))
      await not(within(ip(10, 1, 9, 3)))
      await not(within(ip(0x20, 1, 0x0d, 0xb9, ...Array<number>(12).fill(0))))
      await not(within(ip(10, 1, 2)))
    })

    test('on host names, which a wildcard may reach', async () => {
      const within = await below(constraints([dns('example.com')], [dns('secret.example.com')]))
      await expect(within(dns('a.example.com'))).resolves.toBeDefined()
      await not(within(dns('aexample.com')))
      await not(within(dns('x.secret.example.com')))
      await not(within(dns('*.example.com')))
    })

    test('on URIs, of which each needs a host', async () => {
      const within = await below(constraints([uri('.example.com')]))
      await expect(within(uri('https://jo:pw@a.example.com:8443/x?y#z'))).resolves.toBeDefined()
      await not(within(uri('https://example.com/')))
      await not(within(uri('https://evil.com/.example.com')))
      await not(within(uri('https://a.example.com@evil.com/')))
      for (const hostless of [
        'urn:jo',
        'https://10.0.0.1/',
        'https://[::1]/',
        'mailto:jo@example.com',
      ])
        await expect(within(uri(hostless))).rejects.toThrow('names no host')
    })

    test('on names of a kind that nobody here understands', async () => {
      const within = await below(constraints([implicit(8, Buffer.from([42, 3]))]))
      await expect(within(dns('a.example.com'))).resolves.toBeDefined()
      await expect(within(implicit(8, Buffer.from([42, 3])))).rejects.toThrow('not understood')
    })

    test('that say nothing, or something odd, is refused', async () => {
      const within = await below(
        withExtensions({ oid: oids.nameConstraints, critical: true, value: sequence() }),
      )
      await expect(within(dns('a.example.com'))).rejects.toThrow('cannot be read')
    })
  })

  test('with policies that double at every step stays small', async () => {
    const number = (at: number) => oid(`1.3.6.1.4.1.99999.${at}`)
    const policies = withExtensions(
      {
        oid: oids.certificatePolicies,
        value: sequence(...[1, 2].map((at) => sequence(number(at)))),
      },
      {
        oid: oids.policyMappings,
        value: sequence(
          ...[1, 2].flatMap((from) => [1, 2].map((to) => sequence(number(from), number(to)))),
        ),
      },
    )
    let ca = root
    const bag: string[] = []
    for (let layer = 0; layer < 9; layer++) {
      ca = await subordinate(ca, `P${layer}`, { change: policies })
      bag.push(ca.certificate)
    }
    const target = await leaf(ca, {
      change: withExtensions({
        oid: oids.certificatePolicies,
        value: sequence(sequence(number(1))),
      }),
    })
    const path = await found(target, [root.certificate], bag, { initialExplicitPolicy: true })
    expect([...path.policies].sort()).toEqual(['1.3.6.1.4.1.99999.1', '1.3.6.1.4.1.99999.2'])
  })

  test('of bytes that were tampered with is refused and never breaks', async () => {
    const ca = await subordinate(root, 'Tampered')
    const pem = await leaf(ca, {
      change: alternative(dns('a.example.com'), uri('https://a.example.com/')),
    })
    const ders = [pem, ca.certificate].map((one) => new X509Certificate(one).raw)
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 1 }),
        fc.nat({ max: 4000 }),
        fc.integer({ min: 1, max: 255 }),
        async (which, at, change) => {
          const [target, between] = ders.map((der, index) => {
            const copy = Buffer.from(der)
            if (index === which) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ change
            return copy
          }) as [Buffer, Buffer]
          const search = async () =>
            findPath({
              target: orRefused('it', () => parseCertificate(target)),
              between: [orRefused('it', () => parseCertificate(between))],
              anchors: [parsed(root.certificate)],
              rules: usual,
            })
          await expect(search()).rejects.toBeInstanceOf(PathRefused)
        },
      ),
      { numRuns: 1500 },
    )
  })
})

test('a key that is off every curve we believe is refused', async () => {
  const ca = await testCa('ECDSA')
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const spki = (publicKey as KeyObject).export({ type: 'spki', format: 'der' })
  const { cert } = await userCertificate(ca, { change: (template) => ({ ...template, spki }) })
  await refused(cert, [ca.certificate]).toThrow('curve')
})
