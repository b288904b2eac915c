import { createPublicKey } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { integer, sequence } from '../../src/crypto/der.ts'
import { report, scale } from '../promises/promise.ts'
import { startApi } from '../support/api.ts'
import { aesKey, anyKey, b64, bytesTo, keyOf, post } from '../support/crypto.ts'
import { bytesOf, hasVectors, sample, type Vector, vectorsIn } from './nist.ts'

const NOT_OURS = 'not ours'

/** Vectors of NIST and of RFCs through the REST routes: each key is imported, and used as a client would use it. */
describe.skipIf(!hasVectors)(
  'published vectors through /crypto',
  {
    timeout: scale(60_000, 12 * 3_600_000),
  },
  () => {
    const api = startApi('sqlite', { allowRsa1024: true })
    let checked = 0
    let tried = 0
    afterAll(() => {
      report(
        'S6 vectors',
        `${checked} vectors of NIST and of RFCs through the REST routes, ${tried - checked} unexplained`,
      )
    })

    const MOST = 5
    const each = async (
      path: string,
      check: (vector: Vector) => Promise<unknown>,
      { kept = [] as readonly string[], wanted = (_: Vector): boolean => true, most = MOST } = {},
    ) => {
      const vectors = sample(vectorsIn(path, kept).filter(wanted), most)
      expect(vectors.length, `${path} has no vectors`).toBeGreaterThan(0)
      for (const vector of vectors) {
        tried++
        if ((await check(vector)) === NOT_OURS) tried--
        else checked++
      }
    }

    const bothWays = async (
      id: string,
      mode: string,
      [plaintext, ciphertext]: readonly [Buffer, Buffer],
      iv?: Buffer,
      pad = 'none',
    ) => {
      const how = { id, mode, pad, ...(iv && { iv: b64(iv) }) }
      const made = await post(api, 'encrypt', { ...how, plaintext: b64(plaintext) })
      expect(made.ciphertext).toBe(b64(ciphertext))
      const opened = await post(api, 'decrypt', { ...how, ciphertext: b64(ciphertext) })
      expect(opened.plaintext).toBe(b64(plaintext))
    }

    const aesFiles = ['ECB', 'CBC'].flatMap((mode) =>
      ['GFSbox', 'KeySbox', 'VarKey', 'VarTxt', 'MMT'].flatMap((kind) =>
        [128, 192, 256].map((size) => [mode, `ciphers/AES/${mode}/${mode}${kind}${size}.rsp`]),
      ),
    ) as [string, string][]
    // The Debian package leaves a few of them out.
    test.each(aesFiles.filter(([, path]) => exists(path)))('AES %s: %s', async (mode, path) => {
      await each(path, async (vector) => {
        const key = await aesKey(api, bytesOf(vector, 'KEY'))
        const texts = [bytesOf(vector, 'PLAINTEXT'), bytesOf(vector, 'CIPHERTEXT')] as const
        await bothWays(key.name, mode, texts, mode === 'CBC' ? bytesOf(vector, 'IV') : undefined)
      })
    })

    test.each([128, 192, 256])('AES CTR of RFC 3686 with %i bits', async (size) => {
      await each(`ciphers/AES/CTR/aes-${size}-ctr.txt`, async (vector) => {
        const key = await aesKey(api, bytesOf(vector, 'KEY'))
        const texts = [bytesOf(vector, 'PLAINTEXT'), bytesOf(vector, 'CIPHERTEXT')] as const
        await bothWays(key.name, 'ctr', texts, bytesOf(vector, 'IV'))
      })
    })

    test.each([128, 256])('XTS-AES-%i', async (size) => {
      // Units that are no whole octets are none of ours.
      const wanted = ({ of }: Vector) => Number(of['DATAUNITLEN']) % 8 === 0
      await each(
        `ciphers/AES/XTS/tweak-128hexstr/XTSGenAES${size}.rsp`,
        async (vector) => {
          const key = await aesKey(api, bytesOf(vector, 'KEY'), { size, xts: true })
          const texts = [bytesOf(vector, 'PT'), bytesOf(vector, 'CT')] as const
          await bothWays(key.name, 'xts', texts, bytesOf(vector, 'I'))
        },
        { wanted, most: 12 },
      )
    })

    const gcm = (vector: Vector) => ({
      mode: 'gcm',
      iv: b64(bytesOf(vector, 'IV')),
      aad: b64(bytesOf(vector, 'AAD')),
      tag_len: bytesOf(vector, 'TAG').length,
    })
    // Shorter tags than twelve octets are not offered.
    const longTag = (vector: Vector) => bytesOf(vector, 'TAG').length >= 12
    test.each([128, 192, 256])('AES GCM decrypts, or refuses, with %i bits', async (size) => {
      await each(
        `ciphers/AES/GCM/gcmDecrypt${size}.rsp`,
        async (vector) => {
          const { id } = await aesKey(api, bytesOf(vector, 'KEY'))
          const tag = b64(bytesOf(vector, 'TAG'))
          const blob = { id, ...gcm(vector), tag, ciphertext: b64(bytesOf(vector, 'CT')) }
          const isForged = vector.of['FAIL'] !== undefined
          const answer = await post(api, 'decrypt', blob, isForged ? 400 : 200)
          if (isForged) expect(answer.code).toBe(106)
          else expect(answer.plaintext).toBe(b64(bytesOf(vector, 'PT')))
        },
        { wanted: longTag, most: 40 },
      )
    })
    test.each([128, 192, 256])('AES GCM encrypts with %i bits', async (size) => {
      await each(
        `ciphers/AES/GCM/gcmEncryptExtIV${size}.rsp`,
        async (vector) => {
          const { id } = await aesKey(api, bytesOf(vector, 'KEY'))
          const plaintext = b64(bytesOf(vector, 'PT'))
          const made = await post(api, 'encrypt', { id, ...gcm(vector), plaintext })
          expect(made.ciphertext).toBe(b64(bytesOf(vector, 'CT')))
          expect(made.tag).toBe(b64(bytesOf(vector, 'TAG')))
        },
        { wanted: (vector) => longTag(vector) && bytesOf(vector, 'IV').length >= 12, most: 30 },
      )
    })

    const tripleDes = ['ECB', 'CBC'].flatMap((mode) =>
      ['MMT2', 'MMT3'].map((kind) => [mode, `ciphers/3DES/${mode}/T${mode}${kind}.rsp`]),
    ) as [string, string][]
    test.each(tripleDes)('Triple DES %s: %s', async (mode, path) => {
      await each(path, async (vector) => {
        const halves = ['KEY1', 'KEY2', 'KEY3'].map((name) => bytesOf(vector, name))
        const material = Buffer.concat(halves).toString('hex')
        const key = await anyKey(api, { algorithm: 'tdes', size: 192, material })
        const texts = [bytesOf(vector, 'PLAINTEXT'), bytesOf(vector, 'CIPHERTEXT')] as const
        await bothWays(key.name, mode, texts, mode === 'CBC' ? bytesOf(vector, 'IV') : undefined)
      })
    })

    test.each(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'])('HMAC of %s', async (name) => {
      const path = name === 'sha1' ? 'HMAC/rfc-2202-sha1.txt' : `HMAC/rfc-4231-${name}.txt`
      const sizes: Readonly<Record<string, readonly number[]>> = {
        sha224: [128, 192, 224],
        sha256: [128, 192, 256],
        sha384: [192, 288, 384],
        sha512: [256, 384, 512],
      }
      const fits = (vector: Vector) => {
        const bits = bytesOf(vector, 'KEY').length * 8
        return sizes[name]?.includes(bits) ?? bits >= 128
      }
      const vectors = vectorsIn(path).filter(fits)
      for (const vector of vectors) {
        tried++
        const key = bytesOf(vector, 'KEY')
        const { name: keyName } = await anyKey(api, {
          algorithm: `hmac-${name}`,
          size: key.length * 8,
          material: key.toString('hex'),
        })
        const { data } = await bytesTo(api, 'mac', { keyName }, bytesOf(vector, 'MSG'))
        // Some of RFC 4231 give the first half alone.
        expect(data.startsWith(vector.of['MD'])).toBe(true)
        checked++
      }
    })

    test.each([128, 192, 256])('CMAC of SP 800-38B with AES-%i', async (size) => {
      for (const vector of vectorsIn(`CMAC/nist-800-38b-aes${size}.txt`)) {
        tried++
        const { name: keyName } = await aesKey(api, bytesOf(vector, 'KEY'))
        const message = bytesOf(vector, 'MESSAGE')
        const { data } = await bytesTo(api, 'mac', { keyName }, message)
        expect(data).toBe(vector.of['OUTPUT'])
        const { verified } = await bytesTo(api, 'macv', { keyName, hash: data }, message)
        expect(verified).toBe(true)
        checked++
      }
    })

    const hashes = [
      ['SHA-1', 'hashes/SHA1/SHA1'],
      ...[224, 256, 384, 512].map((bits) => [`SHA-${bits}`, `hashes/SHA2/SHA${bits}`]),
      ...[224, 256, 384, 512].map((bits) => [`SHA3-${bits}`, `hashes/SHA3/SHA3_${bits}`]),
    ] as [string, string][]
    test.each(hashes)('%s', async (algorithm, path) => {
      for (const kind of ['ShortMsg', 'LongMsg'])
        if (exists(`${path}${kind}.rsp`))
          await each(`${path}${kind}.rsp`, async (vector) => {
            const message = bytesOf(vector, 'MSG').subarray(0, Number(vector.of['LEN']) / 8)
            const { data } = await post(api, 'hash', { data: b64(message), algorithm })
            expect(data).toBe(vector.of['MD'])
          })
    })

    test.each(['SHA1', 'SHA256'])('HKDF of RFC 5869 with %s', async (hash) => {
      await each(`KDF/rfc-5869-HKDF-${hash}.txt`, async (vector) => {
        const ikm = bytesOf(vector, 'IKM')
        const key = await anyKey(api, {
          algorithm: 'hmac-sha1',
          size: ikm.length * 8,
          material: ikm.toString('hex'),
        }).catch(() => undefined)
        // Input of eleven octets is no key that can be kept.
        if (!key) return expect(ikm.length).toBeLessThan(16)
        const { derivedKey } = await post(api, 'derive', {
          id: key.name,
          hashAlgorithm: `hmac-${hash.toLowerCase()}`,
          salt: b64(bytesOf(vector, 'SALT')),
          info: b64(bytesOf(vector, 'INFO')),
          length: Number(vector.of['L']),
        })
        expect(Buffer.from(derivedKey, 'base64').toString('hex')).toBe(vector.of['OKM'])
      })
    })

    test.each([128, 192, 256])('AES key wrap (KW and KWP) with %i bits', async (size) => {
      for (const [file, wrappingEncryptionAlgo] of [
        ['KW', 'AES/AESKEYWRAP'],
        ['KWP', 'AES/AESKEYWRAPPADDING'],
      ] as const)
        await each(`keywrap/kwtestvectors/${file}_AE_${size}.txt`, async (vector) => {
          const { id } = await aesKey(api, bytesOf(vector, 'K'))
          const plaintext = b64(bytesOf(vector, 'P'))
          const { ciphertext } = await post(api, 'wrap', { id, plaintext, wrappingEncryptionAlgo })
          expect(ciphertext).toBe(b64(bytesOf(vector, 'C')))
          const opened = await post(api, 'unwrap', { id, ciphertext, wrappingEncryptionAlgo })
          expect(opened.plaintext).toBe(plaintext)
        })
    })

    const publicKey = async (algorithm: string, jwk: Readonly<Record<string, string>>) => {
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      const material = key.export({ type: 'spki', format: 'pem' })
      return keyOf(api, { algorithm, material, usageMask: 2 })
    }

    const curves: Readonly<Record<string, readonly [crv: string, octets: number]>> = {
      'P-256': ['P-256', 32],
      'P-384': ['P-384', 48],
      'P-521': ['P-521', 66],
    }
    test('ECDSA signatures of FIPS 186-3 hold or not, as they should', async () => {
      await each(
        'asymmetric/ECDSA/FIPS_186-3/SigVer.rsp',
        async (vector) => {
          const [curve = '', hashAlgo = ''] = (vector.section['kind'] ?? '').split(',')
          const [crv, octets] = curves[curve] as readonly [string, number]
          const coordinate = (name: string) =>
            Buffer.from((vector.of[name] ?? '').padStart(octets * 2, '0'), 'hex').toString(
              'base64url',
            )
          const due = vector.of['RESULT']?.startsWith('P')
          const jwk = { kty: 'EC', crv, x: coordinate('QX'), y: coordinate('QY') }
          // A point that is not on the curve is no key, and comes no further.
          const key = await publicKey('ec', jwk).catch(() => undefined)
          if (!key) return expect(due).toBe(false)
          const number = (name: string) => integer(BigInt(`0x${vector.of[name]}`))
          const signature = sequence(number('R'), number('S')).toString('hex')
          const query = { keyName: key.name, hashAlgo, signAlgo: 'ECDSA', signature }
          expect(await bytesTo(api, 'signv', query, bytesOf(vector, 'MSG'))).toEqual({
            verified: due,
          })
        },
        {
          wanted: ({ section }) => ((section['kind'] ?? '').split(',')[0] as string) in curves,
          most: 60,
        },
      )
    })

    test.each([
      ['PKCS1', 'asymmetric/RSA/FIPS_186-2/SigVer15_186-3.rsp'],
      ['PSS', 'asymmetric/RSA/FIPS_186-2/SigVerPSS_186-3.rsp'],
    ])('RSA signatures with %s hold or not, as they should', async (signPad, path) => {
      const base64url = (text = '') =>
        Buffer.from(text.replace(/^(00)+/, ''), 'hex').toString('base64url')
      await each(
        path,
        async (vector) => {
          const due = vector.of['RESULT']?.startsWith('P')
          const e = (vector.of['E'] ?? '').replace(/^0+/, '')
          const jwk = {
            kty: 'RSA',
            n: base64url(vector.of['N']),
            e: base64url(e.length % 2 ? `0${e}` : e),
          }
          const key = await publicKey('rsa', jwk).catch(() => undefined)
          // Exponents of 3 are refused at import.
          if (!key) return NOT_OURS
          const query = {
            keyName: key.name,
            hashAlgo: vector.of['SHAALG'],
            signPad,
            signature: vector.of['S'],
          }
          return expect(await bytesTo(api, 'signv', query, bytesOf(vector, 'MSG'))).toEqual({
            verified: due,
          })
        },
        {
          kept: ['N', 'P', 'Q'],
          wanted: ({ section, of }) => section['mod'] !== '1536' && of['S'] !== undefined,
          most: 60,
        },
      )
    })

    function exists(path: string): boolean {
      try {
        return vectorsIn(path).length > 0
      } catch {
        return false
      }
    }
  },
)
