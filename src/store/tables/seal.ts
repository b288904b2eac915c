/** The hierarchy of keys (docs/architecture.md), wrapped level by level. */
export interface SealTables {
  installation: InstallationRow
  root_keks: RootKekRow
  domain_keks: DomainKekRow
  data_keys: DataKeyRow
}

/** One row: which installation this database is, and a value only its root key can open. */
export interface InstallationRow {
  id: string
  created_at: string
  root_key_id: string
  root_check: Uint8Array
}

/** Wrapped by the root key. */
export interface RootKekRow {
  id: string
  version: number
  root_key_id: string
  wrapped: Uint8Array
  created_at: string
}

/** Wrapped by a version of the root KEK. The highest version of a domain wraps what is new. */
export interface DomainKekRow {
  id: string
  domain_id: string
  version: number
  root_kek_id: string
  wrapped: Uint8Array
  created_at: string
}

/** A key of the server's own, wrapped by a domain KEK: row seals, audit chain, token signing. */
export interface DataKeyRow {
  id: string
  domain_id: string
  purpose: string
  version: number
  domain_kek_id: string
  wrapped: Uint8Array
  /** The public half as a JWK, for signing keys. */
  public_jwk: string | null
  created_at: string
  /** After this time the key no longer signs; later it is no longer trusted and the row goes. */
  retired_at: string | null
}
