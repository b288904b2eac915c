import { type CertificateColumns, certificateColumns } from './ca.ts'
import type { Sealed, SealsOf } from './sealed.ts'

/** How machines register themselves as clients, and those that did. */
export interface ClientsTables {
  client_profiles: ClientProfileRow
  registration_tokens: RegistrationTokenRow
  registered_clients: RegisteredClientRow
}

/** How clients are registered that come with a token of this profile. */
export interface ClientProfileRow extends Sealed {
  id: string
  domain_id: string
  name: string
  /** The local CA that signs; null: the domain's oldest that can. */
  ca_id: string | null
  /** What the caller named it by. */
  ca_ref: string | null
  /** In days. */
  cert_duration: number
  /** JSON, as it was given. */
  csr_parameters: string | null
  /** JSON: names of groups. */
  groups: string
  created_at: string
  updated_at: string
}

/** What lets machines register themselves as clients. */
export interface RegistrationTokenRow extends Sealed {
  id: string
  domain_id: string
  /** The token inside the envelope, for those who may read it again. */
  token: Uint8Array
  /** Keyed hash of the token, by which it is found. */
  token_hash: string
  name_prefix: string
  /** As it was given, such as `30d`; null: no end. */
  lifetime: string | null
  valid_until: string | null
  /** 0: as many as come. */
  max_clients: number
  clients_registered: number
  /** Null: the profile's. */
  ca_id: string | null
  ca_ref: string | null
  /** Null: the default profile, whichever that is when a client comes. */
  profile_id: string | null
  profile_ref: string | null
  /** In days; 0: the profile's. */
  cert_duration: number
  /** Members of an object, a line for each. */
  label: string | null
  labels: string | null
  created_at: string
  updated_at: string
}

/** A client that registered, with the certificate that it has now. */
export interface RegisteredClientRow extends Sealed, CertificateColumns {
  id: string
  domain_id: string
  name: string
  /** `public` or `confidential`. */
  client_type: string
  token_id: string
  profile_id: string
  ca_id: string
  /** `local`: issued here for this client. `external`: shown by the client, issued by an external CA known here. */
  ca_type: string
  /** PEM. */
  cert: string
  /** The part of the subject that carries the client's id; null where the subject stayed as it was. */
  subject_field: string | null
  /** JSON: names of groups. */
  groups: string
  /** Members of an object, a line for each. */
  client_metadata: string | null
  /** Of a certificate of an external CA; a local CA says itself what it has revoked. */
  revoked_at: string | null
  revoked_reason: string | null
  created_at: string
  updated_at: string
}

/** The columns under the seal of each row, in the order in which they are encoded. */
export const clientsSeals = {
  client_profiles: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      ca_id: 'text?',
      ca_ref: 'text?',
      cert_duration: 'integer',
      csr_parameters: 'text?',
      groups: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  registration_tokens: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      token: 'bytes',
      token_hash: 'text',
      name_prefix: 'text',
      lifetime: 'text?',
      valid_until: 'text?',
      max_clients: 'integer',
      clients_registered: 'integer',
      ca_id: 'text?',
      ca_ref: 'text?',
      profile_id: 'text?',
      profile_ref: 'text?',
      cert_duration: 'integer',
      label: 'text?',
      labels: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  registered_clients: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      client_type: 'text',
      token_id: 'text',
      profile_id: 'text',
      ca_id: 'text',
      ca_type: 'text',
      cert: 'text',
      ...certificateColumns,
      subject_field: 'text?',
      groups: 'text',
      client_metadata: 'text?',
      revoked_at: 'text?',
      revoked_reason: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
} satisfies SealsOf<ClientsTables>
