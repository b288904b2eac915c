import { quote } from '../../kit/fault.ts'
import { wireTime } from '../../kit/time.ts'
import type { CertificateRow, ExternalCaRow, LocalCaRow } from '../../store/schema.ts'
import type { Alarming } from '../../system/index.ts'

export const DAY = 86_400_000

/** How many days before an end it is said. Each has the next smaller one behind it. */
export const THRESHOLDS = [1, 7, 30] as const
export type Threshold = (typeof THRESHOLDS)[number]

/** Something that ends, from its row. */
export interface Ending {
  readonly kind: keyof typeof kinds
  readonly row: Pick<LocalCaRow, 'id' | 'domain_id' | 'name' | 'subject' | 'created_at'>
  /** As stored. */
  readonly notAfter: string
  /** Of a certificate: the CA that issued it. */
  readonly issuer?: string
}

const kinds = {
  certificate: {
    name: 'Certificate ends soon',
    service: 'certificates',
    is: 'The certificate',
    consequence: 'Whoever uses it needs a new one before then.',
  },
  localCa: {
    name: 'Local CA ends soon',
    service: 'localCas',
    is: 'The local CA',
    consequence: 'What it has issued ends with it, and it will issue no more.',
  },
  externalCa: {
    name: 'External CA ends soon',
    service: 'externalCas',
    is: 'The external CA',
    consequence: 'Certificates that it has signed will no longer be accepted.',
  },
} as const

export const endOfCertificate = (row: CertificateRow, ca: LocalCaRow): Ending => ({
  kind: 'certificate',
  row,
  notAfter: row.not_after,
  issuer: ca.name,
})
export const endOfLocalCa = (row: LocalCaRow, notAfter: string): Ending => ({
  kind: 'localCa',
  row,
  notAfter,
})
export const endOfExternalCa = (row: ExternalCaRow): Ending => ({
  kind: 'externalCa',
  row,
  notAfter: row.not_after,
})

/** How long an alarm is kept after the end that it told of. */
const KEPT = 90 * DAY

export function alarmFor({ kind, row, notAfter, issuer }: Ending, days: Threshold): Alarming {
  const { name, service, is, consequence } = kinds[kind]
  const cause = (threshold: Threshold) => `ends/${kind}/${row.id}/${threshold}`
  const of = issuer === undefined ? '' : ` of the local CA ${quote(issuer)}`
  const left = days === 1 ? 'less than a day' : `less than ${days} days`
  return {
    domain: row.domain_id,
    cause: cause(days),
    replaces: THRESHOLDS.filter((threshold) => threshold > days).map(cause),
    name,
    severity: days === 1 ? 'critical' : 'warning',
    description: `${is} ${quote(row.name)}${of} (${row.subject}) ends in ${left}, on ${wireTime(notAfter)}. ${consequence}`,
    service,
    details: { id: row.id, name: row.name, subject: row.subject, not_after: wireTime(notAfter) },
    keptUntil: new Date(Date.parse(notAfter) + KEPT),
  }
}
