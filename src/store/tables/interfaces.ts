import type { Sealed, SealsOf } from './sealed.ts'

/** Interfaces, the certificates they show, and the CAs they trust. */
export interface InterfacesTables {
  interfaces: InterfaceRow
  interface_certificates: InterfaceCertificateRow
  trusted_cas: TrustedCaRow
}

/** A service on a port. Null stands for the server's own choice. */
export interface InterfaceRow extends Sealed {
  id: string
  domain_id: string
  name: string
  interface_type: string
  mode: string
  minimum_tls_version: string
  maximum_tls_version: string
  /** URI of a local CA; empty: no certificate is made by itself. */
  auto_gen_ca_id: string
  auto_gen_days_before_expiry: number
  /** JSON: whom a certificate that is made here names, beside the server's own names. */
  auto_gen_attributes: string | null
  /** JSON: `local` and `external`, lists of identifiers as they were given. */
  trusted_cas: string
  /** JSON: names of the suites and groups that are on. */
  tls_ciphers: string | null
  tls_groups: string | null
  /** The certificate that is shown, the one that follows it, and the request that waits for one. */
  certificate_id: string
  upcoming_id: string | null
  request_id: string | null
  created_at: string
  updated_at: string
}

/** A key of an interface with its certificate, or with the request for one. */
export interface InterfaceCertificateRow extends Sealed {
  id: string
  domain_id: string
  interface_id: string
  /** `generated` here, `given` by a caller, or a `request` without a certificate yet. */
  origin: string
  /** PEM, the server's own first; empty for a request. */
  chain: string
  /** PKCS #10 in PEM; null for what was given with its key. */
  csr: string | null
  /** The local CA that made it; null for what was not made here. */
  ca_id: string | null
  /** PKCS #8 inside the envelope. */
  private_key: Uint8Array
  created_at: string
}

/** A CA that a service trusts, beside those of its interface. */
export interface TrustedCaRow extends Sealed {
  id: string
  domain_id: string
  ca_id: string
  /** `local` or `external`. */
  ca_type: string
  service: string
  created_at: string
  updated_at: string
}

/** The columns under the seal of each row, in the order in which they are encoded. */
export const interfacesSeals = {
  interfaces: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      interface_type: 'text',
      mode: 'text',
      minimum_tls_version: 'text',
      maximum_tls_version: 'text',
      auto_gen_ca_id: 'text',
      auto_gen_days_before_expiry: 'integer',
      auto_gen_attributes: 'text?',
      trusted_cas: 'text',
      tls_ciphers: 'text?',
      tls_groups: 'text?',
      certificate_id: 'text',
      upcoming_id: 'text?',
      request_id: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  interface_certificates: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      interface_id: 'text',
      origin: 'text',
      chain: 'text',
      csr: 'text?',
      ca_id: 'text?',
      private_key: 'bytes',
      created_at: 'text',
      version: 'integer',
    },
  },
  trusted_cas: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      ca_id: 'text',
      ca_type: 'text',
      service: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
} satisfies SealsOf<InterfacesTables>
