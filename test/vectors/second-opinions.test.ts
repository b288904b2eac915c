import { execFileSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { cbc } from '@noble/ciphers/aes.js'
import { describe, expect, test } from 'vitest'
import { scale } from '../promises/promise.ts'
import { startApi } from '../support/api.ts'
import { aesKey, anyKey, b64, post } from '../support/crypto.ts'

/**
 * What other programs make of the same, on keys and texts of chance: of what the libraries of @noble do not have as it
 * is. What they have is in test/promises/opinions.ts.
 */
const ROUNDS = scale(12, 10_000)

const bytes = (text: string): Buffer => Buffer.from(text, 'base64')

describe('second opinions on /crypto', () => {
  const api = startApi('sqlite')

  test('CBC-CS1 is CBC with the last two blocks closed up, as the addendum to SP 800-38A says', {
    timeout: scale(60_000, 3_600_000),
  }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const material = randomBytes(32)
      const { id } = await aesKey(api, material)
      const plaintext = randomBytes(16 + randomInt(0, 100))
      const iv = randomBytes(16)
      const made = await post(api, 'encrypt', {
        id,
        mode: 'CBC_CS1',
        plaintext: b64(plaintext),
        iv: b64(iv),
      })
      // The text is filled up with zeros, and of the last block but one only as much stays as the last one had.
      const short = plaintext.length % 16
      const filled = Buffer.concat([plaintext, Buffer.alloc(short === 0 ? 0 : 16 - short)])
      const blocks = Buffer.from(cbc(material, iv, { disablePadding: true }).encrypt(filled))
      const due =
        short === 0
          ? blocks
          : Buffer.concat([
              blocks.subarray(0, blocks.length - 32 + short),
              blocks.subarray(blocks.length - 16),
            ])
      expect(bytes(made.ciphertext).toString('hex')).toBe(due.toString('hex'))
    }
  })

  test('ARIA and Triple DES agree with the openssl command', async () => {
    for (const [algorithm, size, cipher] of [
      ['aria', 128, 'aria-128'],
      ['aria', 192, 'aria-192'],
      ['aria', 256, 'aria-256'],
      ['tdes', 192, 'des-ede3'],
    ] as const)
      for (const mode of algorithm === 'aria' ? ['cbc', 'ctr', 'ecb'] : ['cbc', 'ecb']) {
        const key = await anyKey(api, { algorithm, size })
        const exported = await api.post(`/vault/keys2/${key.id}/export`, {}, 200)
        const plaintext = randomBytes(randomInt(1, 200))
        const made = await post(api, 'encrypt', { id: key.id, mode, plaintext: b64(plaintext) })
        const opened = execFileSync(
          'openssl',
          [
            'enc',
            '-d',
            `-${cipher}-${mode}`,
            '-K',
            exported.material,
            ...(made.iv ? ['-iv', bytes(made.iv).toString('hex')] : []),
          ],
          { input: bytes(made.ciphertext) },
        )
        expect(opened.toString('hex')).toBe(plaintext.toString('hex'))
      }
  })
})
