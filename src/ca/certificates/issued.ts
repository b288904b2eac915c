import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { CertificateColumns, CertificateRow, LocalCaRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { distributionOf, type PkiAddress } from '../addresses.ts'
import { columnsOf } from '../columns.ts'
import { x509 } from '../library.ts'
import { demandStays } from '../local-cas/store.ts'
import { openKey } from '../private-keys.ts'
import { nameFor } from '../reference.ts'
import { keepScope } from '../revocation/scope.ts'
import type { KeyRules, Purpose, ReadRequest, Validity } from '../x509/index.ts'
import { rememberKey } from './of-key.ts'

/** How certificates are issued here, whatever for. */
export interface Issuing {
  readonly rules: KeyRules
  readonly pkiUrl: PkiAddress
}

/** A local CA that can sign now. */
type Ca = LocalCaRow & { readonly cert: string; readonly not_after: string }

/** A certificate that was signed and is on no record yet. */
export interface Signed {
  readonly ca: Ca
  readonly cert: string
  readonly facts: CertificateColumns
  readonly purpose: string
  readonly keyDigest: string
}

/** Signs for a request that was read. A fault says why the CA may not. */
export async function sign(
  { services }: Pick<Context, 'services'>,
  ca: Ca,
  request: ReadRequest,
  purpose: Exclude<Purpose, 'ocsp'>,
  validity: Validity,
  { rules, pkiUrl }: Issuing,
): Promise<Signed> {
  const { factsOf, issue, keyDigest, prepareCertificate } = await x509()
  if (timeText(validity.notBefore) >= ca.not_after)
    throw new Fault('invalid-parameter', 'notBefore lies behind the end of the CA')
  const key = await openKey(services.envelope, ca)
  const issuer = { certificate: ca.cert, key }
  const distribution = distributionOf(pkiUrl, ca.id)
  const draft = await prepareCertificate(request, purpose, issuer, validity, distribution, rules)
  const cert = await issue(draft, key)
  const facts = columnsOf(factsOf(cert))
  return { ca, cert, facts, purpose, keyDigest: keyDigest(request.publicKey) }
}

/** Part of the unit that puts it on record: fails when the CA was deleted meanwhile, or its name is taken. */
export async function record(
  { read }: Pick<Context, 'read'>,
  tx: Writer,
  { ca, cert, facts, purpose, keyDigest }: Signed,
  { id = randomUUID(), name, at }: { readonly id?: string; readonly name?: string; at: string },
  { pkiUrl }: Issuing,
): Promise<CertificateRow> {
  const called = nameFor('certs', id, name)
  demandStays(tx, ca)
  await keepScope(tx, read, ca, pkiUrl)
  tx.count(ca.domain_id, 'certificates', 1)
  rememberKey(tx, { id, domain_id: ca.domain_id }, keyDigest)
  return tx.insert(
    'certificates',
    {
      id,
      domain_id: ca.domain_id,
      ca_id: ca.id,
      name: called,
      purpose,
      cert,
      ...facts,
      revoked_at: null,
      revoked_reason: null,
      created_at: at,
      updated_at: at,
    },
    // Serials of 128 random bits do not meet; names may.
    { duplicate: new Fault('conflict', `the certificate ${quote(called)} already exists`) },
  )
}
