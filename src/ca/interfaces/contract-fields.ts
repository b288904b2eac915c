import { z } from 'zod'
import { Time, text } from '../../kit/wire.ts'
import { orEmpty } from '../contract.ts'

export const InterfaceName = text(128).meta({ description: 'The name; an id is not taken.' })
const identifiers = z.array(text(512)).max(100)

const subjectPart = text(128).nullish()
/** Whom a certificate names (reference 9.1, 9.2). */
export const attributes = {
  dns_names: z.array(text(253)).max(256).nullish(),
  email_addresses: z.array(text(320)).max(256).nullish(),
  ip_addresses: z.array(text(45)).max(256).nullish(),
  names: z
    .array(
      z.object({
        C: subjectPart,
        ST: subjectPart,
        L: subjectPart,
        O: subjectPart,
        OU: subjectPart,
      }),
    )
    .max(64)
    .nullish(),
}

const CipherSuite = z.object({
  cipher_suite: text(64).meta({ description: 'As IANA registers it.' }),
  enabled: z.boolean(),
  hex_code: text(16).nullish(),
})
const Group = z.object({ group_name: text(64), enabled: z.boolean() })

/** The wire form of an interface (reference 9.2). */
export const Interface = z.object({
  id: z.uuid(),
  name: z.string().max(128),
  mode: z.string().max(32),
  auto_gen_ca_id: z.string().max(512),
  auto_gen_days_before_expiry: z.number().int(),
  trusted_cas: z.object({ local: identifiers, external: identifiers.optional() }),
  createdAt: Time,
  updatedAt: Time,
  default_connection: z.string().max(64),
  port: z.number().int(),
  network_interface: z.string().max(64),
  interface_type: z.string().max(16),
  minimum_tls_version: z.string().max(16),
  maximum_tls_version: z.string().max(16),
  enabled: z.boolean(),
  local_auto_gen_attributes: z.object({
    cn: z.string().max(256),
    ...attributes,
    generated: z.boolean(),
  }),
  tls_ciphers: z.array(CipherSuite).max(64),
  tls_groups: z.array(Group).max(64),
})
export type Interface = z.output<typeof Interface>

/** What POST and PATCH take; texts that are empty reset or clear where the field says so. */
const fields = {
  interface_type: text(16).optional(),
  network_interface: text(64).optional().meta({ description: '`all`.' }),
  mode: text(32).optional().meta({
    description: 'Whether a client certificate is asked for, for one.',
  }),
  minimum_tls_version: text(16).optional().meta({
    description: '`tls_1_2` or `tls_1_3`; empty: `tls_1_2`.',
  }),
  maximum_tls_version: text(16).optional().meta({
    description: '`tls_1_2` or `tls_1_3`; empty: the newest.',
  }),
  cert_user_field: orEmpty(z.enum(['CN', 'SN', 'E', 'E_ND', 'UID', 'OU'])).meta({
    description: 'Which part of a client certificate is the user name.',
  }),
  auto_gen_ca_id: text(512).optional().meta({
    description: 'The local CA that makes the certificate; empty: none is made by itself.',
  }),
  auto_gen_days_before_expiry: z.number().int().min(0).max(365).optional().meta({
    description: 'How many days before the end of the certificate its successor is prepared.',
  }),
  local_auto_gen_attributes: z
    .object({ cn: text(256).nullish(), ...attributes, uid: text(256).nullish() })
    .optional()
    .meta({ description: 'Whom a certificate that is made here names; {}: the server itself.' }),
  trusted_cas: z
    .object({ local: identifiers.nullish(), external: identifiers.nullish() })
    .optional()
    .meta({ description: 'Which CAs client certificates must come from.' }),
  auto_registration: z.boolean().optional(),
  registration_token: text(1024).optional().meta({ secret: true }),
  allow_unregistered: z.boolean().optional(),
  default_connection: text(256).optional(),
  kmip_enable_hard_delete: z.number().int().min(0).max(1).optional(),
  custom_uid_size: z.number().int().min(0).max(65_536).optional(),
  custom_uid_v2: z.boolean().optional(),
  meta: z
    .object({ nae: z.object({ mask_system_groups: z.boolean().nullish() }).nullish() })
    .optional(),
  tls_ciphers: z.array(CipherSuite).max(256).optional().meta({
    description: 'The suites that are on; those that are not named are off. Empty: the defaults.',
  }),
  tls_groups: z.array(Group).max(256).optional().meta({
    description: 'The groups that are on; those that are not named are off. Empty: the defaults.',
  }),
}
export const changes = z.object(fields)
export type Changes = z.output<typeof changes>

export const Chain = z.object({
  certificates: z.string().max(1_048_576).meta({
    description: 'PEM, the server’s own certificate first; empty when there is none.',
  }),
})
export const certificateBody = z.object({
  certificate: orEmpty(text(262_144)).meta({
    description:
      'PEM: the certificate, those of its issuers and the private key. PKCS #12: in base64. Without a key it must be for the request that was made here.',
    secret: true,
  }),
  format: orEmpty(z.enum(['PEM', 'PKCS12'])).meta({ description: 'PEM when not given.' }),
  password: orEmpty(text(1024)).meta({ description: 'Opens the private key.', secret: true }),
  generate: z.boolean().optional().meta({
    description: 'Whether a new key and certificate are made here instead.',
  }),
})
