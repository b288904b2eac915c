import { execFileSync } from 'node:child_process'
import {
  createCipheriv,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bitString,
  explicit,
  integer,
  nothing,
  octetString,
  oid,
  readDer,
  sequence,
  tlv,
} from '../../crypto/der.ts'
import { derivePkcs12 } from '../../crypto/pkcs12/derive.ts'
import { writePkcs12 } from '../../crypto/pkcs12/write.ts'
import { Fault } from '../../kit/fault.ts'
import { importMaterial } from './index.ts'

const openssl = (...args: readonly string[]) =>
  execFileSync('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] })
const pem = (label: string, der: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`

async function refused(material: string, sentence: string, more = {}) {
  const failure: unknown = await importMaterial({}, { material, ...more }).then(
    ({ spec }) => `it was taken as ${spec.algorithm}`,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(Fault)
  expect(failure).toMatchObject({ kind: 'invalid-parameter' })
  expect(String(failure)).toMatch(new RegExp(sentence))
}

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spki = (pair: { publicKey: KeyObject }) =>
  pair.publicKey.export({ type: 'spki', format: 'der' })
const pkcs8 = (pair: { privateKey: KeyObject }) =>
  pair.privateKey.export({ type: 'pkcs8', format: 'der' })

const rsaNumbers = readDer(rsa.privateKey.export({ type: 'pkcs1', format: 'der' }))
  .children.slice(1)
  .map(({ content }) => BigInt(`0x${Buffer.from(content).toString('hex')}`))
/** A PKCS #1 key with some of its numbers replaced. */
function rsaWith(changes: Record<number, bigint>, version = 0n): string {
  const numbers = rsaNumbers.map((number, index) => changes[index] ?? number)
  return pem('RSA PRIVATE KEY', sequence(integer(version), ...numbers.map(integer)))
}
const rsaPublic = (n: bigint, e: bigint) => pem('RSA PUBLIC KEY', sequence(integer(n), integer(e)))
const at = (index: number): bigint => rsaNumbers[index] ?? 0n
const [N, E, D, P, Q, DP] = [0, 1, 2, 3, 4, 5] as const

describe('a hostile EC key', () => {
  const point = spki(ec)
  const changed = (change: (bytes: Buffer) => void) => {
    const copy = Buffer.from(point)
    change(copy)
    return pem('PUBLIC KEY', copy)
  }
  test('off its curve is refused', () =>
    refused(
      changed((bytes) => bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)),
      'public key',
    ))
  test('at infinity is refused', () =>
    refused(
      pem(
        'PUBLIC KEY',
        sequence(
          sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
          bitString(Buffer.from([0])),
        ),
      ),
      'public key',
    ))
  test('with a coordinate above the prime is refused', () =>
    refused(
      changed((bytes) => bytes.fill(0xff, bytes.length - 32)),
      'public key',
    ))
  test('on a curve of the sender’s own making is refused', async () => {
    const args = ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-param_enc', 'explicit']
    const key = openssl(...args).toString()
    await refused(key, 'curve')
    const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
    await refused(pem('PRIVATE KEY', der), 'curve')
  })
  test('on a curve that is not served is refused', async () => {
    for (const namedCurve of ['secp192k1', 'sect233r1', 'secp112r1'])
      await refused(pem('PRIVATE KEY', pkcs8(generateKeyPairSync('ec', { namedCurve }))), 'curve')
    await refused(
      openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'group:SM2').toString(),
      'curve|kind',
    )
  })
  test('with somebody else’s public point is refused', () => {
    const mixed = Buffer.from(pkcs8(ec))
    spki(other).copy(mixed, mixed.length - 65, spki(other).length - 65)
    return refused(pem('PRIVATE KEY', mixed), 'does not belong|cannot be read')
  })
  test.each([0n, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n])(
    'with the scalar %x is refused',
    (scalar) => {
      const bytes = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex')
      const der = sequence(integer(1n), octetString(bytes), explicit(0, oid('1.2.840.10045.3.1.7')))
      return refused(pem('EC PRIVATE KEY', der), 'private key|public key|point')
    },
  )
  test('with two curves is refused', () => {
    const der = sequence(
      integer(0n),
      sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
      octetString(
        sequence(integer(1n), octetString(randomBytes(32)), explicit(0, oid('1.3.132.0.34'))),
      ),
    )
    return refused(pem('PRIVATE KEY', der), 'private key|curve|public key')
  })
})

describe('a hostile key of curve 25519 or 448', () => {
  const of = (dotted: string, point: Buffer) =>
    pem('PUBLIC KEY', sequence(sequence(oid(dotted)), bitString(point)))
  test.each([
    ['X25519', '1.3.101.110', '00'.repeat(32)],
    ['X25519', '1.3.101.110', `01${'00'.repeat(31)}`],
    ['X25519', '1.3.101.110', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['X25519', '1.3.101.110', `ec${'ff'.repeat(30)}7f`],
    ['X448', '1.3.101.111', '00'.repeat(56)],
    ['X448', '1.3.101.111', `01${'00'.repeat(55)}`],
    ['Ed25519', '1.3.101.112', `01${'00'.repeat(31)}`],
    ['Ed25519', '1.3.101.112', `ec${'ff'.repeat(30)}7f`],
    ['Ed448', '1.3.101.113', `01${'00'.repeat(56)}`],
    ['Ed448', '1.3.101.113', '00'.repeat(57)],
  ])('%s of small order is refused (%s, %s)', (_name, dotted, point) =>
    refused(of(dotted, Buffer.from(point, 'hex')), 'small order'),
  )
  test('of another length is refused', () =>
    refused(of('1.3.101.112', randomBytes(31)), 'public key'))
})

describe('a hostile RSA key', () => {
  test('is taken as long as nothing is changed', async () => {
    expect((await importMaterial({}, { material: rsaWith({}) })).spec.size).toBe(2048)
  })
  test.each([
    ['an even modulus', rsaPublic(at(N) - 1n, at(E)), 'modulus'],
    ['a small factor', rsaPublic(at(N) + 2n * (at(N) % 3n), at(E)), 'factor'],
    ['exponent 1', rsaPublic(at(N), 1n), 'exponent'],
    ['exponent 3', rsaPublic(at(N), 3n), 'exponent'],
    ['an even exponent', rsaPublic(at(N), 65538n), 'exponent'],
    ['a modulus of 512 bits', rsaPublic((1n << 511n) + 111n, at(E)), '512'],
    ['a modulus of 1024 bits', rsaPublic((1n << 1023n) + 111n, at(E)), '1024'],
    ['a modulus of 2047 bits', rsaPublic((1n << 2046n) + 111n, at(E)), '2047'],
    ['a modulus of 5000 bits', rsaPublic((1n << 4999n) + 111n, at(E)), '5000'],
    ['a modulus of 80000 bits', rsaPublic((1n << 79999n) + 111n, at(E)), '8192 bits'],
    ['an exponent of 80000 bits', rsaPublic(at(N), (1n << 79999n) + 111n), '8192 bits'],
    ['another d', rsaWith({ [D]: at(D) + 2n }), 'together|read'],
    ['another dp', rsaWith({ [DP]: at(DP) + 2n }), 'together|read'],
    ['another coefficient', rsaWith({ 7: at(7) + 1n }), 'together|read'],
    ['another prime', rsaWith({ [P]: at(P) + 2n }), 'together|read'],
    ['a prime of zero', rsaWith({ [P]: 0n }), 'together|read'],
    ['a prime of one', rsaWith({ [P]: 1n, [Q]: at(N) }), 'together|read|unlike'],
    ['equal primes', rsaWith({ [Q]: at(P), [N]: at(P) * at(P) }), 'RSA|together|read'],
    ['three primes', rsaWith({}, 1n), 'read|primes'],
    ['an unknown version', rsaWith({}, 7n), 'read|primes'],
  ])('with %s is refused', (_name, material, sentence) => refused(material, sentence))

  test('for PSS alone, and keys of DSA and Diffie-Hellman, are refused', async () => {
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
    await refused(pem('PRIVATE KEY', pkcs8(pss)), 'kind')
    const dh = openssl('genpkey', '-algorithm', 'DH', '-pkeyopt', 'group:modp_2048').toString()
    await refused(dh, 'kind')
    const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
    await refused(pem('PRIVATE KEY', pkcs8(dsa)), 'kind')
  })

  test('whose primes are composite is refused, though its numbers fit', async () => {
    const [a, b] = [composite(), composite()]
    const [p, q] = a > b ? [a, b] : [b, a]
    const d = inverse(65537n, (p - 1n) * (q - 1n))
    const [dp, dq, coefficient] = [d % (p - 1n), d % (q - 1n), inverse(q, p)]
    const changes = { 0: p * q, 2: d, 3: p, 4: q, 5: dp, 6: dq, 7: coefficient }
    await refused(rsaWith(changes), 'together|read')
  })
})

/** The inverse of x modulo m by Euclid's algorithm; 0 when there is none. */
function inverse(x: bigint, m: bigint): bigint {
  let [a, b, u, v] = [m, x % m, 0n, 1n]
  while (b > 0n) {
    const quotient = a / b
    ;[a, b, u, v] = [b, a - quotient * b, v, u - quotient * v]
  }
  return a === 1n ? ((u % m) + m) % m : 0n
}

function composite(): bigint {
  for (;;) {
    const [one, two] = [0, 1].map(() => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
      const [, , , , p] = readDer(privateKey.export({ type: 'pkcs1', format: 'der' })).children
      return BigInt(`0x${Buffer.from(p?.content ?? []).toString('hex')}`)
    }) as [bigint, bigint]
    const made = one * two
    if (made.toString(2).length === 1024 && inverse(65537n, made - 1n) !== 0n) return made
  }
}

describe('hostile encodings', () => {
  const good = pkcs8(ec)
  test.each([
    ['bytes after the end', Buffer.concat([good, Buffer.from([0])])],
    [
      'an indefinite length',
      Buffer.concat([Buffer.from([0x30, 0x80]), good.subarray(3), Buffer.from([0, 0])]),
    ],
    [
      'a length that is not the shortest',
      Buffer.concat([Buffer.from([0x30, 0x82, 0]), good.subarray(2)]),
    ],
    ['a length past the end', good.subarray(0, good.length - 1)],
    ['nothing', Buffer.from([0x30, 0])],
    [
      'a thousand levels',
      Array.from({ length: 1000 }).reduce<Buffer>((inner) => tlv(0x30, inner), nothing),
    ],
    [
      'a version of 2',
      Buffer.from(good).fill(
        2,
        good.indexOf('020100', 'hex') + 2,
        good.indexOf('020100', 'hex') + 3,
      ),
    ],
    ['a million zeros', Buffer.alloc(20_000)],
  ])('with %s are refused', (_name, der) => refused(pem('PRIVATE KEY', der), 'private key'))

  test.each([
    ['an encrypted key', pem('ENCRYPTED PRIVATE KEY', good), 'encrypted'],
    [
      'an old encrypted key',
      `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----`,
      'encrypted',
    ],
    ['two keys', pem('PRIVATE KEY', good) + pem('PRIVATE KEY', good), 'not one key'],
    ['parameters alone', pem('EC PARAMETERS', oid('1.3.132.0.34')), 'not one key'],
    ['no end', '-----BEGIN PRIVATE KEY-----\nAAAA', 'END'],
    ['another label', pem('OPENSSH PRIVATE KEY', good), 'OPENSSH'],
    ['a public key under a private label', pem('PRIVATE KEY', spki(ec)), 'private key'],
  ])('with %s are refused', (_name, material, sentence) => refused(material, sentence))

  test('that were changed anywhere give a sentence or a sound key, never another failure', async () => {
    const sources = [
      pkcs8(ec),
      pkcs8(rsa),
      spki(ec),
      spki(rsa),
      pkcs8(generateKeyPairSync('ml-kem-512')),
      pkcs8(generateKeyPairSync('ed25519')),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sources),
        fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        async (source, changes) => {
          const copy = Buffer.from(source)
          for (const [place, value] of changes) copy[place % copy.length] = value
          await importMaterial({ algorithm: 'rsa' }, { material: copy.toString('hex') }).catch(
            (error: unknown) => {
              expect(error).toMatchObject({ kind: 'invalid-parameter' })
            },
          )
        },
      ),
      { numRuns: 600 },
    )
  })
})

describe('a hostile post-quantum key', () => {
  test('of ML-KEM with values above the modulus is refused (FIPS 203 §7.2)', () => {
    const der = Buffer.from(spki(generateKeyPairSync('ml-kem-768')))
    der.fill(0xff, der.length - 1184, der.length - 1100)
    return refused(pem('PUBLIC KEY', der), 'public key')
  })
  test('of SLH-DSA whose root is another tree’s is refused', () => {
    const der = Buffer.from(pkcs8(generateKeyPairSync('slh-dsa-sha2-128f')))
    der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1)
    return refused(pem('PRIVATE KEY', der), 'does not belong|cannot be read')
  })
})

describe('a hostile PKCS #12 archive', () => {
  const archive = (bytes: Uint8Array, password = 'secret') => ({
    material: Buffer.from(bytes).toString('base64'),
    more: { format: 'pkcs12', password },
  })
  const data = '1.2.840.113549.1.7.1'
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nothing)
  const withMac = (safe: Uint8Array, iterations: bigint) =>
    sequence(
      integer(3n),
      sequence(oid(data), explicit(0, octetString(safe))),
      sequence(
        sequence(sha256, octetString(randomBytes(32))),
        octetString(randomBytes(8)),
        integer(iterations),
      ),
    )

  test.each([0n, 1_000_001n, 1n << 31n, 1n << 64n, -1n])(
    'that asks for %d iterations is refused',
    async (count) => {
      const number = count < 0n ? Buffer.from([2, 1, 0xff]) : integer(count)
      const whole = readDer(withMac(sequence(), 77n))
      const bytes = Buffer.from(whole.raw)
      const place = bytes.lastIndexOf(integer(77n))
      const grown = Buffer.concat([bytes.subarray(0, place), number])
      // Lengths are those of the shorter number: written anew around it.
      const mac = readDer(withMac(sequence(), 77n)).children[2]
      const rebuilt = sequence(
        ...whole.children.slice(0, 2).map(({ raw }) => raw),
        sequence(...(mac?.children.slice(0, 2).map(({ raw }) => raw) ?? []), grown.subarray(place)),
      )
      const { material, more } = archive(rebuilt)
      await refused(material, 'iterations', more)
    },
  )

  test('whose checksum is missing is refused', () => {
    const { material, more } = archive(
      sequence(integer(3n), sequence(oid(data), explicit(0, octetString(sequence())))),
    )
    return refused(material, 'checksum', more)
  })

  test('that is cut, changed or of another password is refused', async () => {
    const bytes = await writePkcs12({ key: pkcs8(ec) }, 'secret')
    const good = archive(bytes)
    expect(
      (await importMaterial({}, { material: good.material, ...good.more })).spec.algorithm,
    ).toBe('EC')
    await refused(good.material, 'password', { format: 'pkcs12', password: 'Secret' })
    await refused(good.material, 'password', { format: 'pkcs12' })
    await refused(archive(bytes.subarray(0, -1)).material, 'archive', good.more)
    const changed = Buffer.from(bytes)
    changed.writeUInt8((changed[150] ?? 0) ^ 1, 150)
    await refused(archive(changed).material, 'archive', good.more)
    await refused('AAAA', 'archive', good.more)
    await refused('!', 'base64', good.more)
    await refused(good.material, 'longer', { format: 'pkcs12', password: 'x'.repeat(2000) })
  })

  test('that asks for a million iterations again and again is refused before its work hurts', async () => {
    const [salt, iv] = [randomBytes(8), randomBytes(16)]
    const key = pbkdf2Sync('secret', salt, 1_000_000, 16, 'sha1')
    const cipher = createCipheriv('aes-128-cbc', key, iv)
    const sealed = Buffer.concat([cipher.update(pkcs8(ec)), cipher.final()])
    const derivation = sequence(
      oid('1.2.840.113549.1.5.12'),
      sequence(octetString(salt), integer(1_000_000n)),
    )
    const scheme = sequence(oid('2.16.840.1.101.3.4.1.2'), octetString(iv))
    const algorithm = sequence(oid('1.2.840.113549.1.5.13'), sequence(derivation, scheme))
    const bag = sequence(
      oid('1.2.840.113549.1.12.10.1.2'),
      explicit(0, sequence(algorithm, octetString(sealed))),
    )
    const bags = Array.from({ length: 200 }, () => bag)
    const content = sequence(oid(data), explicit(0, octetString(sequence(...bags))))
    const safe = sequence(content)
    const macSalt = randomBytes(8)
    const asked = { salt: macSalt, iterations: 1, length: 32 }
    const macKey = await derivePkcs12(['sha256', 64], 3, 'secret', asked)
    const mac = createHmac('sha256', macKey).update(safe).digest()
    const bomb = sequence(
      integer(3n),
      sequence(oid(data), explicit(0, octetString(safe))),
      sequence(sequence(sha256, octetString(mac)), octetString(macSalt), integer(1n)),
    )
    const { material, more } = archive(bomb)
    await refused(material, 'in all|more than 4 keys', more)
  }, 20_000)

  test('with a weak key in it is refused like the key alone', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const { material, more } = archive(await writePkcs12({ key: pkcs8(weak) }, 'secret'))
    await refused(material, '1024', more)
  })
})
