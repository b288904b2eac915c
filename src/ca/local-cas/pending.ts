import type { Envelope } from '../../crypto/envelope.ts'
import type { LocalCaRow, Sealed } from '../../store/schema.ts'
import { x509 } from '../library.ts'
import { wrapKey } from '../private-keys.ts'
import type { KeyRules } from '../x509/index.ts'
import type { KeyAlgorithm, SubjectFields } from '../x509/types.ts'

export type PendingCa = Omit<LocalCaRow, keyof Sealed | 'created_at' | 'updated_at'>

/** A CA with a new key and the request for its certificate, not yet stored. Slow: made before its unit of work. */
export async function preparePending(
  envelope: Envelope,
  owner: Pick<LocalCaRow, 'id' | 'domain_id' | 'name'>,
  { algorithm, size }: { readonly algorithm: KeyAlgorithm; readonly size: number | undefined },
  subject: SubjectFields,
  rules: KeyRules,
): Promise<PendingCa> {
  const { buildRequest, generateKey, requestFacts } = await x509()
  const key = await generateKey(algorithm, size, rules)
  const csr = await buildRequest(key, subject)
  const facts = requestFacts(csr)
  return {
    ...owner,
    state: 'pending',
    csr,
    cert: null,
    parent: null,
    subject: facts.subject,
    issuer: null,
    serial_number: null,
    not_before: null,
    not_after: null,
    sha1_fingerprint: facts.sha1Fingerprint,
    sha256_fingerprint: facts.sha256Fingerprint,
    sha512_fingerprint: facts.sha512Fingerprint,
    private_key: await wrapKey(envelope, owner, key),
    client_authentication: null,
    user_authentication: null,
  }
}
