import { z } from 'zod'
import { text } from '../../kit/wire.ts'
import { maybe, maybeText, Reference, wrapFields } from '../contract.ts'
import { QueryInteger } from '../keys/search/contract.ts'

/** The limit of the body is the limit. */
const MAX_TEXT = 1024 * 1024

export const Base64 = z.string().max(MAX_TEXT)
export const Base64Out = z.string().max(2 * MAX_TEXT)
export const Version = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1)
export const QueryNumber = QueryInteger.pipe(Version)

/** Text in a query; an empty one is none. */
const option = (max: number) =>
  text(max)
    .transform((value) => (value === '' ? undefined : value))
    .optional()

export const which = {
  id: Reference.min(1).meta({ description: 'Of the key: id, name, URI or alias.' }),
  type: maybeText(16).meta({ description: '`id`, `name`, `uri`, `alias`: how `id` is read.' }),
  version: maybe(Version).meta({ description: 'The newest when not given.' }),
}

export const Plaintext = Base64.meta({ secret: true, description: 'In base64.' })
export const mode = maybeText(16).meta({
  description:
    '`gcm`, `cbc`, `ctr`, `ecb`, `cbc_cs1`; of XTS keys `xts`. AES and ARIA have `gcm` when not given, TDES `cbc`.',
})
export const pad = maybeText(16).meta({
  description:
    '`pkcs7` (when not given) or `none` with cbc and ecb; of RSA keys `oaep`, `oaep256`, `oaep384`, `oaep512`, and `pkcs1` where the domain allows it.',
})
export const iv = maybe(Base64).meta({ description: 'In base64; made when not given.' })
export const aad = maybe(Base64).meta({ description: 'In base64; with gcm.' })
export const tag_len = maybe(z.number().int()).meta({
  description: 'Octets of the tag, 12 to 16; 16 when not given.',
})
export const nae_key_version_header = maybe(z.boolean()).meta({
  description: 'Whether three octets that tell the version of the key come before the ciphertext.',
})

export const ciphertextOf = {
  ciphertext: Base64.meta({ description: 'In base64.' }),
  tag: maybe(Base64).meta({ description: 'In base64; with gcm.' }),
  mode,
  pad,
  iv: maybe(Base64).meta({ description: 'In base64, as it was answered.' }),
  aad,
  tag_len,
  nae_key_version_header,
}

export const used = {
  id: z.string().max(512),
  version: z.number().int(),
}

/** What an encryption answers; posted to decrypt as it is, it opens again. */
export const Sealed = z.object({
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

export const signing = {
  keyName: Reference.min(1).meta({ description: 'Of the key: name, id, URI or alias.' }),
  type: option(16).meta({ description: 'How `keyName` is read.' }),
  version: QueryNumber.optional().meta({ description: 'The newest when not given.' }),
}
export const signOptions = {
  hashAlgo: option(16).meta({
    description:
      '`SHA1`, `SHA-224`, `SHA-256` (when not given), `SHA-384`, `SHA-512`, `SHA3-224` to `SHA3-512`; `none`: the body is the digest. Ed25519, ML-DSA and SLH-DSA sign the body itself.',
  }),
  signAlgo: option(16).meta({ description: '`RSA` or `ECDSA`; it goes by the key.' }),
  signPad: option(16).meta({ description: 'Of RSA: `PKCS1` or `PSS`.' }),
  saltLength: QueryNumber.optional().meta({
    description: 'Octets, with `PSS`; as many as the digest has when not given.',
  }),
}
export const hiding = {
  ...signing,
  method: option(16).meta({
    description: '`FF1` when not given; `FF3-1` where the domain allows it.',
  }),
  hint: text(16).meta({
    description:
      'Which characters are changed: `digit`, `alphabet`, `alphanumeric`, `printable`, or `unicode` by `charset`.',
  }),
  iv: option(128).meta({
    description: 'Characters of the alphabet, as many as a text without an IV may have.',
  }),
  charset: option(4096).meta({
    description: 'Ranges of code points in hexadecimal: `0030-0039,00C0-00FF`.',
  }),
  tweak: text(4096)
    .optional()
    .meta({ description: 'Any text; of FF3-1 seven octets in hexadecimal.' }),
  tweakAlgo: option(16).meta({ description: '`SHA1`, `SHA256` or `SHA512` of the tweak.' }),
}

/** A client gives bytes or text; the server is given what came of them. */
export const octets = (description: string) =>
  z
    .custom<Uint8Array | string>((value) => value instanceof Uint8Array)
    .meta({ description })
    .transform((value) => value as Buffer)
export const Message = octets('The bytes themselves.')
export const Text = octets('The text, in UTF-8: 262,144 characters at most.')
export const Hex = z.string().max(120_000)
export const Data = z.object({ data: Hex.meta({ description: 'In hexadecimal.' }) })
export const Verified = z.object({ verified: z.boolean() })
export const Hidden = z.object({ data: z.string().max(2 * 16 * 1024 * 1024) })

export const wrapping = {
  wrappingEncryptionAlgo: wrapFields.wrappingEncryptionAlgo,
  padded: wrapFields.padded,
  wrapPublicKeyPadding: maybeText(16).meta({
    description: 'Of RSA: `oaep`, `oaep256` (when not given), `oaep384`, `oaep512`.',
  }),
  wrapRSAAES: wrapFields.wrapRSAAES,
  wrapHKDF: wrapFields.wrapHKDF,
}
