import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  privateEncrypt,
  randomBytes,
} from 'node:crypto'
import type { Lab } from './lab.ts'
import { ALL_USES, b64, type Call, cryptoCall, demand, KEYS, made, rawCall } from './vault.ts'

/** The edges at which implementations have gone wrong: each is tried at the REST routes. */

export interface Edge {
  readonly what: string
  readonly call: Call
  /** `refused`: 400, or a signature that does not hold. A text: accepted, and this came of it. */
  readonly due: 'refused' | 'accepted' | { readonly plaintext: string }
}

const key = (lab: Lab, fields: object) => made(lab, KEYS, { usageMask: ALL_USES, ...fields })
const aesKey = (lab: Lab, material: Buffer, more: object = {}) =>
  key(lab, {
    algorithm: 'aes',
    size: material.length * 8,
    material: material.toString('hex'),
    ...more,
  })
const hex = (text: string) => Buffer.from(text, 'hex')
const flipped = (bytes: Buffer, bit: number) => {
  const copy = Buffer.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, at) => at + from)

async function gcm(lab: Lab): Promise<Edge[]> {
  const { id } = await key(lab, {})
  const plaintext = b64(randomBytes(20))
  const sealed = { id, plaintext, aad: b64('bound') }
  const blob = await demand(lab, cryptoCall('encrypt', sealed))
  const [iv, tag, ciphertext] = ['iv', 'tag', 'ciphertext'].map((name) =>
    Buffer.from(blob[name], 'base64'),
  ) as [Buffer, Buffer, Buffer]
  const open = (what: string, change: object, due: Edge['due'] = 'refused'): Edge => ({
    what: `GCM: ${what}`,
    call: cryptoCall('decrypt', { ...blob, ...change }),
    due,
  })
  return [
    open('as it was', {}, { plaintext }),
    ...upTo(16).map((length) =>
      open(`a tag cut to ${length}`, { tag: b64(tag.subarray(0, length)) }),
    ),
    ...upTo(21).map((length) =>
      open(
        `a tag of ${length} that is asked for`,
        { tag: b64(Buffer.concat([tag, tag]).subarray(0, length)), tag_len: length },
        length >= 12 && length <= 16 ? { plaintext } : 'refused',
      ),
    ),
    open('a longer tag', { tag: b64(Buffer.concat([tag, Buffer.alloc(1)])) }),
    ...upTo(128).map((bit) => open(`bit ${bit} of the tag`, { tag: b64(flipped(tag, bit)) })),
    ...upTo(96).map((bit) => open(`bit ${bit} of the IV`, { iv: b64(flipped(iv, bit)) })),
    ...upTo(160).map((bit) =>
      open(`bit ${bit} of the text`, { ciphertext: b64(flipped(ciphertext, bit)) }),
    ),
    ...upTo(20).map((length) =>
      open(`a text cut to ${length}`, { ciphertext: b64(ciphertext.subarray(0, length)) }),
    ),
    ...[0, 11, 13, 16, 128, 129].map((length) =>
      open(`an IV of ${length} octets`, { iv: b64(randomBytes(length)) }),
    ),
    ...['', b64('bounD'), b64('bound '), undefined].map((aad) => open(`aad ${aad}`, { aad })),
    ...upTo(12).map(
      (length): Edge => ({
        what: `GCM: encrypts with an IV of ${length} octets`,
        call: cryptoCall('encrypt', { ...sealed, iv: b64(randomBytes(length)) }),
        due: 'refused',
      }),
    ),
  ]
}

/** Every last octet, alone and filled up: PKCS #7 has one way to end with each. */
async function padding(lab: Lab): Promise<Edge[]> {
  const { id } = await key(lab, {})
  const edges: Edge[] = []
  for (const mode of ['cbc', 'ecb'] as const)
    for (const length of upTo(256))
      for (const filled of [true, false]) {
        const last = Buffer.alloc(16, filled ? length : 0xaa)
        last[15] = length
        const block = Buffer.concat([Buffer.alloc(16, 1), last])
        const given = { id, mode, pad: 'none', plaintext: b64(block) }
        const blob = await demand(lab, cryptoCall('encrypt', given))
        const isPadding = length >= 1 && length <= 16 && (filled || length === 1)
        edges.push({
          what: `${mode}: a last octet of ${length}, ${filled ? 'filled up' : 'alone'}`,
          call: cryptoCall('decrypt', { ...blob, pad: 'pkcs7' }),
          due: isPadding ? { plaintext: b64(block.subarray(0, 32 - length)) } : 'refused',
        })
      }
  const whole = await demand(lab, cryptoCall('encrypt', { id, mode: 'cbc', plaintext: '' }))
  for (const mode of ['cbc', 'ecb', 'cbc_cs1'])
    for (const length of upTo(48))
      if (mode === 'cbc_cs1' ? length < 16 : length % 16 !== 0 || length === 0)
        edges.push({
          what: `${mode}: ${length} octets`,
          call: cryptoCall('decrypt', { ...whole, mode, ciphertext: b64(randomBytes(length)) }),
          due: 'refused',
        })
  return edges
}

/** RFC 3394 with an initial value of one's own, which makes any end of RFC 5649. */
function wrapWith(kek: Buffer, initial: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv(`id-aes${kek.length * 8}-wrap`, kek, initial)
  return Buffer.concat([cipher.update(plain), cipher.final()])
}

async function wraps(lab: Lab): Promise<Edge[]> {
  const kek = randomBytes(32)
  const { id } = await aesKey(lab, kek)
  const edges: Edge[] = []
  for (const padded of [false, true]) {
    const how = { id, wrappingEncryptionAlgo: `AES/AESKEYWRAP${padded ? 'PADDING' : ''}` }
    const name = padded ? 'KWP' : 'KW'
    const unwrap = (what: string, ciphertext: Buffer, due: Edge['due'] = 'refused') =>
      edges.push({
        what: `${name}: ${what}`,
        call: cryptoCall('unwrap', { ...how, ciphertext: b64(ciphertext) }),
        due,
      })
    const plain = randomBytes(32)
    const { ciphertext } = await demand(lab, cryptoCall('wrap', { ...how, plaintext: b64(plain) }))
    const whole = Buffer.from(ciphertext, 'base64')
    unwrap('as it was', whole, { plaintext: b64(plain) })
    for (const length of upTo(72)) {
      unwrap(`${length} octets of chance`, randomBytes(length))
      if (length < whole.length) unwrap(`cut to ${length}`, whole.subarray(0, length))
      const fits = padded ? length > 0 : length >= 16 && length % 8 === 0
      edges.push({
        what: `${name}: wraps ${length} octets`,
        call: cryptoCall('wrap', { ...how, plaintext: b64(randomBytes(length)) }),
        due: fits ? 'accepted' : 'refused',
      })
    }
    for (const bit of upTo(whole.length * 8)) unwrap(`bit ${bit}`, flipped(whole, bit))
  }
  // RFC 5649 section 3: the length that the initial value says, and zeros behind it.
  for (const said of [0, 1, 16, 17, 20, 23, 24, 25, 32, 0x10000, 0xffffffff]) {
    const initial = Buffer.concat([hex('a65959a6'), Buffer.alloc(4)])
    initial.writeUInt32BE(said, 4)
    for (const end of ['00000000', '00000001']) {
      const plain = Buffer.concat([Buffer.alloc(20, 7), hex(end)])
      const isRight = said > 16 && said <= 24 && plain.subarray(said).every((octet) => octet === 0)
      edges.push({
        what: `KWP: a length of ${said} before an end of ${end}`,
        call: cryptoCall('unwrap', {
          id,
          wrappingEncryptionAlgo: 'AES/AESKEYWRAPPADDING',
          ciphertext: b64(wrapWith(kek, initial, plain)),
        }),
        due: isRight ? { plaintext: b64(plain.subarray(0, said)) } : 'refused',
      })
    }
  }
  return edges
}

const ORDERS: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1:
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
}

const element = (tag: number, body: Buffer, length = lengthOf(body.length)) =>
  Buffer.concat([Buffer.of(tag), length, body])
const lengthOf = (count: number): Buffer =>
  count < 128
    ? Buffer.of(count)
    : count < 256
      ? Buffer.of(0x81, count)
      : Buffer.of(0x82, count >> 8, count & 255)
const integer = (value: bigint): Buffer => {
  const text = value.toString(16)
  const bytes = hex(text.length % 2 ? `0${text}` : text)
  return element(2, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}
/** The two numbers of a signature in DER. */
function numbersIn(signature: Buffer): [bigint, bigint] {
  const body = signature.subarray((signature[1] ?? 0) & 0x80 ? 3 : 2)
  const length = body[1] ?? 0
  const number = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`)
  return [number(body.subarray(2, 2 + length)), number(body.subarray(4 + length))]
}

async function ecdsa(lab: Lab, curveid: string): Promise<Edge[]> {
  const { name: keyName } = await key(lab, { algorithm: 'ec', curveid })
  const { data } = await demand(lab, rawCall('sign', { keyName }, 'message'))
  const signature = hex(data)
  const [r, s] = numbersIn(signature)
  const n = ORDERS[curveid] as bigint
  const body = Buffer.concat([integer(r), integer(s)])
  const pair = (one: Buffer, other: Buffer) => element(0x30, Buffer.concat([one, other]))
  const integers = (one: bigint, other: bigint) => pair(integer(one), integer(other))
  const raw = (value: bigint) => hex(value.toString(16).padStart(n.toString(16).length, '0'))
  const width = body.length
  const padded = (value: bigint) =>
    element(2, Buffer.concat([Buffer.of(0), integer(value).subarray(2)]))
  const negative = (value: bigint) => {
    const [, , first, ...rest] = integer(value)
    return element(2, Buffer.from([...(first === 0 ? rest : [(first ?? 0) | 0x80, ...rest])]))
  }
  const tricks: Record<string, Buffer> = {
    'a longer form of the length': element(0x30, body, Buffer.of(0x82, 0, width)),
    'an indefinite length': Buffer.concat([Buffer.of(0x30, 0x80), body, Buffer.of(0, 0)]),
    'a length one too great': element(0x30, body, lengthOf(width + 1)),
    'a length one too small': element(0x30, body, lengthOf(width - 1)),
    'a length of 2^32': element(0x30, body, hex('850100000000')),
    'a length of all ones': element(0x30, body, hex('84ffffffff')),
    'something behind it': Buffer.concat([signature, Buffer.of(0)]),
    'something behind it, within': element(0x30, Buffer.concat([body, Buffer.of(5, 0)])),
    'a third number': element(0x30, Buffer.concat([body, integer(1n)])),
    'another tag': Buffer.concat([Buffer.of(0x31), signature.subarray(1)]),
    'a tag of application class': Buffer.concat([Buffer.of(0x70), signature.subarray(1)]),
    'numbers of another tag': pair(element(3, integer(r).subarray(2)), integer(s)),
    'leading zeros of r': pair(padded(r), integer(s)),
    'leading zeros of s': pair(integer(r), padded(s)),
    'an r that is empty': pair(element(2, Buffer.alloc(0)), integer(s)),
    'an s that is empty': pair(integer(r), element(2, Buffer.alloc(0))),
    'a negative r': pair(negative(r), integer(s)),
    'a negative s': pair(integer(r), negative(s)),
    'r and s as they are': Buffer.concat([raw(r), raw(s)]),
    'r in a sequence': pair(element(0x30, integer(r)), integer(s)),
    'r alone': element(0x30, integer(r)),
    'nothing in it': element(0x30, Buffer.alloc(0)),
    nothing: Buffer.alloc(0),
    's and r': integers(s, r),
  }
  const values = [0n, 1n, n - 1n, n, n + 1n, 2n ** 256n, 2n ** 521n]
  for (const value of values) {
    tricks[`r of ${value}`] = integers(value, s)
    tricks[`s of ${value}`] = integers(r, value)
    for (const other of values) tricks[`r of ${value} and s of ${other}`] = integers(value, other)
  }
  tricks['r + n'] = integers(r + n, s)
  tricks['s + n'] = integers(r, s + n)
  const verify = (what: string, of: Buffer, due: Edge['due']): Edge => ({
    what: `ECDSA ${curveid}: ${what}`,
    // Behind a length of its own, since nothing is no parameter of a query.
    call: rawCall(
      'signv',
      { keyName, signatureLength: String(of.length) },
      Buffer.concat([of, Buffer.from('message')]),
    ),
    due,
  })
  return [
    verify('as it was', signature, 'accepted'),
    ...Object.entries(tricks).map(([what, of]) => verify(what, of, 'refused')),
    ...upTo(signature.length).map((length) =>
      verify(`cut to ${length}`, signature.subarray(0, length), 'refused'),
    ),
    ...upTo(signature.length * 8)
      .filter((bit) => bit % 3 === 0)
      .map((bit) => verify(`bit ${bit}`, flipped(signature, bit), 'refused')),
  ]
}

const SHA256_INFO = '3031300d060960864801650304020105000420'

async function rsa(lab: Lab): Promise<Edge[]> {
  const pair = await key(lab, { algorithm: 'rsa', size: 2048 })
  const keyName = pair.name
  const { material } = await made(lab, `${KEYS}/${keyName}/export`, {})
  const digest = createHash('sha256').update('message').digest()
  const sign = (block: Buffer) =>
    privateEncrypt({ key: material, padding: constants.RSA_NO_PADDING }, block)
  /** A block as PKCS #1 has it, but for what is changed. */
  const block = (
    info: Buffer,
    { type = 1, fill = 0xff, first = 0, short = 0, after = Buffer.alloc(0) } = {},
  ) => {
    const padded = Buffer.alloc(256 - 3 - info.length - after.length - short, fill)
    const whole = Buffer.concat([Buffer.of(first, type), padded, Buffer.of(0), info, after])
    return Buffer.concat([whole, Buffer.alloc(256 - whole.length, 0x5a)])
  }
  const info = Buffer.concat([hex(SHA256_INFO), digest])
  const right = sign(block(info))
  const { n = '' } = createPublicKey(pair.publickey).export({ format: 'jwk' })
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
  const asNumber = BigInt(`0x${right.toString('hex')}`)
  const tricks: Readonly<Record<string, Buffer>> = {
    'the digest, and garbage behind it': sign(block(info, { short: 40 })),
    'garbage within the block': sign(block(info, { after: Buffer.alloc(30, 1) })),
    'block type 2': sign(block(info, { type: 2 })),
    'block type 0': sign(block(info, { type: 0 })),
    'a filling of zeros': sign(block(info, { fill: 0 })),
    'a filling of something else': sign(block(info, { fill: 0xfe })),
    'no parameters of the digest': sign(
      block(Buffer.concat([hex('302f300b06096086480165030402010420'), digest])),
    ),
    'another digest by name': sign(
      block(Buffer.concat([hex('3031300d060960864801650304020405000420'), digest])),
    ),
    'the digest alone': sign(block(digest)),
    'a longer form of a length': sign(
      block(Buffer.concat([hex('308131300d060960864801650304020105000420'), digest])),
    ),
    'a shorter digest': sign(block(info.subarray(0, -1))),
    'the number 0': Buffer.alloc(256),
    'the number 1': Buffer.concat([Buffer.alloc(255), Buffer.of(1)]),
    'a zero before it': Buffer.concat([Buffer.of(0), right]),
    'a zero behind it': Buffer.concat([right, Buffer.of(0)]),
    'without its last octet': right.subarray(0, -1),
    'the modulus': hex(modulus.toString(16)),
    'itself and the modulus': hex((asNumber + modulus).toString(16).padStart(514, '0')),
    nothing: Buffer.alloc(0),
  }
  const verify = (
    what: string,
    of: Buffer,
    due: Edge['due'],
    more: Record<string, string> = {},
  ): Edge => ({
    what: `RSA: ${what}`,
    call: rawCall(
      'signv',
      { keyName, signatureLength: String(of.length), ...more },
      Buffer.concat([of, Buffer.from('message')]),
    ),
    due,
  })
  const pss = hex((await demand(lab, rawCall('sign', { keyName, signPad: 'PSS' }, 'message'))).data)
  const oaep = { id: keyName, pad: 'oaep256' }
  const sealed = await demand(lab, cryptoCall('encrypt', { ...oaep, plaintext: 'aGk=' }))
  const ciphertext = Buffer.from(sealed.ciphertext, 'base64')
  const open = (
    what: string,
    of: Buffer,
    change: object = {},
    due: Edge['due'] = 'refused',
  ): Edge => ({
    what: `OAEP: ${what}`,
    call: cryptoCall('decrypt', { ...oaep, ciphertext: b64(of), ...change }),
    due,
  })
  return [
    verify('as it was', right, 'accepted'),
    ...Object.entries(tricks).map(([what, of]) => verify(what, of, 'refused')),
    ...upTo(256).map((bit) => verify(`bit ${bit * 8}`, flipped(right, bit * 8), 'refused')),
    verify('with another digest', right, 'refused', { hashAlgo: 'SHA-384' }),
    verify('as PSS', right, 'refused', { signPad: 'PSS' }),
    verify('PSS as it was', pss, 'accepted', { signPad: 'PSS' }),
    verify('PSS as PKCS #1', pss, 'refused'),
    ...[0, 16, 31, 33, 222].map((saltLength) =>
      verify(`PSS with a salt of ${saltLength}`, pss, 'refused', {
        signPad: 'PSS',
        saltLength: String(saltLength),
      }),
    ),
    ...upTo(128).map((bit) =>
      verify(`PSS bit ${bit * 16}`, flipped(pss, bit * 16), 'refused', { signPad: 'PSS' }),
    ),
    open('as it was', ciphertext, {}, { plaintext: 'aGk=' }),
    ...['oaep', 'oaep384', 'oaep512'].map((pad) => open(`as ${pad}`, ciphertext, { pad })),
    ...[0, 1, 128, 255].map((length) => open(`cut to ${length}`, ciphertext.subarray(0, length))),
    open('a zero before it', Buffer.concat([Buffer.of(0), ciphertext])),
    open('the modulus', hex(modulus.toString(16))),
    open('zeros', Buffer.alloc(256)),
    open('ones', Buffer.alloc(256, 0xff)),
    ...upTo(64).map((bit) => open(`bit ${bit * 32}`, flipped(ciphertext, bit * 32))),
  ]
}

/** The order of the group of edwards25519. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n

async function ed25519(lab: Lab): Promise<Edge[]> {
  const { name: keyName } = await key(lab, { algorithm: 'ec', curveid: 'ed25519' })
  const signature = hex((await demand(lab, rawCall('sign', { keyName }, 'message'))).data)
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)]
  const number = BigInt(`0x${Buffer.from(s).reverse().toString('hex')}`)
  const little = (value: bigint) => hex(value.toString(16).padStart(64, '0')).reverse()
  const verify = (what: string, of: Buffer, due: Edge['due'] = 'refused'): Edge => ({
    what: `Ed25519: ${what}`,
    call: rawCall(
      'signv',
      { keyName, signatureLength: String(of.length) },
      Buffer.concat([of, Buffer.from('message')]),
    ),
    due,
  })
  return [
    verify('as it was', signature, 'accepted'),
    ...[1n, 2n, 8n].map((times) =>
      verify(`s and ${times} times the order`, Buffer.concat([r, little(number + times * L)])),
    ),
    verify('s of 0', Buffer.concat([r, Buffer.alloc(32)])),
    verify('s of the order', Buffer.concat([r, little(L)])),
    verify('R of 0', Buffer.concat([Buffer.alloc(32), s])),
    verify('R of the neutral element', Buffer.concat([little(1n), s])),
    verify('s and R', Buffer.concat([s, r])),
    ...upTo(64).map((length) => verify(`cut to ${length}`, signature.subarray(0, length))),
    verify('an octet behind it', Buffer.concat([signature, Buffer.of(0)])),
    ...upTo(512).map((bit) => verify(`bit ${bit}`, flipped(signature, bit))),
  ]
}

async function macs(lab: Lab): Promise<Edge[]> {
  const edges: Edge[] = []
  for (const algorithm of ['hmac-sha256', 'hmac-sha512', 'aes']) {
    const { name: keyName } = await key(lab, { algorithm })
    const { data } = await demand(lab, rawCall('mac', { keyName }, 'message'))
    const mac = hex(data)
    const verify = (what: string, of: Buffer, due: Edge['due'] = 'refused') =>
      edges.push({
        what: `MAC of ${algorithm}: ${what}`,
        call: rawCall('macv', { keyName, hash: of.toString('hex') }, 'message'),
        due,
      })
    verify('as it was', mac, 'accepted')
    for (const length of upTo(mac.length)) verify(`cut to ${length}`, mac.subarray(0, length))
    verify('an octet behind it', Buffer.concat([mac, Buffer.of(0)]))
    verify('twice', Buffer.concat([mac, mac]))
    for (const bit of upTo(mac.length * 8)) verify(`bit ${bit}`, flipped(mac, bit))
  }
  return edges
}

/** Points of small order on curve25519 and its twist (RFC 7748 section 6.1), and points of no curve of NIST. */
const SMALL = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

async function agreements(lab: Lab): Promise<Edge[]> {
  const x = await key(lab, { algorithm: 'ec', curveid: 'curve25519' })
  const p = await key(lab, { algorithm: 'ec', curveid: 'prime256v1' })
  const pem = (prefix: string, point: string) =>
    `-----BEGIN PUBLIC KEY-----\n${b64(hex(prefix + point))}\n-----END PUBLIC KEY-----\n`
  const derive = (what: string, id: string, publicKey: string): Edge => ({
    what: `agreement with ${what}`,
    call: cryptoCall('derive', { id, publicKey }),
    due: 'refused',
  })
  const P256 = '3059301306072a8648ce3d020106082a8648ce3d030107034200'
  const point = (one: string, other: string) =>
    `04${one.padStart(64, '0')}${other.padStart(64, '0')}`
  const aes = await key(lab, {})
  return [
    ...SMALL.map((small) =>
      derive(`the point ${small}`, x.name, pem('302a300506032b656e032100', small)),
    ),
    ...[
      point('', ''),
      point('1', '1'),
      point('f'.repeat(64), '1'),
      `02${'f'.repeat(64)}`,
      '00',
    ].map((wrong) => derive(`the point ${wrong}`, p.name, pem(P256, wrong))),
    derive('a key of another curve', p.name, x.publickey),
    derive('what is no key', x.name, 'no key'),
    ...[-1, 0, 255 * 32 + 1].map(
      (length): Edge => ({
        what: `HKDF of ${length} octets`,
        call: cryptoCall('derive', { id: aes.name, length }),
        due: 'refused',
      }),
    ),
    {
      what: `HKDF of ${255 * 32} octets`,
      call: cryptoCall('derive', { id: aes.name, length: 255 * 32 }),
      due: 'accepted',
    },
  ]
}

async function kem(lab: Lab): Promise<Edge[]> {
  const { name } = await key(lab, {
    algorithm: 'ml-kem',
    publicKeyParameters: { usageMask: ALL_USES },
  })
  const { ciphertext } = await demand(lab, cryptoCall('encapsulate', { id: `${name}-pub` }))
  const whole = Buffer.from(ciphertext, 'base64')
  return [0, 1, 32, 768, 1087, 1089, 1568].map((length) => ({
    what: `ML-KEM: ${length} octets`,
    call: cryptoCall('decapsulate', {
      id: name,
      ciphertext: b64(Buffer.concat([whole, whole]).subarray(0, length)),
    }),
    due: 'refused',
  }))
}

export async function edges(lab: Lab): Promise<Edge[]> {
  const found: Edge[] = []
  for (const make of [gcm, padding, wraps, rsa, ed25519, macs, agreements, kem])
    found.push(...(await make(lab)))
  for (const curveid of Object.keys(ORDERS)) found.push(...(await ecdsa(lab, curveid)))
  return found
}
