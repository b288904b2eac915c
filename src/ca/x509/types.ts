import type { KeyObject } from 'node:crypto'

/** The algorithms a CA key or a certificate request may have, as the wire names them. */
export type KeyAlgorithm = 'RSA' | 'ECDSA' | 'Ed25519' | 'ML-DSA'

/** One object of `names`: each field may come again in another object. */
export interface NameFields {
  readonly C?: string | undefined
  readonly ST?: string | undefined
  readonly L?: string | undefined
  readonly O?: string | undefined
  readonly OU?: string | undefined
}

/** What a certificate or request is about. */
export interface SubjectFields {
  readonly cn: string
  readonly uid?: string | undefined
  readonly names: readonly NameFields[]
  readonly dnsNames: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly ipAddresses: readonly string[]
}

/** What the wire shows of a certificate (reference, section 2). */
export interface CertificateFacts {
  /** Decimal. */
  readonly serialNumber: string
  /** Slash form: `/C=US/O=Org/CN=test.com`. */
  readonly subject: string
  readonly issuer: string
  /** RFC 3339, whole seconds. */
  readonly notBefore: string
  readonly notAfter: string
  /** Upper-case hexadecimal over the DER. */
  readonly sha1Fingerprint: string
  readonly sha256Fingerprint: string
  readonly sha512Fingerprint: string
  readonly isCa: boolean
}

/** A request that was read and whose own signature was checked. */
export interface ReadRequest {
  readonly der: Uint8Array
  readonly publicKey: KeyObject
  readonly subject: string
  readonly subjectDer: Uint8Array
  readonly names: Pick<SubjectFields, 'dnsNames' | 'emailAddresses' | 'ipAddresses'>
}

/** `ocsp`: answers OCSP requests for its issuer; nobody can ask for one. */
export type Purpose = 'server' | 'client' | 'ca' | 'ocsp'

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

declare const draftMark: unique symbol
/** A certificate that was checked against its profile and linted under a throw-away signature: the only thing that `issue` takes. */
export interface Draft {
  readonly [draftMark]: true
  readonly tbs: Uint8Array
}

/** Who signs: a CA's certificate and private key. */
export interface Issuer {
  readonly certificate: string
  readonly key: KeyObject
}

/** Where the certificates of this CA say that revocation can be looked up; none when no address is configured. */
export interface Distribution {
  readonly crl?: string
  readonly ocsp?: string
  readonly caCertificate?: string
}
