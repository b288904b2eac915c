import { z } from 'zod'
import { text } from '../kit/wire.ts'

/** What the endpoints of the CA share on the wire. */

/** Go clients send zero values for everything that was not set: an empty text is none. */
export const orEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .union([schema, z.literal('')])
    .optional()
    .transform((value) => (value === '' ? undefined : (value as z.output<Schema>)))

/** The key of a CA or request, as the wire names it. */
export const ALGORITHMS = [
  'RSA',
  'ECDSA',
  'Ed25519',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const

/** A few kilobytes for each certificate of a chain. */
export const Pem = text(65_536)

/** An id, URI, slug or name. */
export const Reference = text(512)

export const Name = orEmpty(text(256)).meta({ description: 'Unique of its kind in the domain.' })

const subjectField = text(128).nullish()
const list = (item: z.ZodType<string>, description: string) =>
  z.array(item).max(256).optional().meta({ description })

/** Whom a request is about (reference 5.1). */
export const subjectFields = {
  cn: text(256).min(1).meta({ description: 'The common name.' }),
  names: z
    .array(
      z.object({
        C: subjectField,
        ST: subjectField,
        L: subjectField,
        O: subjectField,
        OU: subjectField,
      }),
    )
    .max(64)
    .optional()
    .meta({ description: 'Parts of the subject; one may come again in another object.' }),
  dnsNames: list(text(253), 'DNS names; wildcards are allowed.'),
  emailAddresses: list(text(320), 'E-mail addresses.'),
  ipAddresses: list(text(45), 'IP addresses.'),
}

export const keyFields = {
  algorithm: orEmpty(z.enum(ALGORITHMS)).meta({ description: 'ECDSA when not given.' }),
  size: z.number().int().min(0).max(65_536).optional().meta({
    description:
      'RSA: 1024 to 4096, 2048 when not given. ECDSA: 256, 384, 521, 256 when not given.',
  }),
}

/** When a certificate holds (reference 5.4). */
export const validityFields = {
  duration: z.number().int().min(0).max(3_000_000).optional().meta({
    description: 'Days from now, or from notBefore when that is given.',
  }),
  notAfter: orEmpty(text(40)).meta({ description: 'RFC 3339; goes before duration.' }),
  notBefore: orEmpty(text(40)).meta({ description: 'RFC 3339; a day ago when not given.' }),
}

/** For what client authentication trusts the certificates of a CA. */
export const Trust = z.object({
  client_authentication: z.enum(['Enabled', 'Disabled']),
  user_authentication: z.enum(['Enabled', 'Disabled']),
})

export const purposesBody = z.object({
  allow_client_authentication: z.boolean().optional(),
  allow_user_authentication: z.boolean().optional(),
})

/** Whole seconds in UTC; `0001-01-01T00:00:00Z` is no time. */
const CertificateTime = z.string().max(40).meta({ format: 'date-time' })
const Hex = (bits: number) => z.string().max(bits / 4)

export const fingerprints = {
  sha1Fingerprint: Hex(160),
  sha256Fingerprint: Hex(256),
  sha512Fingerprint: Hex(512),
}
export const validity = { notBefore: CertificateTime, notAfter: CertificateTime }
export const SerialNumber = z.string().max(64).meta({ description: 'In decimal.' })
/** Slash form: `/C=US/O=Org/CN=test.com`. */
export const Subject = z.string().max(8192)
export const Uri = z.string().max(256)

/** A filter that is compared with the whole value; empty is none. */
export const Exact = (max: number) => orEmpty(text(max))
