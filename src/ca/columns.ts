import { wireTime } from '../kit/time.ts'
import type { CertificateColumns } from '../store/schema.ts'
import { storedFact } from './validity.ts'
import type { CertificateFacts } from './x509/types.ts'

/** What a certificate says of itself, as the columns of its row. */
export const columnsOf = (facts: CertificateFacts): CertificateColumns => ({
  subject: facts.subject,
  issuer: facts.issuer,
  serial_number: facts.serialNumber,
  not_before: storedFact(facts.notBefore),
  not_after: storedFact(facts.notAfter),
  sha1_fingerprint: facts.sha1Fingerprint,
  sha256_fingerprint: facts.sha256Fingerprint,
  sha512_fingerprint: facts.sha512Fingerprint,
})

export const presentFingerprints = (
  row: Pick<CertificateColumns, 'sha1_fingerprint' | 'sha256_fingerprint' | 'sha512_fingerprint'>,
) => ({
  sha1Fingerprint: row.sha1_fingerprint,
  sha256Fingerprint: row.sha256_fingerprint,
  sha512Fingerprint: row.sha512_fingerprint,
})

export const presentNames = (row: CertificateColumns) => ({
  serialNumber: row.serial_number,
  subject: row.subject,
  issuer: row.issuer,
  notBefore: wireTime(row.not_before),
  notAfter: wireTime(row.not_after),
})
