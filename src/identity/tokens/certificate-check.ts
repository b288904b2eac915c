import { createHash } from 'node:crypto'
import { CertificateRefused, type CertificateTrust, readUserCertificate } from '../../ca/index.ts'
import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { UserRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { dnOfSubject } from '../dn.ts'

/** What is known of client certificates: whom they may be from, and what the web interface wants of them. */
export interface SignInTrust extends CertificateTrust {
  /** The mode of the web interface (certificates reference 9.3). */
  mode(read: Reader): Promise<string>
}

/** The user that a certificate names; nobody when there is none or it is not good enough. */
export interface Shown {
  readonly user: UserRow | undefined
  /** Whether a path to it holds, whoever it names. */
  readonly isValid: boolean
  /** PEM, for looking at it again when the session is renewed. */
  readonly certificates: string | null
}

export const NOTHING_SHOWN: Shown = { user: undefined, isValid: false, certificates: null }

/**
 * Checks the certificates of this connection, or those of an earlier one. What is wrong with them goes into the audit
 * record and nowhere else: every refusal looks the same from outside (L3).
 */
export async function checkCertificates(
  context: Context,
  trust: CertificateTrust,
  chain: readonly Uint8Array[] = context.clientCertificates(),
): Promise<Shown> {
  const [own] = chain
  if (own) context.note({ certificate_sha256: fingerprint(own) })
  try {
    const certificate = await readUserCertificate(context.read, chain, context.now(), trust)
    const subject = dnOfSubject(certificate.subject)
    context.note({
      certificate_subject: subject.slice(0, 1024),
      certificate_issuer: certificate.issuer.slice(0, 1024),
      certificate_serial: certificate.serialNumber,
    })
    const users = await context.read.rows('users', {
      domain_id: ROOT_DOMAIN,
      certificate_subject_dn: subject,
    })
    // One owner, or none at all: no name says which of two was meant.
    const [user] = users.length === 1 ? users : []
    if (!user) context.note({ certificate_refused: 'no user has this distinguished name' })
    return { user, isValid: true, certificates: certificate.pem }
  } catch (error) {
    if (!(error instanceof CertificateRefused)) throw error
    context.note({ certificate_refused: error.message })
    return NOTHING_SHOWN
  }
}

/** What a sign-in has to bring. */
export interface Demands {
  /** `own`: of the very user who signs in. */
  readonly certificate: 'ignored' | 'optional' | 'valid' | 'own'
  readonly password: 'optional' | 'required'
}

const demands: Readonly<Record<string, Demands>> = {
  'unauth-tls-opt-pw-opt': { certificate: 'ignored', password: 'optional' },
  'unauth-tls-pw-opt': { certificate: 'ignored', password: 'optional' },
  'unauth-tls-pw-req': { certificate: 'ignored', password: 'required' },
  'tls-cert-opt-pw-opt': { certificate: 'optional', password: 'optional' },
  'tls-pw-opt': { certificate: 'valid', password: 'optional' },
  'tls-pw-req': { certificate: 'valid', password: 'required' },
  'tls-cert-pw-opt': { certificate: 'own', password: 'optional' },
  'tls-cert-and-pw': { certificate: 'own', password: 'required' },
}

/** What the mode of the web interface asks of a sign-in. One that is not known here asks for everything. */
export const demandsOf = (mode: string): Demands =>
  demands[mode] ?? { certificate: 'own', password: 'required' }

/** Whether what was shown is enough for this user to sign in with a password. */
export const isEnough = ({ certificate }: Demands, shown: Shown, user: UserRow): boolean =>
  certificate === 'own' ? shown.user?.id === user.id : certificate !== 'valid' || shown.isValid

const fingerprint = (der: Uint8Array): string =>
  createHash('sha256').update(der).digest('hex').toUpperCase()
