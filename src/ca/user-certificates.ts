import { readPem } from '../crypto/pem.ts'
import { ROOT_DOMAIN } from '../kit/domain.ts'
import type { ExternalCaRow, LocalCaRow } from '../store/schema.ts'
import type { Reader } from '../store/store.ts'
import { isOfClient } from './client-management/uses.ts'
import type { TrustedAnchor } from './interfaces/trust.ts'
import { x509 } from './library.ts'
import type { KnownCa, SubjectPart } from './x509/index.ts'
import { PathRefused } from './x509/path/refused.ts'

/** What is believed about client certificates, and who says so. */
export interface CertificateTrust {
  trusted(read: Reader): Promise<readonly TrustedAnchor[]>
  /** What a local CA says of a serial number. */
  statusOf(
    read: Reader,
    ca: { readonly id: string; readonly domain_id: string },
    serialDecimal: string,
  ): Promise<{ readonly is: 'good' | 'revoked' | 'unknown' }>
  readonly allowRsa1024: boolean
}

/** Who a certificate speaks for, after everything about it was checked. */
export interface UserCertificate {
  readonly subject: readonly SubjectPart[]
  /** Decimal. */
  readonly serialNumber: string
  /** In the slash form. */
  readonly issuer: string
  /** What of the chain led to a trusted CA, in PEM, for looking at it again later. */
  readonly pem: string
}

/** What is wrong with a certificate: for the audit log, never for whoever shows it. */
export class CertificateRefused extends Error {
  override readonly name = 'CertificateRefused'
}

/**
 * Checks the chain of a TLS client as a user's certificate (reference 3.4): a path to a CA of the root domain that the
 * web interface trusts and that may sign users in, valid now, for client authentication, and not revoked. A CA on the
 * way that is known here has to allow the same, and what a local CA issued is looked up in its records. An external CA
 * has no records here: to take one of its certificates back, its own purpose or trust is taken back. Throws
 * CertificateRefused.
 */
export async function readUserCertificate(
  read: Reader,
  chain: readonly Uint8Array[],
  now: Date,
  trust: CertificateTrust,
): Promise<UserCertificate> {
  const library = await x509()
  const usable = (await trust.trusted(read)).filter(({ row }) => maySignIn(row))
  try {
    return await library.findUserPath(chain, {
      anchors: usable.map(({ cert }) => cert),
      at: now,
      allowRsa1024: trust.allowRsa1024,
      known: (subject) => knownCas(read, subject),
      statusOf: async (ca, serial) => {
        // Whoever has a registration token chooses the names in his certificate, so they say nothing about users.
        if (await isOfClient(read, ca, serial))
          throw new PathRefused('it is the certificate of a registered client, and of no user')
        return (await trust.statusOf(read, ca, serial)).is
      },
    })
  } catch (error) {
    if (error instanceof PathRefused) throw new CertificateRefused(error.message, { cause: error })
    throw error
  }
}

/** The chain that `pem` of a user's certificate holds. */
export const chainIn = (pem: string): readonly Uint8Array[] =>
  readPem(pem, 'the certificate', MAX_PEM).map(({ der }) => der)

const MAX_PEM = 1024 * 1024

const maySignIn = (row: LocalCaRow | ExternalCaRow): boolean =>
  row.domain_id === ROOT_DOMAIN &&
  row.user_authentication !== 0 &&
  !('state' in row && row.state !== 'active')

/** The CAs of the root domain with this subject, as it is printed. A pending one has signed nothing yet. */
async function knownCas(read: Reader, subject: string): Promise<KnownCa[]> {
  const where = { domain_id: ROOT_DOMAIN, subject }
  const [local, external] = await Promise.all([
    read.rows('local_cas', where),
    read.rows('external_cas', where),
  ])
  return [
    ...local.flatMap((row) => (row.cert === null ? [] : [knownCa('local', row, row.cert)])),
    ...external.map((row) => knownCa('external', row, row.cert)),
  ]
}

const knownCa = (
  kind: KnownCa['kind'],
  row: LocalCaRow | ExternalCaRow,
  cert: string,
): KnownCa => ({
  kind,
  id: row.id,
  domain_id: row.domain_id,
  name: row.name,
  cert,
  maySignIn: maySignIn(row),
})
