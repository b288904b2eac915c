import type { Distribution } from './x509/types.ts'

/** The base of the addresses that stand in certificates, without a slash at its end; undefined: they have none. */
export type PkiAddress = string | undefined

/** Where everyone may fetch what a CA publishes (reference 11). */
const pkiPaths = (caId: string) =>
  ({
    crl: `/pki/${caId}/crl`,
    deltaCrl: `/pki/${caId}/delta-crl`,
    certificate: `/pki/${caId}/cert`,
    ocsp: `/pki/${caId}/ocsp`,
  }) as const

/** What a certificate of this CA says about where its revocation can be looked up. */
export function distributionOf(base: PkiAddress, caId: string): Distribution {
  if (base === undefined) return {}
  const { crl, ocsp, certificate } = pkiPaths(caId)
  return { crl: base + crl, ocsp: base + ocsp, caCertificate: base + certificate }
}

/** Where the changes since the last list of this CA can be had. */
export const deltaAddress = (base: PkiAddress, caId: string): string | undefined =>
  base === undefined ? undefined : base + pkiPaths(caId).deltaCrl
