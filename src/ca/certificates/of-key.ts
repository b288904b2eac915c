import { hash, X509Certificate } from 'node:crypto'
import { quote } from '../../kit/fault.ts'
import { type Clock, timeText } from '../../kit/time.ts'
import type { CertificateRow, KeyRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'

type Certificate = Pick<CertificateRow, 'id' | 'domain_id'>

/** Part of the unit that issues a certificate. */
export const rememberKey = (tx: Writer, { id, domain_id }: Certificate, digest: string): void =>
  tx.run(
    tx.insertInto('certificate_keys').values({ certificate_id: id, domain_id, key_digest: digest }),
  )

/** Part of the unit that deletes it. */
export const forgetKey = (tx: Writer, { id }: Certificate): void =>
  tx.run(tx.deleteFrom('certificate_keys').where('certificate_id', '=', id))

const MOST = 100

/**
 * Says which certificate of a local CA goes with a private key, for whoever wants to delete the key: one that has not
 * ended and is not revoked for good.
 */
export const certificateOfKey =
  (now: Clock) =>
  async (
    read: Reader,
    key: Pick<KeyRow, 'domain_id' | 'object_type' | 'sha256_fingerprint'>,
  ): Promise<string | undefined> => {
    const { domain_id, object_type, sha256_fingerprint } = key
    if (object_type !== 'Private Key' || sha256_fingerprint === null) return undefined
    const digest = sha256_fingerprint.toLowerCase()
    const found = await read
      .selectFrom('certificates')
      .selectAll()
      .where('domain_id', '=', domain_id)
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('certificate_keys')
          .select('certificate_id')
          .where('domain_id', '=', domain_id)
          .where('key_digest', '=', digest)
          .limit(MOST),
      )
      .execute()
    const at = timeText(now())
    const certificate = found.find(
      (one) => isGood(one) && one.not_after > at && digestIn(one.cert) === digest,
    )
    return certificate && `by the certificate ${quote(certificate.name)} of a local CA`
  }

/** A certificate on hold may come back. */
const isGood = ({ revoked_reason }: CertificateRow): boolean =>
  revoked_reason === null || revoked_reason === 'certificateHold'

const digestIn = (pem: string): string =>
  hash('sha256', new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
