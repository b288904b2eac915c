import { createSecretKey, randomBytes, randomInt } from 'node:crypto'
import { cmac } from '@noble/ciphers/aes.js'
import { describe, expect, test } from 'vitest'
import { startApi } from '../../../test/support/api.ts'
import { anyKey, bytesTo, keyOf } from '../../../test/support/crypto.ts'
import { PIECE } from './bytes.ts'
import { Cmac } from './cmac.ts'

describe('CMAC', () => {
  test('agrees with another implementation, in whatever pieces the message comes', () => {
    for (let round = 0; round < 10_000; round++) {
      const bytes = randomBytes([16, 24, 32][round % 3] ?? 16)
      const message = randomBytes(round % 50 === 0 ? randomInt(0, 5000) : randomInt(0, 80))
      const state = new Cmac(createSecretKey(bytes))
      for (let at = 0; at < message.length; ) {
        const length = randomInt(1, 40)
        state.update(message.subarray(at, at + length))
        at += length
      }
      expect(state.digest().equals(cmac(message, bytes)), `${message.length} octets`).toBe(true)
    }
  })

  test('agrees around the ends of blocks and of pieces', () => {
    const bytes = randomBytes(32)
    for (const whole of [16, 32, PIECE, 2 * PIECE])
      for (const more of [-1, 0, 1]) {
        const message = randomBytes(whole + more)
        const state = new Cmac(createSecretKey(bytes))
        state.update(message)
        expect(state.digest().equals(cmac(message, bytes)), `${whole + more} octets`).toBe(true)
      }
  })
})

describe('MACs of AES keys', () => {
  const api = startApi('sqlite')

  test('are made by keys whose mask asks for them, and are as long as a block', async () => {
    const message = Buffer.from('text')
    const key = await anyKey(api)
    const { data } = await bytesTo(api, 'mac', { keyName: key.name }, message)
    expect(data).toMatch(/^[0-9a-f]{32}$/)
    const verified = async (hash: string) =>
      (await bytesTo(api, 'macv', { keyName: key.name, hash }, message)).verified
    expect(await verified(data)).toBe(true)
    expect(await verified(`${data.slice(0, -1)}${data.endsWith('0') ? '1' : '0'}`)).toBe(false)
    expect(await verified(data.slice(0, 16))).toBe(false)
    const plain = await keyOf(api, { algorithm: 'aes' })
    await bytesTo(api, 'mac', { keyName: plain.name }, message, 400)
    for (const fields of [{ algorithm: 'aria' }, { algorithm: 'tdes' }, { xts: true }]) {
      const other = await anyKey(api, fields)
      await bytesTo(api, 'mac', { keyName: other.name }, message, 400)
    }
  })
})
