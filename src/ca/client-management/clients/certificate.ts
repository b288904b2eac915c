import type { Context } from '../../../context.ts'
import type { ExternalCaRow, RegisteredClientRow } from '../../../store/schema.ts'
import type { Writer } from '../../../store/store.ts'
import { type Issuing, record, type Signed, sign } from '../../certificates/issued.ts'
import { demandAnchorStays } from '../../interfaces/trust.ts'
import { chainOf } from '../../issuers.ts'
import { x509 } from '../../library.ts'
import { validityFor } from '../../validity.ts'
import type { KeyEncryption, MarkedField } from '../../x509/index.ts'
import type { SigningCa } from '../authority.ts'
import type { Wish } from './wish.ts'

/** A certificate for a client that is on no record yet, and what its holder is answered. */
export interface Obtained {
  readonly columns: Pick<
    RegisteredClientRow,
    | 'ca_id'
    | 'ca_type'
    | 'cert'
    | 'subject'
    | 'issuer'
    | 'serial_number'
    | 'not_before'
    | 'not_after'
    | 'sha1_fingerprint'
    | 'sha256_fingerprint'
    | 'sha512_fingerprint'
    | 'subject_field'
  >
  readonly client_ca: string
  /** Undefined for one that was brought. */
  readonly signed: Signed | undefined
  readonly broughtFrom?: ExternalCaRow
}

interface Terms {
  readonly id: string
  readonly name: string
  readonly days: number
  /** The part of the subject that gets the id; null: the subject stays as it is asked for. */
  readonly field: MarkedField | null
  /** Asked only when something is to be signed. */
  ca(): Promise<SigningCa>
}

/** Has the certificate signed, or takes the one that was brought. */
export async function obtain(
  context: Context,
  wish: Wish,
  { ca: signing, days, field, id, name }: Terms,
  issuing: Issuing,
): Promise<Obtained> {
  if (wish.kind === 'external') {
    const { ca, cert, facts } = wish
    return {
      columns: { ...facts, cert, ca_id: ca.id, ca_type: 'external', subject_field: null },
      client_ca: await chainOf(context, ca),
      signed: undefined,
      broughtFrom: ca,
    }
  }
  const { withMark } = await x509()
  const asked = await wish.request(name)
  const request = field === null ? asked : withMark(asked, field, id)
  const ca = await signing()
  const validity = validityFor({ duration: days }, context.now())
  const signed = await sign(context, ca, request, 'client', validity, issuing)
  const { cert, facts } = signed
  return {
    columns: { ...facts, cert, ca_id: ca.id, ca_type: 'local', subject_field: field },
    client_ca: await chainOf(context, ca),
    signed,
  }
}

/** Part of the unit that gives it to a client: fails when its CA was deleted meanwhile. */
export async function keep(
  context: Context,
  tx: Writer,
  { broughtFrom, signed }: Obtained,
  at: string,
  issuing: Issuing,
): Promise<void> {
  if (signed) await record(context, tx, signed, { at }, issuing)
  if (broughtFrom)
    demandAnchorStays(tx, { kind: 'external', cert: broughtFrom.cert, row: broughtFrom })
}

/** The key that was made here, as it is answered once. */
export async function keyOnce(
  wish: Wish,
  { enc_alg, password }: { enc_alg?: KeyEncryption | undefined; password?: string | undefined },
): Promise<{ key?: string }> {
  if (wish.kind !== 'request' || !wish.key) return {}
  const { encryptPrivateKey } = await x509()
  return { key: encryptPrivateKey(wish.key, enc_alg, password) }
}
