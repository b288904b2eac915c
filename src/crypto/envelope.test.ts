import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { Tampered } from '../kit/fault.ts'
import {
  createEnvelope,
  type Envelope,
  type Kek,
  type Place,
  wrappedPrefix,
  wrappingKeyId,
} from './envelope.ts'
import { Secret } from './secret.ts'

const newKek = (): Kek => ({ id: randomUUID(), key: createSecretKey(randomBytes(32)) })

function envelopeOf(keks: Record<string, Kek[]>, installation = randomUUID()): Envelope {
  return createEnvelope({
    installation,
    keks: {
      newest: (domain) => keks[domain]?.at(-1),
      find: (domain, id) => keks[domain]?.find((kek) => kek.id === id),
    },
    rowKey: createSecretKey(randomBytes(32)),
    auditKey: createSecretKey(randomBytes(32)),
    fingerprintKey: createSecretKey(randomBytes(32)),
  })
}

const shared = newKek()
let envelope: Envelope
beforeAll(() => {
  envelope = envelopeOf({ a: [shared], b: [shared] })
})
const place: Place = { domain: 'a', table: 'users', row: 'r1', column: 'password', version: 3 }
const secret = (text = 'a canary of some length') => new Secret(Buffer.from(text))

type Opens = (place: Place, wrapped: Uint8Array) => Secret

/** Every place other than the right one, under the very same key; returns those at which the bytes opened. */
function movesThatOpen(unwrap: Opens, wrapped: Uint8Array): string[] {
  const moves: Record<string, Place> = {
    domain: { ...place, domain: 'b' },
    table: { ...place, table: 'password_history' },
    row: { ...place, row: 'r2' },
    column: { ...place, column: 'username' },
    version: { ...place, version: 4 },
    'the end of a name and the start of the next': { ...place, table: 'userss', row: '1' },
    'a boundary shifted': { ...place, table: 'usersr', row: '1' },
  }
  return Object.keys(moves).filter((kind) => {
    try {
      unwrap(moves[kind] ?? place, wrapped)
      return true
    } catch (failure) {
      expect(failure).toBeInstanceOf(Tampered)
      expect((failure as Error).cause).toBeUndefined()
      return false
    }
  })
}

describe('the envelope', () => {
  test('gives back what was wrapped, of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const wrapped = envelope.wrap(place, new Secret(bytes))
        expect(envelope.unwrap(place, wrapped).reveal().equals(bytes)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('opens nothing that was moved to another domain, table, row, column or version', () => {
    expect(movesThatOpen(envelope.unwrap, envelope.wrap(place, secret()))).toEqual([])
  })

  test('control: moves are found when the context is not authenticated', () => {
    const salt = randomBytes(16)
    const derived = Buffer.from(hkdfSync('sha256', shared.key, salt, 'control', 44))
    const [key, nonce] = [derived.subarray(0, 32), derived.subarray(32)]
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const body = Buffer.concat([cipher.update('x'), cipher.final(), cipher.getAuthTag()])
    const careless: Opens = (_place, wrapped) => {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce)
      decipher.setAuthTag(wrapped.subarray(-16))
      return new Secret(
        Buffer.concat([decipher.update(wrapped.subarray(0, -16)), decipher.final()]),
      )
    }
    expect(movesThatOpen(careless, body)).toHaveLength(7)
  })

  test('opens nothing of another installation, though the keys be the same', () => {
    const elsewhere = envelopeOf({ a: [shared] })
    expect(() => elsewhere.unwrap(place, envelope.wrap(place, secret()))).toThrow(Tampered)
  })

  test('refuses every flipped bit', () => {
    const wrapped = envelope.wrap(place, secret())
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const flipped = Uint8Array.from(wrapped)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => envelope.unwrap(place, flipped)).toThrow(Tampered)
    }
  })

  test('refuses bytes that were cut, lengthened, spliced or made up', () => {
    const [one, two] = [envelope.wrap(place, secret()), envelope.wrap(place, secret())]
    for (let length = 0; length < one.length; length++) {
      expect(() => envelope.unwrap(place, one.subarray(0, length))).toThrow(Tampered)
    }
    expect(() => envelope.unwrap(place, Buffer.concat([one, Buffer.of(0)]))).toThrow(Tampered)
    for (const at of [25, 33, one.length - 16]) {
      const spliced = Buffer.concat([one.subarray(0, at), two.subarray(at)])
      expect(() => envelope.unwrap(place, spliced)).toThrow(Tampered)
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => envelope.unwrap(place, bytes)).toThrow(Tampered)
      }),
    )
  })

  test('refuses a tag that was cut to a length that Node alone would accept', () => {
    const wrapped = envelope.wrap(place, secret())
    for (const length of [4, 8, 12, 13, 14, 15]) {
      const cut = wrapped.subarray(0, wrapped.length - 16 + length)
      expect(() => envelope.unwrap(place, cut)).toThrow(Tampered)
    }
  })

  test('wraps the same secret differently each time', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 2000; i++) {
      seen.add(Buffer.from(envelope.wrap(place, secret()).subarray(17, 33)).toString('hex'))
    }
    expect(seen.size).toBe(2000)
  })

  test('wraps under the newest key and still opens what an older one wrapped', () => {
    const [old, next] = [newKek(), newKek()]
    const keks = { a: [old] }
    const rotating = envelopeOf(keks)
    const before = rotating.wrap(place, secret('before'))
    keks.a.push(next)
    const after = rotating.wrap(place, secret('after'))
    expect(rotating.unwrap(place, before).reveal().toString()).toBe('before')
    keks.a.shift()
    expect(rotating.unwrap(place, after).reveal().toString()).toBe('after')
    expect(() => rotating.unwrap(place, before)).toThrow(Tampered)
  })

  test('does not say in its errors what was wrong, nor any secret', () => {
    const wrapped = envelope.wrap(place, secret())
    const messages = [wrapped.subarray(0, 5), wrapped.subarray(0, 60), randomBytes(80)].map(
      (bytes) => {
        try {
          envelope.unwrap(place, bytes)
          return 'opened'
        } catch (failure) {
          return String(failure)
        }
      },
    )
    expect(new Set(messages).size).toBe(1)
  })

  test('opens bytes of format 1 for ever', () => {
    const kek = {
      id: '00112233-4455-6677-8899-aabbccddeeff',
      key: createSecretKey(Buffer.alloc(32, 7)),
    }
    const old = envelopeOf({ a: [kek] }, '11111111-2222-3333-4444-555555555555')
    const wrapped = Buffer.from(
      '0100112233445566778899aabbccddeeffad2d910ea5c506bdce127127398c3827d9730a8425c621d68f88698323b9fa1ac9c42c1f83064e1a7e223d1705',
      'hex',
    )
    expect(old.unwrap(place, wrapped).reveal().toString()).toBe('kept for ever')
  })

  test('fingerprints depend on purpose, text and installation, and on nothing else', () => {
    const print = envelope.fingerprint('token', 'x')
    expect(envelope.fingerprint('token', 'x')).toBe(print)
    expect(envelope.fingerprint('tokenx', '')).not.toBe(print)
    expect(envelope.fingerprint('guess', 'x')).not.toBe(print)
    expect(envelopeOf({}).fingerprint('token', 'x')).not.toBe(print)
  })

  test('tells by the first bytes which key wrapped the rest', () => {
    const wrapped = envelope.wrap(place, secret(''))
    expect(wrappingKeyId(wrapped)).toBe(shared.id)
    const prefix = wrappedPrefix(shared.id)
    expect(Buffer.from(wrapped.subarray(0, 17))).toEqual(prefix)
    for (const other of [wrapped.subarray(0, -1), prefix, Buffer.concat([Buffer.of(2), wrapped])])
      expect(() => wrappingKeyId(other)).toThrow('not in the format of the envelope')
  })

  test('wraps nothing for a domain without a key, nor under a key without a UUID', () => {
    expect(() => envelope.wrap({ ...place, domain: 'c' }, secret())).toThrow(
      'domain c has no key-encryption key',
    )
    for (const id of ['', 'not-a-uuid', randomUUID().slice(2)]) {
      const nameless = envelopeOf({ a: [{ ...newKek(), id }] })
      expect(() => nameless.wrap(place, secret())).toThrow('must be a UUID')
    }
  })

  test('takes no name that UTF-8 would write like another one', () => {
    expect(() => envelope.wrap({ ...place, row: '\ud800' }, secret())).toThrow(
      'well-formed Unicode',
    )
    expect(() => envelope.fingerprint('\udfff', 'x')).toThrow('well-formed Unicode')
  })

  test("wipes each record's own key and the opened bytes, also when they turn out to be altered", () => {
    const wrapped = envelope.wrap(place, secret())
    const altered = Uint8Array.from(wrapped)
    altered[40] = (altered[40] ?? 0) ^ 1
    const filled = vi.spyOn(Buffer.prototype, 'fill')
    /** Lengths of the buffers that hold nothing but zeros after `work`. */
    const wiped = (work: () => void) => {
      filled.mockClear()
      work()
      const zeros = filled.mock.contexts.filter((bytes) => (bytes as Buffer).every((b) => b === 0))
      return zeros.map((bytes) => (bytes as Buffer).length)
    }
    const [recordKey, plain] = [32 + 12, secret().length]
    try {
      expect(wiped(() => envelope.wrap(place, secret()))).toContain(recordKey)
      const opened = wiped(() => envelope.unwrap(place, wrapped))
      expect(opened).toEqual(expect.arrayContaining([recordKey, plain]))
      const refused = wiped(() => expect(() => envelope.unwrap(place, altered)).toThrow(Tampered))
      expect(refused).toEqual(expect.arrayContaining([recordKey, plain]))
    } finally {
      filled.mockRestore()
    }
  })
})
