import type { Sealed, SealsOf } from './sealed.ts'

/** Local and external CAs, certificates, and their revocation. */
export interface CaTables {
  local_cas: LocalCaRow
  certificates: CertificateRow
  certificate_keys: CertificateKeyRow
  external_cas: ExternalCaRow
  revocations: RevocationRow
  revocation_changes: RevocationChangesRow
  crl_numbers: CrlNumberRow
  crls: CrlRow
  ocsp_responders: OcspResponderRow
}

/** What every certificate says of itself. Times as everywhere in the store; the wire has them in whole seconds. */
export interface CertificateColumns {
  subject: string
  issuer: string
  /** Decimal. */
  serial_number: string
  not_before: string
  not_after: string
  /** Upper-case hexadecimal over the DER. */
  sha1_fingerprint: string
  sha256_fingerprint: string
  sha512_fingerprint: string
}

/** A CA whose key is here. While it is pending there is a request and no certificate yet. */
export interface LocalCaRow extends Sealed {
  id: string
  domain_id: string
  name: string
  /** `pending` or `active`; that an active one has expired is read off `not_after`. */
  state: string
  /** PKCS #10 in PEM, kept after activation. */
  csr: string
  /** PEM; null while pending, and so are the columns that a certificate alone can fill. */
  cert: string | null
  /** URI of the CA that signed it; null while pending and for self-signed ones. */
  parent: string | null
  subject: string
  issuer: string | null
  serial_number: string | null
  not_before: string | null
  not_after: string | null
  /** Of the certificate; of the request while pending. */
  sha1_fingerprint: string
  sha256_fingerprint: string
  sha512_fingerprint: string
  /** PKCS #8 inside the envelope. */
  private_key: Uint8Array
  /** 0 or 1; null until somebody chooses or the CA is activated. */
  client_authentication: number | null
  user_authentication: number | null
  created_at: string
  updated_at: string
}

/** What a local CA has issued. */
export interface CertificateRow extends Sealed, CertificateColumns {
  id: string
  domain_id: string
  ca_id: string
  name: string
  /** `server`, `client` or `ca`. */
  purpose: string
  /** PEM. */
  cert: string
  /** Both null unless revoked. */
  revoked_at: string | null
  revoked_reason: string | null
  created_at: string
  updated_at: string
}

/**
 * Which key a certificate is for. The table only helps to find certificates: what it says is held against the sealed row of
 * the certificate before anybody acts on it.
 */
export interface CertificateKeyRow {
  certificate_id: string
  domain_id: string
  /** SHA-256 over the SubjectPublicKeyInfo, in hexadecimal. */
  key_digest: string
}

/** A CA that is trusted without its key. */
export interface ExternalCaRow extends Sealed, CertificateColumns {
  id: string
  domain_id: string
  name: string
  /** PEM. */
  cert: string
  /** URI of another CA, when the uploader named one. */
  parent: string | null
  client_authentication: number
  user_authentication: number
  created_at: string
  updated_at: string
}

/**
 * What a local CA says of a serial number that it issued, for as long as that matters: of every certificate that was
 * ever revoked, and of those that were deleted while they were good.
 */
export interface RevocationRow extends Sealed {
  ca_id: string
  /** Decimal. */
  serial_number: string
  domain_id: string
  /** `revoked`; `resumed` after a hold; `issued`: deleted from the records and good. */
  state: string
  /** Both null unless revoked. */
  reason: string | null
  revoked_at: string | null
  /** The end of the certificate. */
  not_after: string
  /** Which of the CA's changes this is; 0 for what is on no list. */
  change_number: number
  updated_at: string
}

/**
 * How often what a CA says of its certificates has changed: lists and answers made earlier are old. Every CA has one
 * from its activation on, and it says what its revocations come to: without it rows could be taken away unseen.
 */
export interface RevocationChangesRow extends Sealed {
  ca_id: string
  domain_id: string
  changes: number
  /** How many rows of `revocations` there are, and the sum of their seals (ca/revocation/tally.ts). */
  records: number
  digest: string
}

/** The CRL numbers of a CA: the last one given, and the list that deltas stand on. */
export interface CrlNumberRow extends Sealed {
  ca_id: string
  domain_id: string
  number: number
  base_number: number
  base_changes: number
  base_at: string
  /** What all certificates of the CA name as the place of its lists; empty when they do not all name the same. */
  address: string
}

/** The newest CRL of each kind: every node serves the same bytes, before and after a restart. */
export interface CrlRow extends Sealed {
  ca_id: string
  /** `full` or `delta`. */
  kind: string
  domain_id: string
  number: number
  /** The changes of the CA that it holds, at least. */
  changes: number
  this_update: string
  next_update: string
  /** The address of the server when it was made; empty: none. */
  address: string
  der: Uint8Array
}

/** The certificate and key that answer OCSP requests for a CA; the id is the CA's. */
export interface OcspResponderRow extends Sealed {
  id: string
  domain_id: string
  /** PEM. */
  cert: string
  not_after: string
  /** PKCS #8 inside the envelope. */
  private_key: Uint8Array
  created_at: string
}

/** `CertificateColumns` as they stand under the seals of the tables that have them. */
export const certificateColumns = {
  subject: 'text',
  issuer: 'text',
  serial_number: 'text',
  not_before: 'text',
  not_after: 'text',
  sha1_fingerprint: 'text',
  sha256_fingerprint: 'text',
  sha512_fingerprint: 'text',
} as const

/** The columns under the seal of each row, in the order in which they are encoded. */
export const caSeals = {
  local_cas: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      state: 'text',
      csr: 'text',
      cert: 'text?',
      parent: 'text?',
      subject: 'text',
      issuer: 'text?',
      serial_number: 'text?',
      not_before: 'text?',
      not_after: 'text?',
      sha1_fingerprint: 'text',
      sha256_fingerprint: 'text',
      sha512_fingerprint: 'text',
      private_key: 'bytes',
      client_authentication: 'integer?',
      user_authentication: 'integer?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  certificates: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      ca_id: 'text',
      name: 'text',
      purpose: 'text',
      cert: 'text',
      ...certificateColumns,
      revoked_at: 'text?',
      revoked_reason: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  external_cas: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      cert: 'text',
      parent: 'text?',
      ...certificateColumns,
      client_authentication: 'integer',
      user_authentication: 'integer',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  revocations: {
    key: ['ca_id', 'serial_number'],
    columns: {
      ca_id: 'text',
      serial_number: 'text',
      domain_id: 'text',
      state: 'text',
      reason: 'text?',
      revoked_at: 'text?',
      not_after: 'text',
      change_number: 'integer',
      updated_at: 'text',
      version: 'integer',
    },
  },
  revocation_changes: {
    key: ['ca_id'],
    columns: {
      ca_id: 'text',
      domain_id: 'text',
      changes: 'integer',
      records: 'integer',
      digest: 'text',
      version: 'integer',
    },
  },
  crl_numbers: {
    key: ['ca_id'],
    columns: {
      ca_id: 'text',
      domain_id: 'text',
      number: 'integer',
      base_number: 'integer',
      base_changes: 'integer',
      base_at: 'text',
      address: 'text',
      version: 'integer',
    },
  },
  crls: {
    key: ['ca_id', 'kind'],
    columns: {
      ca_id: 'text',
      kind: 'text',
      domain_id: 'text',
      number: 'integer',
      changes: 'integer',
      this_update: 'text',
      next_update: 'text',
      address: 'text',
      der: 'bytes',
      version: 'integer',
    },
  },
  ocsp_responders: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      cert: 'text',
      not_after: 'text',
      private_key: 'bytes',
      created_at: 'text',
      version: 'integer',
    },
  },
} satisfies SealsOf<CaTables>
