import { createPublicKey, type KeyObject } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  bitString,
  enumerated,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
  tlv,
} from '../../crypto/der.ts'
import { invalid } from '../../crypto/refuse.ts'
import { describeKey, type SignatureRow, signWith, verifiesLater } from './algorithms.ts'
import { type Certificate, type Extension, firstCertificate } from './certificate.ts'
import { lintCrl } from './crl-lint.ts'
import { throwAwayKey, writeExtension } from './draft.ts'
import { oids } from './oids.ts'
import { critical, identifierOf, plain, uri } from './profile.ts'

/** Why a certificate is on a list (RFC 5280 §5.3.1). `unspecified` is left out of entries and so has no row. */
export const crlReasons = {
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const
export type CrlReason = keyof typeof crlReasons

export interface CrlEntry {
  readonly serialNumber: bigint
  readonly revokedAt: Date
  /** None: unspecified. */
  readonly reason: CrlReason | undefined
}

export interface CrlFields {
  readonly number: bigint
  /** For a delta: the number of the list that it stands on. */
  readonly baseNumber?: bigint
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Where all certificates of the CA say that the full list is; none when they do not all say the same. */
  readonly distributionPoint?: string | undefined
  /** Where deltas are fetched; none when the CA has no address. */
  readonly freshest?: string | undefined
}

declare const draftMark: unique symbol
/** A CRL that was linted under a throw-away signature: the only thing that `issueCrl` takes. */
export interface CrlDraft {
  readonly [draftMark]: true
  readonly tbs: Uint8Array
}

interface Origin {
  readonly row: SignatureRow
  readonly signer: KeyObject
}
const origins = new WeakMap<CrlDraft, Origin>()

/**
 * A list of this CA, linted (C1). The entries come in pages and the event loop gets its turn after each: a list may have
 * hundreds of thousands. Throws when the lint finds something, which is our fault and no caller's.
 */
export async function prepareCrl(
  issuer: { readonly certificate: string; readonly key: KeyObject },
  fields: CrlFields,
  entries: AsyncIterable<readonly CrlEntry[]>,
): Promise<CrlDraft> {
  const signer = createPublicKey(issuer.key)
  const certificate = firstCertificate(issuer.certificate)
  if (!signer.export({ type: 'spki', format: 'der' }).equals(certificate.spki))
    throw new Error('the key of the CA is not the key in its certificate')
  if (certificate.subject.children.length === 0)
    throw invalid('the CA has no name, which a CRL needs')
  const { signature: row } = describeKey(signer)
  const pages: Buffer[] = []
  for await (const page of entries) {
    pages.push(writeEntries(page))
    await nextTurn()
  }
  const tbs = writeTbs(certificate, row, fields, pages)
  const rehearsal = await throwAwayKey(row)
  const signature = await signWith(row, tbs, rehearsal.privateKey)
  const findings = await lintCrl(writeCrl(tbs, row, signature), {
    issuer: certificate,
    row,
    fields,
    signer: rehearsal.publicKey,
  })
  if (findings.length > 0)
    throw new Error(`the CRL would not be sound: ${findings.slice(0, 5).join('; ')}`)
  const draft = { tbs } as unknown as CrlDraft
  origins.set(draft, { row, signer })
  return draft
}

/** The list in DER. The signature is checked before it leaves: a faulty RSA signature gives its key away. */
export async function issueCrl(draft: CrlDraft, key: KeyObject): Promise<Buffer> {
  const origin = origins.get(draft)
  if (!origin) throw new Error('only a CRL that was prepared here is signed')
  const signature = await signWith(origin.row, draft.tbs, key)
  if (!(await verifiesLater(origin.row, draft.tbs, origin.signer, signature)))
    throw new Error('the signature does not verify under the key the CRL was prepared for')
  return writeCrl(draft.tbs, origin.row, signature)
}

const writeCrl = (tbs: Uint8Array, row: SignatureRow, signature: Uint8Array): Buffer =>
  sequence(tbs, row.identifier, bitString(signature))

const writeTbs = (
  issuer: Certificate,
  row: SignatureRow,
  fields: CrlFields,
  pages: readonly Buffer[],
): Buffer =>
  sequence(
    integer(1n),
    row.identifier,
    issuer.subject.raw,
    time(fields.thisUpdate),
    time(fields.nextUpdate),
    // Absent when nothing is revoked (RFC 5280 §5.1.2.6).
    ...(pages.some(({ length }) => length > 0) ? [sequence(...pages)] : []),
    explicit(0, sequence(...extensionsOf(issuer, fields))),
  )

function extensionsOf(
  issuer: Certificate,
  { number, baseNumber, distributionPoint, freshest }: CrlFields,
): Buffer[] {
  const extensions: (Extension | undefined)[] = [
    plain(oids.authorityKeyIdentifier, sequence(implicit(0, identifierOf(issuer)))),
    plain(oids.cRLNumber, integer(number)),
    baseNumber === undefined ? undefined : critical(oids.deltaCRLIndicator, integer(baseNumber)),
    distributionPoint === undefined
      ? undefined
      : critical(
          oids.issuingDistributionPoint,
          sequence(explicit(0, explicit(0, uri(distributionPoint)))),
        ),
    freshest === undefined || baseNumber !== undefined
      ? undefined
      : plain(oids.freshestCRL, sequence(sequence(explicit(0, explicit(0, uri(freshest)))))),
  ]
  return extensions.filter((one) => one !== undefined).map(writeExtension)
}

/** What the entry says after serial number and date: nothing for `unspecified` (RFC 5280 §5.3.1). */
const reasonExtensions: ReadonlyMap<CrlReason, Buffer> = new Map(
  Object.entries(crlReasons).map(([reason, number]) => [
    reason as CrlReason,
    sequence(sequence(oid(oids.reasonCode), octetString(enumerated(number)))),
  ]),
)

function writeEntries(entries: readonly CrlEntry[]): Buffer {
  const parts: Buffer[] = []
  let date: Buffer = Buffer.alloc(0)
  let second = Number.NaN
  for (const { serialNumber, revokedAt, reason } of entries) {
    const at = Math.floor(revokedAt.getTime() / 1000)
    if (at !== second) [date, second] = [time(revokedAt), at]
    const extensions = reason && reasonExtensions.get(reason)
    const serial = integer(serialNumber)
    parts.push(extensions ? tlv(0x30, serial, date, extensions) : tlv(0x30, serial, date))
  }
  return Buffer.concat(parts)
}
