import { createHash } from 'node:crypto'
import type { Services } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import { Kept } from '../kept.ts'
import { x509 } from '../library.ts'
import { statusOf } from '../revocation/status.ts'
import { demandAllThere, tallyOf } from '../revocation/tally.ts'
import type { CertStatus, OcspIssuer } from '../x509/index.ts'
import { type PublishedCa, wholeSecond } from './published.ts'
import type { Responders } from './responders.ts'

const MINUTE = 60_000
/** How long a verifier may rely on an answer. */
const LASTS = 60 * MINUTE
/** How long an answer without a nonce is given again, as long as nothing was revoked or resumed. */
const REPEATED = MINUTE
/** How often the records of a CA are counted while answers are made from them. */
const COUNTED = 1000
const MOST_KEPT = 2000

export interface OcspAnswer {
  readonly der: Uint8Array
  /** When it is a signed answer that holds for everyone who asks the same. */
  readonly holds?: { readonly from: Date; readonly to: Date }
}

interface Remembered {
  readonly answer: OcspAnswer
  readonly changes: number
  readonly at: number
}

export interface OcspResponder {
  /** Never throws for what the request holds: that is an answer too (RFC 6960 §2.3). */
  answer(ca: PublishedCa, request: Uint8Array): Promise<OcspAnswer>
}

export function createOcspResponder(
  { store: { read }, now }: Services,
  responders: Responders,
): OcspResponder {
  const issuers = new Kept<OcspIssuer>(1000)
  const remembered = new Kept<Remembered>(MOST_KEPT)
  const counted = new Kept<number>(1000)

  async function issuerOf(ca: PublishedCa): Promise<OcspIssuer> {
    const { ocspIssuerOf } = await x509()
    const key = `${ca.id}/${ca.sha256_fingerprint}`
    const known = issuers.get(key) ?? ocspIssuerOf(ca.cert)
    issuers.set(key, known)
    return known
  }

  async function statusFor(ca: PublishedCa, serialNumber: bigint): Promise<CertStatus> {
    const { crlReasons } = await x509()
    if (serialNumber < 0n) return { is: 'unknown' }
    const status = await statusOf(read, ca, serialNumber.toString())
    if (status.is !== 'revoked') return status
    const { reason, at } = status
    // On a list it would mean the contrary, so it is not told here either.
    const told = reason !== 'removeFromCRL' && Object.hasOwn(crlReasons, reason)
    return {
      is: 'revoked',
      at: new Date(at),
      reason: told ? (reason as keyof typeof crlReasons) : undefined,
    }
  }

  /** Counting takes milliseconds where very many are revoked, so it is done now and then. */
  async function demandRecords(ca: PublishedCa): Promise<void> {
    const at = now().getTime()
    const since = at - (counted.get(ca.id) ?? Number.NEGATIVE_INFINITY)
    if (since >= 0 && since < COUNTED) return
    await demandAllThere(read, ca)
    counted.set(ca.id, at)
  }

  return {
    async answer(ca, bytes) {
      const { isOf, NotDer, readOcspRequest, writeOcspAnswer, writeOcspRefusal } = await x509()
      let request: ReturnType<typeof readOcspRequest>
      try {
        request = readOcspRequest(bytes)
      } catch (error) {
        if (error instanceof NotDer) return { der: writeOcspRefusal('malformedRequest') }
        throw error
      }
      const { questions, nonce } = request
      const issuer = await issuerOf(ca)
      if (!questions.some((question) => isOf(question, issuer)))
        return { der: writeOcspRefusal('unauthorized') }
      const responder = await responders.of(ca).catch((error: unknown) => {
        // It cannot vouch for anything: it has ended, or may not certify anyone.
        if (error instanceof Fault && error.kind !== 'unavailable' && error.kind !== 'no-space')
          return undefined
        throw error
      })
      if (!responder) return { der: writeOcspRefusal('unauthorized') }

      // Asked before the answer is made: a change in between makes the answer old at once.
      const { changes } = await tallyOf(read, ca)
      const at = now()
      const asked = `${ca.id}/${createHash('sha256').update(bytes).digest('base64')}`
      const before = remembered.get(asked)
      const age = before ? at.getTime() - before.at : 0
      if (before?.changes === changes && age >= 0 && age < REPEATED) return before.answer
      await demandRecords(ca)

      const answers = []
      for (const about of questions) {
        const isKnown = isOf(about, issuer)
        const status = isKnown
          ? await statusFor(ca, about.serialNumber)
          : { is: 'unknown' as const }
        answers.push({ about, status })
      }
      const from = wholeSecond(at)
      const to = new Date(Math.min(from.getTime() + LASTS, Date.parse(responder.notAfter)))
      const fields = { answers, nonce, thisUpdate: from, nextUpdate: to }
      const der = await writeOcspAnswer(responder.signer, fields)
      if (nonce) return { der }
      const answer = { der, holds: { from, to } }
      // Whoever is unknown may be issued any moment, which is no change that is counted.
      if (answers.every(({ status }) => status.is !== 'unknown'))
        remembered.set(asked, { answer, changes, at: at.getTime() })
      return answer
    },
  }
}
