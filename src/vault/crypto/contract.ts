import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { text } from '../../kit/wire.ts'
import { maybe, maybeText, Reference, wrapFields } from '../contract.ts'

/** The limit of the body is the limit. */
const MAX_TEXT = 1024 * 1024

const Base64 = z.string().max(MAX_TEXT)
const Base64Out = z.string().max(2 * MAX_TEXT)
const Version = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1)
const QueryNumber = text(10).regex(/^\d+$/, 'must be a whole number').transform(Number)

const which = {
  id: Reference.min(1).meta({ description: 'Of the key: id, name, URI or alias.' }),
  type: maybeText(16).meta({ description: '`id`, `name`, `uri`, `alias`: how `id` is read.' }),
  version: maybe(Version).meta({ description: 'The newest when not given.' }),
}

const Plaintext = Base64.meta({ secret: true, description: 'In base64.' })
const mode = maybeText(16).meta({
  description:
    '`gcm`, `cbc`, `ctr`, `ecb`, `cbc_cs1`; of XTS keys `xts`. AES and ARIA have `gcm` when not given, TDES `cbc`.',
})
const pad = maybeText(16).meta({
  description:
    '`pkcs7` (when not given) or `none` with cbc and ecb; of RSA keys `oaep`, `oaep256`, `oaep384`, `oaep512`, and `pkcs1` where the domain allows it.',
})
const iv = maybe(Base64).meta({ description: 'In base64; made when not given.' })
const aad = maybe(Base64).meta({ description: 'In base64; with gcm.' })
const tag_len = maybe(z.number().int()).meta({
  description: 'Octets of the tag, 12 to 16; 16 when not given.',
})
const nae_key_version_header = maybe(z.boolean()).meta({
  description: 'Whether three octets that tell the version of the key come before the ciphertext.',
})

const ciphertextOf = {
  ciphertext: Base64.meta({ description: 'In base64.' }),
  tag: maybe(Base64).meta({ description: 'In base64; with gcm.' }),
  mode,
  pad,
  iv: maybe(Base64).meta({ description: 'In base64, as it was answered.' }),
  aad,
  tag_len,
  nae_key_version_header,
}

const used = {
  id: z.string().max(512),
  version: z.number().int(),
}

/** What an encryption answers; posted to decrypt as it is, it opens again. */
const Sealed = z.object({
  ...used,
  ciphertext: Base64Out,
  iv: z.string().max(512).optional(),
  tag: z.string().max(64).optional(),
  mode: z.string().max(16).optional(),
  pad: z.string().max(16).optional(),
  aad: Base64Out.optional(),
  tag_len: z.number().int().optional(),
  nae_key_version_header: z.boolean().optional(),
})

const signing = {
  keyName: Reference.min(1).meta({ description: 'Of the key: name, id, URI or alias.' }),
  type: text(16).optional().meta({ description: 'How `keyName` is read.' }),
  version: QueryNumber.optional().meta({ description: 'The newest when not given.' }),
}
const signOptions = {
  hashAlgo: text(16).optional().meta({
    description:
      '`SHA1`, `SHA-224`, `SHA-256` (when not given), `SHA-384`, `SHA-512`, `SHA3-224` to `SHA3-512`; `none`: the body is the digest. Ed25519, ML-DSA and SLH-DSA sign the body itself.',
  }),
  signAlgo: text(16).optional().meta({ description: '`RSA` or `ECDSA`; it goes by the key.' }),
  signPad: text(16).optional().meta({ description: 'Of RSA: `PKCS1` or `PSS`.' }),
  saltLength: QueryNumber.optional().meta({
    description: 'Octets, with `PSS`; as many as the digest has when not given.',
  }),
}
const hiding = {
  ...signing,
  method: text(16).optional().meta({
    description: '`FF1` when not given; `FF3-1` where the domain allows it.',
  }),
  hint: text(16).meta({
    description:
      'Which characters are changed: `digit`, `alphabet`, `alphanumeric`, `printable`, or `unicode` by `charset`.',
  }),
  iv: text(128).optional().meta({
    description: 'Characters of the alphabet, as many as a text without an IV may have.',
  }),
  charset: text(4096).optional().meta({
    description: 'Ranges of code points in hexadecimal: `0030-0039,00C0-00FF`.',
  }),
  tweak: text(4096)
    .optional()
    .meta({ description: 'Any text; of FF3-1 seven octets in hexadecimal.' }),
  tweakAlgo: text(16)
    .optional()
    .meta({ description: '`SHA1`, `SHA256` or `SHA512` of the tweak.' }),
}

/** A client gives bytes or text; the server is given what came of them. */
const octets = (description: string) =>
  z
    .custom<Uint8Array | string>((value) => value instanceof Uint8Array)
    .meta({ description })
    .transform((value) => value as Buffer)
const Message = octets('The bytes themselves.')
const Text = octets('The text, in UTF-8.')
const Hex = z.string().max(120_000)
const Data = z.object({ data: Hex.meta({ description: 'In hexadecimal.' }) })
const Verified = z.object({ verified: z.boolean() })
const Hidden = z.object({ data: z.string().max(2 * 16 * 1024 * 1024) })

/** Who may do what with a key is the key's to say, so nothing is asked for here but to be signed in. */
const common = { method: 'POST', access: 'self', status: 200, needsAccept: true } as const
const json = { ...common, wrongBody: 'invalid-parameter', anyCase: true } as const
const bytes = { ...common, raw: 'octet-stream' } as const
const plain = { ...common, raw: 'text' } as const

const wrapping = {
  wrappingEncryptionAlgo: wrapFields.wrappingEncryptionAlgo,
  padded: wrapFields.padded,
  wrapPublicKeyPadding: maybeText(16).meta({
    description: 'Of RSA: `oaep`, `oaep256` (when not given), `oaep384`, `oaep512`.',
  }),
  wrapRSAAES: wrapFields.wrapRSAAES,
  wrapHKDF: wrapFields.wrapHKDF,
}

export const crypto = {
  encrypt: endpoint({
    ...json,
    path: '/v1/crypto/encrypt',
    summary: 'Encrypt with a key',
    audit: 'Encrypt',
    body: z.object({
      ...which,
      plaintext: Plaintext,
      mode,
      pad,
      iv,
      aad,
      tag_len,
      nae_key_version_header,
    }),
    reply: Sealed,
  }),
  decrypt: endpoint({
    ...json,
    path: '/v1/crypto/decrypt',
    summary: 'Decrypt with a key',
    audit: 'Decrypt',
    body: z.object({ ...which, ...ciphertextOf }),
    reply: z.object({ plaintext: Base64Out }),
  }),
  reencrypt: endpoint({
    ...json,
    path: '/v1/crypto/reencrypt',
    summary: 'Decrypt with a key and encrypt again with another, or with its newest version',
    description: 'The plaintext does not leave the server.',
    audit: 'Reencrypt',
    body: z.object({
      ...which,
      ...ciphertextOf,
      newId: maybe(Reference).meta({
        description: 'Of the key to encrypt with; the newest version of the same when not given.',
      }),
      newType: maybeText(16),
      newVersion: maybe(Version),
      newMode: mode,
      newPad: pad,
      newIv: iv,
      newAad: maybe(Base64).meta({ description: 'The same as before when not given.' }),
      newTagLen: tag_len,
    }),
    reply: Sealed,
  }),
  sign: endpoint({
    ...bytes,
    path: '/v1/crypto/sign',
    summary: 'Sign with a key',
    audit: 'Sign',
    query: z.object({ ...signing, ...signOptions }),
    body: Message,
    reply: z.object({
      data: Hex.meta({ description: 'The signature in hexadecimal; of ECDSA in DER.' }),
      keyId: used.id,
      keyVersion: used.version,
    }),
  }),
  signv: endpoint({
    ...bytes,
    path: '/v1/crypto/signv',
    summary: 'Verify a signature',
    audit: 'Verify signature',
    query: z.object({
      ...signing,
      ...signOptions,
      signature: text(16_384).optional().meta({ description: 'In hexadecimal.' }),
      signatureLength: QueryNumber.optional().meta({
        description:
          'So many octets of the body are the signature, and the rest is what was signed: for signatures that no URL is long enough for.',
      }),
    }),
    body: Message,
    reply: Verified,
  }),
  mac: endpoint({
    ...bytes,
    path: '/v1/crypto/mac',
    summary: 'Make a MAC with a key',
    audit: 'MAC',
    query: z.object(signing),
    body: Message,
    reply: Data,
  }),
  macv: endpoint({
    ...bytes,
    path: '/v1/crypto/macv',
    summary: 'Verify a MAC',
    audit: 'Verify MAC',
    query: z.object({
      ...signing,
      hash: text(1024).meta({ description: 'The MAC, in hexadecimal.' }),
    }),
    body: Message,
    reply: Verified,
  }),
  hash: endpoint({
    ...json,
    path: '/v1/crypto/hash',
    summary: 'Hash data',
    audit: 'Hash',
    body: z.object({
      data: Plaintext,
      algorithm: maybeText(16).meta({ description: '`SHA-256` when not given.' }),
    }),
    reply: Data,
  }),
  hide2: endpoint({
    ...plain,
    path: '/v1/crypto/hide2',
    summary: 'Encrypt text, keeping its format',
    audit: 'Hide',
    query: z.object(hiding),
    body: Text,
    reply: Hidden,
  }),
  unhide2: endpoint({
    ...plain,
    path: '/v1/crypto/unhide2',
    summary: 'Decrypt text that was encrypted keeping its format',
    audit: 'Unhide',
    query: z.object(hiding),
    body: Text,
    reply: Hidden,
  }),
  hide: endpoint({
    ...plain,
    path: '/v1/crypto/hide',
    summary: 'Encrypt text, keeping its format (the older name)',
    audit: 'Hide',
    query: z.object(hiding),
    body: Text,
    reply: Hidden,
  }),
  unhide: endpoint({
    ...plain,
    path: '/v1/crypto/unhide',
    summary: 'Decrypt text that was encrypted keeping its format (the older name)',
    audit: 'Unhide',
    query: z.object(hiding),
    body: Text,
    reply: Hidden,
  }),
  wrap: endpoint({
    ...json,
    path: '/v1/crypto/wrap',
    summary: 'Wrap key material with a key',
    audit: 'Wrap',
    body: z.object({ ...which, plaintext: Plaintext, ...wrapping }),
    reply: z.object({ ...used, ciphertext: Base64Out }),
  }),
  unwrap: endpoint({
    ...json,
    path: '/v1/crypto/unwrap',
    summary: 'Unwrap key material with a key',
    audit: 'Unwrap',
    body: z.object({ ...which, ciphertext: Base64, ...wrapping }),
    reply: z.object({ plaintext: Base64Out }),
  }),
  derive: endpoint({
    ...json,
    path: '/v1/crypto/derive',
    summary: 'Derive key material from a key by HKDF',
    audit: 'Derive',
    body: z.object({
      ...which,
      hashAlgorithm: maybeText(32).meta({
        description:
          '`hmac-sha1`, `hmac-sha224`, `hmac-sha256` (when not given), `hmac-sha384`, `hmac-sha512`.',
      }),
      salt: maybe(Base64).meta({ description: 'In base64.' }),
      info: maybe(Base64).meta({ description: 'In base64.' }),
      length: maybe(z.number().int()).meta({ description: 'Octets; 32 when not given.' }),
      publicKey: maybeText(65_536).meta({
        description:
          'PEM of the other side, for a key of a curve: HKDF goes over what they agree on.',
      }),
    }),
    reply: z.object({ ...used, derivedKey: Base64Out }),
  }),
  encapsulate: endpoint({
    ...json,
    path: '/v1/crypto/encapsulate',
    summary: 'Make a shared key for the holder of a key (ML-KEM)',
    audit: 'Encapsulate',
    body: z.object(which),
    reply: z.object({ ...used, sharedKey: Base64Out, ciphertext: Base64Out }),
  }),
  decapsulate: endpoint({
    ...json,
    path: '/v1/crypto/decapsulate',
    summary: 'Open a shared key that was made for a key (ML-KEM)',
    audit: 'Decapsulate',
    body: z.object({ ...which, ciphertext: Base64 }),
    reply: z.object({ ...used, sharedKey: Base64Out }),
  }),
}
