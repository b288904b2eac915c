import { execFileSync } from 'node:child_process'
import { createCipheriv, createPrivateKey, sign, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  algorithms,
  can,
  checkValue,
  cipherName,
  createKeyGenerator,
  curves,
  defaultMask,
  exportMaterial,
  fingerprints,
  importBytes,
  importMaterial,
  type KeyGenerator,
  type KeySpec,
  keyObject,
  type Material,
  objectTypeOf,
  publicHalf,
  publicKeyObject,
  publicKeyPem,
  readPassword,
  readPublicKey,
  readSpec,
  slhDsaSets,
} from './index.ts'

let generator: KeyGenerator
let folder: string
beforeAll(() => {
  generator = createKeyGenerator()
  folder = mkdtempSync(join(tmpdir(), 'keystead-material-'))
})
afterAll(async () => {
  await generator.close()
  rmSync(folder, { recursive: true })
})

const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder })
const put = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(folder, name), content)

const symmetric: readonly KeySpec[] = Object.entries(algorithms).flatMap(([algorithm, row]) =>
  row.isAsymmetric || algorithm === 'SEED' || row.family === 'opaque'
    ? []
    : (row.sizes.length > 0 ? row.sizes : [128, 160, 256]).map((size) =>
        readSpec({ algorithm, size }),
      ),
)
const xts: readonly KeySpec[] = [128, 256].map((size) =>
  readSpec({ algorithm: 'aes', size, xts: true }),
)
const pairs: readonly KeySpec[] = [
  readSpec({ algorithm: 'rsa' }),
  ...Object.keys(curves).map((curveid) => readSpec({ algorithm: 'ec', curveid })),
  ...[512, 768, 1024].map((size) => readSpec({ algorithm: 'ml-kem', size })),
  ...[44, 65, 87].map((size) => readSpec({ algorithm: 'ml-dsa', size })),
  ...['sha2-128f', 'shake-128f'].map((curveid) => readSpec({ algorithm: 'slh-dsa', curveid })),
]
const named = (specs: readonly KeySpec[]) =>
  specs.map(
    (spec) =>
      [`${spec.algorithm} ${spec.curve ?? spec.size}${spec.xts ? ' XTS' : ''}`, spec] as const,
  )
const bytesOf = ({ secret }: Material) => secret.reveal().toString('hex')

describe('what a request asks for', () => {
  test('is AES 256 when it says nothing, and is read in any case', () => {
    expect(readSpec({})).toEqual({ algorithm: 'AES', size: 256 })
    expect(readSpec({ algorithm: 'aes', size: null, curveid: null, xts: false })).toEqual(
      readSpec({}),
    )
    expect(readSpec({ algorithm: 'Hmac-Sha1' })).toEqual({ algorithm: 'HMAC-SHA1', size: 160 })
    expect(readSpec({ algorithm: 'tdes' }).size).toBe(192)
    expect(readSpec({ algorithm: 'ec' }).curve).toBe('secp384r1')
    expect(readSpec({ algorithm: 'EC', size: 256 }).curve).toBe('prime256v1')
    expect(readSpec({ algorithm: 'rsa' }).size).toBe(2048)
    expect(readSpec({ algorithm: 'ML-KEM-1024' })).toEqual({ algorithm: 'ML-KEM', size: 1024 })
    expect(readSpec({ algorithm: 'x25519' })).toEqual({
      algorithm: 'EC',
      size: 256,
      curve: 'curve25519',
    })
    expect(readSpec({ algorithm: 'SLH-DSA', curveid: 'SHAKE-192f' })).toMatchObject({ size: 192 })
    expect(slhDsaSets).toHaveLength(12)
  })

  test.each([
    [{ algorithm: 'blowfish' }, '"blowfish"'],
    [{ algorithm: '__proto__' }, '"__proto__"'],
    [{ algorithm: 'aes', size: 100 }, '128, 192, 256'],
    [{ algorithm: 'aes', size: 192, xts: true }, '128 or 256'],
    [{ algorithm: 'aria', xts: true }, 'no two halves'],
    [{ algorithm: 'aes', curveid: 'prime256v1' }, 'no curve'],
    [{ algorithm: 'rsa', size: 512 }, '1024'],
    [{ algorithm: 'rsa', size: 1024 }, '2048'],
    [{ algorithm: 'rsa', size: 2049 }, '2048'],
    [{ algorithm: 'ec', curveid: 'secp256r1' }, '"secp256r1"'],
    [{ algorithm: 'ec', curveid: 'secp384r1', size: 256 }, '384'],
    [{ algorithm: 'ml-dsa-65', size: 87 }, 'does not go with'],
    [{ algorithm: 'ed25519', curveid: 'ed448' }, 'does not go with'],
    [{ algorithm: 'hmac-sha1', size: 120 }, 'octets'],
    [{ algorithm: 'hmac-sha1', size: 129 }, 'octets'],
    [{ algorithm: 'slh-dsa', curveid: 'sha3-128s' }, 'parameter sets'],
  ])('is refused when it is none: %o', (fields, sentence) => {
    expect(() => readSpec(fields)).toThrow(sentence)
    expect(() => readSpec(fields)).toThrow(expect.objectContaining({ kind: 'invalid-parameter' }))
  })

  test('may be RSA 1024 where the operator allows it, and never 512', () => {
    const rules = { allowRsa1024: true }
    expect(readSpec({ algorithm: 'rsa', size: 1024 }, rules).size).toBe(1024)
    expect(() => readSpec({ algorithm: 'rsa', size: 512 }, rules)).toThrow('512')
  })

  test('of a cipher that this OpenSSL lacks is answered as not built', () => {
    expect(() => readSpec({ algorithm: 'seed' })).toThrow(
      expect.objectContaining({ kind: 'not-built' }),
    )
    expect(() => readSpec({ algorithm: 'SEED' })).toThrow('OpenSSL')
  })

  test('names what a key can do and the mask it gets', () => {
    expect(defaultMask(readSpec({}))).toBe(60)
    expect(defaultMask(readSpec({ xts: true }))).toBe(12)
    expect(defaultMask(readSpec({ algorithm: 'hmac-sha256' }))).toBe(384)
    expect(defaultMask(readSpec({ algorithm: 'rsa' }), true)).toBe(22)
    expect(defaultMask(readSpec({ algorithm: 'ed25519' }))).toBe(1)
    expect(defaultMask(readSpec({ algorithm: 'x25519' }), true)).toBe(2048)
    expect(can(readSpec({}), 'hide')).toBe(true)
    expect(can(readSpec({ xts: true }), 'wrap')).toBe(false)
    expect(can(readSpec({ algorithm: 'rsa' }), 'sign', true)).toBe(false)
    expect(can(readSpec({ algorithm: 'x25519' }), 'sign')).toBe(false)
    expect(can(readSpec({ algorithm: 'ed25519' }), 'derive')).toBe(false)
    expect(can(readSpec({ algorithm: 'ml-kem' }), 'encapsulate', true)).toBe(true)
  })

  test('names modes of ciphers, and refuses the ones a key must not have', () => {
    expect(cipherName(readSpec({}), 'GCM')).toBe('aes-256-gcm')
    expect(cipherName(readSpec({ size: 128, xts: true }), 'xts')).toBe('aes-128-xts')
    expect(cipherName(readSpec({}), 'CBC_CS1')).toBe('aes-256-cbc-cts')
    expect(cipherName(readSpec({ algorithm: 'tdes', size: 128 }), 'cbc')).toBe('des-ede-cbc')
    expect(() => cipherName(readSpec({}), 'xts')).toThrow('mode')
    expect(() => cipherName(readSpec({ xts: true }), 'gcm')).toThrow('mode')
    expect(() => cipherName(readSpec({ algorithm: 'tdes' }), 'gcm')).toThrow('mode')
    expect(() => cipherName(readSpec({ algorithm: 'rsa' }), 'ecb')).toThrow('mode')
    expect(() => cipherName(readSpec({}), 'wrap')).toThrow('mode')
  })
})

describe('a symmetric key', () => {
  test.each(named([...symmetric, ...xts]))(
    '%s goes out and comes back in every format',
    async (_name, spec) => {
      const material = await generator.generate(spec)
      expect(material.secret.length * 8).toBe(spec.size * (spec.xts ? 2 : 1))
      expect(objectTypeOf(material.form)).toBe('Symmetric Key')
      const { algorithm, size } = spec
      for (const fields of [
        {},
        { format: 'raw' },
        { format: 'opaque' },
        { encoding: 'base64' },
        { format: 'base64' },
      ]) {
        const out = await exportMaterial(spec, material, { ...fields, combineXts: true })
        const back = await importMaterial(
          { algorithm, xts: spec.xts },
          { ...fields, material: out.material },
        )
        expect(back.spec).toEqual(spec)
        expect(bytesOf(back.material)).toBe(bytesOf(material))
        const sized = { algorithm, size, xts: spec.xts }
        expect((await importMaterial(sized, { ...fields, material: out.material })).spec).toEqual(
          spec,
        )
      }
      expect((await exportMaterial(spec, material, { combineXts: true })).material).toBe(
        bytesOf(material),
      )
      await expect(exportMaterial(spec, material, { format: 'pkcs8' })).rejects.toThrow('format')
      expect(keyObject(material).export().toString('hex')).toBe(bytesOf(material))
      expect(fingerprints(material).sha256).toHaveLength(64)
    },
  )

  test('with XTS is exported by halves unless both are asked for', async () => {
    const spec = readSpec({ size: 128, xts: true })
    const material = await generator.generate(spec)
    const both = (await exportMaterial(spec, material, { combineXts: true })).material
    expect((await exportMaterial(spec, material)).material).toBe(both.slice(0, 32))
    const cipher = createCipheriv('aes-128-xts', keyObject(material), Buffer.alloc(16))
    expect(cipher.update(Buffer.alloc(32))).toHaveLength(32)
  })

  test('with XTS whose halves are the same is refused', async () => {
    const material = '00112233445566778899aabbccddeeff'.repeat(2)
    await expect(importMaterial({ xts: true }, { material })).rejects.toThrow('halves')
    expect((await importMaterial({}, { material })).spec.size).toBe(256)
  })

  test('of TDES has odd parity, whoever made it, and three DES keys that differ', async () => {
    const isOdd = (byte: number) => byte.toString(2).replaceAll('0', '').length % 2 === 1
    const { secret } = await generator.generate(readSpec({ algorithm: 'tdes' }))
    expect([...secret.reveal()].every(isOdd)).toBe(true)
    const given = '0022446688aaccee113355779900bbdd1234567890abcdef'
    const { material, spec } = await importMaterial({ algorithm: 'TDES' }, { material: given })
    expect(spec.size).toBe(192)
    expect([...material.secret.reveal()].every(isOdd)).toBe(true)
    const tdes = (material: string) => importMaterial({ algorithm: 'tdes' }, { material })
    const same = '0022446688aaccee'
    await expect(tdes(same + same)).rejects.toThrow('single DES')
    await expect(tdes(`${same}0123446789aaccef${'0123446789aaccef'}`)).rejects.toThrow('single DES')
    await expect(tdes(`${same}0000000000000000`)).rejects.toThrow('weak')
    // The parity bit is no difference.
    await expect(tdes('0022446688aaccee0123456789abcdef')).rejects.toThrow('single DES')
  })

  test('has a check value, the first octets of a block of zeros', async () => {
    const kcv = async (algorithm: string, material: string, xts = false) => {
      const read = await importMaterial({ algorithm, xts }, { material })
      return checkValue(read.spec, read.material)
    }
    expect(await kcv('aes', '00'.repeat(16))).toBe('66e94b')
    expect(await kcv('aes', '00'.repeat(32))).toBe('dc95c0')
    expect(await kcv('aes', `${'00'.repeat(16)}${'01'.repeat(16)}`, true)).toBe('66e94b')
    expect(await kcv('tdes', '0123456789abcdeffedcba9876543210')).toBe('08d7b4')
    put('zeros', Buffer.alloc(16))
    const aria = '00112233445566778899aabbccddeeff'
    const own = openssl('enc', '-aria-128-ecb', '-nopad', '-K', aria, '-in', 'zeros').toString(
      'hex',
    )
    expect(await kcv('aria', aria)).toBe(own.slice(0, 6))
    await expect(kcv('hmac-sha256', '01'.repeat(32))).rejects.toThrow('no check value')
  })

  test.each([
    ['xyz', {}, 'hex'],
    ['00112', {}, 'hex'],
    ['', {}, 'size'],
    ['00'.repeat(15), {}, 'size'],
    ['00'.repeat(16), { size: 256 }, '128 bits'],
    ['AAAA', { encoding: 'base64' }, 'size'],
    ['AAAAAAAAAAAAAAAAAAAAAB==', { encoding: 'base64' }, 'base64'],
    ['00'.repeat(16), { encoding: 'rot13' }, 'rot13'],
    ['00'.repeat(16), { format: 'jks' }, 'jks'],
    ['0'.repeat(600_000), {}, 'longer'],
  ])('that is no key is refused: %s', async (material, fields, sentence) => {
    const { size, ...rest } = fields as { size?: number; encoding?: string; format?: string }
    const attempt = importMaterial({ algorithm: 'aes', size }, { material, ...rest })
    await expect(attempt).rejects.toThrow(sentence)
    await expect(attempt).rejects.toMatchObject({ kind: 'invalid-parameter' })
  })
})

test('an opaque object is kept as it came', async () => {
  const { spec, material } = await importMaterial({ algorithm: 'opaque' }, { material: 'c0ffee' })
  expect([spec.size, material.form]).toEqual([24, 'opaque'])
  expect(await exportMaterial(spec, material)).toEqual({ material: 'c0ffee', format: 'opaque' })
  const text = await exportMaterial(spec, material, { encoding: 'base64' })
  expect(text).toEqual({ material: 'wP/u', format: 'opaque', encoding: 'base64' })
})

describe('a key pair', () => {
  test.each(named(pairs))('%s goes out and comes back in every format', async (_name, spec) => {
    const material = await generator.generate(spec)
    expect(objectTypeOf(material.form)).toBe('Private Key')
    const own = { algorithm: spec.algorithm, size: spec.size, curveid: spec.curve }
    const { curveid } = own
    const fields =
      curveid === undefined ? { algorithm: own.algorithm } : { algorithm: own.algorithm, curveid }
    const isEc = spec.curve !== undefined && curves[spec.curve]?.type === 'ec'
    const hasTraditional = spec.algorithm === 'RSA' || isEc
    const formats = ['pkcs8', ...(hasTraditional ? ['pkcs1'] : ['raw'])]
    for (const format of formats) {
      const out = await exportMaterial(spec, material, { format })
      expect(out.format).toBe(format)
      for (const asked of format === 'raw' ? [own] : [{}, fields, own]) {
        const hint = format === 'raw' ? { format } : {}
        const back = await importMaterial(asked, { material: out.material, ...hint })
        expect(back.spec).toEqual(spec)
        expect(bytesOf(back.material)).toBe(bytesOf(material))
        expect(publicKeyPem(back.material)).toBe(publicKeyPem(material))
      }
    }
    for (const encoding of ['hex', 'base64'])
      for (const format of hasTraditional ? ['pkcs8', 'pkcs1'] : ['pkcs8']) {
        const out = await exportMaterial(spec, material, { encoding, format })
        const back = await importMaterial(fields, out)
        expect(bytesOf(back.material)).toBe(bytesOf(material))
        const shown = await exportMaterial(spec, publicHalf(material), { encoding })
        expect((await importMaterial(fields, shown)).material.form).toBe('spki')
      }
    const other = spec.algorithm === 'RSA' ? 'ec' : 'rsa'
    const pem = await exportMaterial(spec, material)
    await expect(importMaterial({ algorithm: other }, pem)).rejects.toThrow('material is a key of')

    const half = publicHalf(material)
    expect(objectTypeOf(half.form)).toBe('Public Key')
    expect(fingerprints(half)).toEqual(fingerprints(material))
    for (const format of spec.algorithm === 'RSA' ? ['pkcs8', 'pkcs1'] : ['pkcs8']) {
      const out = await exportMaterial(spec, half, { format })
      const back = await importMaterial(fields, out)
      expect([back.spec, back.material.form]).toEqual([spec, 'spki'])
      expect(bytesOf(back.material)).toBe(bytesOf(half))
      expect((await readPublicKey(out.material)).type).toBe('public')
    }
  })

  test.each(named(pairs.filter((spec) => can(spec, 'sign'))))(
    '%s signs what its public half verifies',
    async (_name, spec) => {
      const material = await generator.generate(spec)
      const digest =
        spec.algorithm === 'RSA' || curves[spec.curve ?? '']?.type === 'ec' ? 'sha256' : null
      const data = Buffer.from('data')
      const signature = sign(digest, data, keyObject(material))
      expect(verify(digest, data, keyObject(publicHalf(material)), signature)).toBe(true)
    },
  )

  test.each(
    named(
      pairs.filter(
        ({ algorithm, curve }) => algorithm === 'RSA' || (algorithm === 'EC' && curve !== 'none'),
      ),
    ),
  )(
    '%s is read by openssl as PKCS #8, and what openssl makes is read here',
    async (_name, spec) => {
      const material = await generator.generate(spec)
      put('key.pem', (await exportMaterial(spec, material)).material)
      const der = openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'key.pem', '-outform', 'DER')
      expect(openssl('pkey', '-in', 'key.pem', '-pubout').toString()).toBe(publicKeyPem(material))
      const back = await importMaterial(
        { algorithm: spec.algorithm },
        { material: der.toString('hex'), encoding: 'hex' },
      )
      expect(back.spec).toEqual(spec)
      expect(bytesOf(back.material)).toBe(bytesOf(material))
    },
  )

  test('of EC that openssl writes with its parameters before it is read', async () => {
    const pem = openssl('ecparam', '-name', 'prime256v1', '-genkey').toString()
    expect(pem).toContain('EC PARAMETERS')
    expect((await importMaterial({ algorithm: 'ec' }, { material: pem })).spec.curve).toBe(
      'prime256v1',
    )
  })

  test('whose point is compressed is kept in the one form that everybody reads', async () => {
    put('ec.pem', openssl('ecparam', '-name', 'secp384r1', '-genkey', '-noout'))
    const args = ['ec', '-in', 'ec.pem', '-pubout']
    const whole = await importMaterial({}, { material: openssl(...args).toString() })
    const material = openssl(...args, '-conv_form', 'compressed').toString()
    const compressed = await importMaterial({}, { material })
    expect(bytesOf(compressed.material)).toBe(bytesOf(whole.material))
    expect(fingerprints(compressed.material)).toEqual(fingerprints(whole.material))
  })

  test.each([
    ['ml-kem', 512, ml_kem512],
    ['ml-kem', 768, ml_kem768],
    ['ml-kem', 1024, ml_kem1024],
    ['ml-dsa', 44, ml_dsa44],
    ['ml-dsa', 65, ml_dsa65],
    ['ml-dsa', 87, ml_dsa87],
  ] as const)(
    '%s %i of a seed is the one that @noble/post-quantum makes of it',
    async (algorithm, size, noble) => {
      const seed = Buffer.alloc(algorithm === 'ml-kem' ? 64 : 32, 7)
      const read = await importMaterial(
        { algorithm, size },
        { material: seed.toString('hex'), format: 'raw' },
      )
      const { publicKey } = noble.keygen(Uint8Array.from(seed))
      const own = Buffer.from(read.material.publicSpki ?? [])
      expect(own.subarray(own.length - publicKey.length).equals(publicKey)).toBe(true)
    },
  )
})

describe('a certificate', () => {
  test('is read as PEM and as DER, with its key beside it', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=a',
    )
    const pem = readFileSync(join(folder, 'ca.pem'), 'utf8')
    const der = openssl('x509', '-in', 'ca.pem', '-outform', 'DER')
    const read = await importMaterial({}, { material: pem, objectType: 'Certificate' })
    expect(read.spec).toEqual({ algorithm: 'EC', size: 256, curve: 'prime256v1' })
    expect(objectTypeOf(read.material.form)).toBe('Certificate')
    const again = await importMaterial({}, { material: der.toString('hex'), certType: 'x509-der' })
    expect(bytesOf(again.material)).toBe(der.toString('hex'))
    expect((await exportMaterial(read.spec, read.material)).material).toBe(pem)
    const hex = await exportMaterial(read.spec, read.material, { certType: 'x509-der' })
    expect(hex.material).toBe(der.toString('hex'))
    expect(publicKeyObject(read.material).asymmetricKeyType).toBe('ec')
    const printed = openssl('x509', '-in', 'ca.pem', '-noout', '-fingerprint', '-sha256').toString()
    const shown = printed
      .slice(printed.indexOf('=') + 1)
      .replaceAll(':', '')
      .trim()
      .toLowerCase()
    expect(fingerprints(read.material).sha256).toBe(shown)
    await expect(importMaterial({}, { material: pem, certType: 'x509-der' })).rejects.toThrow(
      'x509-der',
    )
    await expect(importMaterial({}, { material: pem, certType: 'pgp' })).rejects.toThrow('pgp')
    await expect(importMaterial({}, { material: pem + pem, certType: 'x509-pem' })).rejects.toThrow(
      'one certificate',
    )
    await expect(
      importMaterial({}, { material: '3003020101', certType: 'x509-der' }),
    ).rejects.toThrow('certificate')
    await expect(
      importMaterial({ algorithm: 'rsa' }, { material: pem, certType: 'x509-pem' }),
    ).rejects.toThrow('key of EC')
  })
})

describe('a PKCS #12 archive', () => {
  const password = 'pässword'
  const fields = { format: 'pkcs12', password }

  test.each(
    named([
      pairs[0],
      ...pairs.filter(({ algorithm }) => algorithm === 'EC').slice(0, 8),
    ] as KeySpec[]),
  )('of %s comes back, and openssl opens it', async (_name, spec) => {
    const material = await generator.generate(spec)
    const out = await exportMaterial(spec, material, { ...fields, friendlyName: 'naïve' })
    expect(out).toMatchObject({ format: 'pkcs12', encoding: 'base64' })
    const back = await importMaterial(
      { algorithm: spec.algorithm },
      { ...fields, material: out.material },
    )
    expect(bytesOf(back.material)).toBe(bytesOf(material))
    put('archive.p12', Buffer.from(out.material, 'base64'))
    const seen = openssl(
      'pkcs12',
      '-in',
      'archive.p12',
      '-nodes',
      '-passin',
      `pass:${password}`,
    ).toString()
    const pem = seen.slice(seen.indexOf('-----BEGIN'))
    const key = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
    expect(key.toString('hex')).toBe(bytesOf(material))
    expect(seen).toContain('na')
  })

  test('with certificates that openssl wrote gives them back with the key', async () => {
    put(
      'cert.key',
      (
        await exportMaterial(
          readSpec({ algorithm: 'rsa' }),
          await generator.generate(readSpec({ algorithm: 'rsa' })),
        )
      ).material,
    )
    openssl('req', '-x509', '-key', 'cert.key', '-out', 'cert.pem', '-subj', '/CN=b')
    for (const extra of [
      [],
      ['-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'],
    ]) {
      openssl(
        'pkcs12',
        '-export',
        '-inkey',
        'cert.key',
        '-in',
        'cert.pem',
        '-passout',
        'pass:secret',
        '-out',
        'b.p12',
        ...extra,
      )
      const material = readFileSync(join(folder, 'b.p12')).toString('base64')
      const read = await importMaterial(
        { algorithm: 'rsa' },
        { format: 'pkcs12', password: 'secret', material },
      )
      expect(read.certificates).toHaveLength(1)
      const { certificates = [] } = read
      const out = await exportMaterial(read.spec, read.material, { ...fields, certificates })
      put('c.p12', Buffer.from(out.material, 'base64'))
      const shown = openssl(
        'pkcs12',
        '-in',
        'c.p12',
        '-nokeys',
        '-passin',
        `pass:${password}`,
      ).toString()
      expect(shown).toContain(readFileSync(join(folder, 'cert.pem'), 'utf8').trim())
      await expect(
        importMaterial({}, { format: 'pkcs12', password: 'wrong', material }),
      ).rejects.toThrow('password')
    }
  })

  test('needs a password and a private key', async () => {
    const spec = readSpec({ algorithm: 'ed25519' })
    const material = await generator.generate(spec)
    await expect(exportMaterial(spec, material, { format: 'pkcs12' })).rejects.toThrow('password')
    const aes = await generator.generate(readSpec({}))
    await expect(exportMaterial(readSpec({}), aes, fields)).rejects.toThrow('private keys')
    expect(readPassword('cMOkc3N3b3Jk')).toBe('pässword')
    expect(readPassword('70c3a4', 'hex')).toBe('pä')
    expect(() => readPassword('/w==')).toThrow('UTF-8')
  })
})

test('octets of a key that are handed over are wiped, whether they are a key or not', async () => {
  for (const [algorithm, hex] of [
    ['aes', '00112233445566778899aabbccddeeff'],
    ['aes', '001122'],
    ['rsa', '30820101'],
  ] as const) {
    const bytes = Buffer.from(hex, 'hex')
    await importBytes({ algorithm }, bytes, {}).catch(() => {})
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  }
})
