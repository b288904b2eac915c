import type { KeyObject } from 'node:crypto'
import type { Context } from '../../../context.ts'
import { invalid } from '../../../crypto/refuse.ts'
import { Fault } from '../../../kit/fault.ts'
import type { CertificateColumns, ExternalCaRow } from '../../../store/schema.ts'
import { columnsOf } from '../../columns.ts'
import { keyToMake } from '../../keys.ts'
import { x509 } from '../../library.ts'
import { withLineEnds } from '../../pem.ts'
import { subjectOf } from '../../subject.ts'
import type { KeyRules, ReadRequest } from '../../x509/index.ts'
import type { Defaults } from '../csr-parameters.ts'
import type { Certified } from './contract.ts'

/** What certificate a client asks for, after everything slow about it was done. */
export type Wish =
  | {
      readonly kind: 'request'
      /** The request, once it is known how the client is called. */
      request(name: string): Promise<ReadRequest>
      /** The key that was made here. */
      readonly key: KeyObject | undefined
    }
  | {
      readonly kind: 'external'
      readonly cert: string
      readonly facts: CertificateColumns
      readonly ca: ExternalCaRow
    }

export async function wishOf(
  context: Context,
  asked: Certified,
  defaults: Defaults,
  rules: KeyRules,
): Promise<Wish> {
  const { cert, csr } = asked
  if (cert !== undefined && csr !== undefined)
    throw invalid('csr, cert: a client brings a request or a certificate, not both')
  if (cert !== undefined) return external(context, withLineEnds(cert), rules)
  if (csr !== undefined) return ofRequest(withLineEnds(csr), rules)
  return withKeyMadeHere(asked, defaults, rules)
}

const OF_A_NEW_ONE = [
  'cert',
  'csr',
  'cn',
  'dns',
  'email',
  'ips',
  'names',
  'alg',
  'size',
  'password',
] as const satisfies readonly (keyof Certified)[]

/** Whether a body says nothing of another key or other names. */
export const asksForSame = (asked: Certified): boolean =>
  OF_A_NEW_ONE.every((field) => {
    const value = asked[field]
    return !value || (Array.isArray(value) && value.length === 0)
  })

async function ofRequest(csr: string, rules: KeyRules): Promise<Wish> {
  const { readRequest } = await x509()
  const request = await readRequest(csr, rules)
  return { kind: 'request', request: async () => request, key: undefined }
}

/** One that an external CA issued, which is known here and may speak for clients. */
async function external(context: Context, pem: string, rules: KeyRules): Promise<Wish> {
  const { caller, now, read } = context
  const { findClientPath, readCertificate } = await x509()
  const { facts, pem: cert } = readCertificate(pem)
  if (facts.isCa) throw invalid('cert: the certificate is a CA’s')
  const cas = await read.rows('external_cas', { domain_id: caller.domain })
  const ca = await findClientPath(
    pem,
    cas.filter(({ client_authentication }) => client_authentication === 1),
    { at: now(), allowRsa1024: rules.allowRsa1024 === true },
  )
  return { kind: 'external', cert, facts: columnsOf(facts), ca }
}

async function withKeyMadeHere(
  asked: Certified,
  defaults: Defaults,
  rules: KeyRules,
): Promise<Wish> {
  const { buildRequest, generateKey, readRequest } = await x509()
  const { algorithm, size } = keyToMake({ algorithm: asked.alg, size: asked.size })
  const key = await inLine(() => generateKey(algorithm, size, rules))
  const names = asked.names?.length ? asked.names : [...defaults.names]
  const emails = listed(asked.email)
  return {
    kind: 'request',
    key,
    request: async (name) => {
      const subject = subjectOf({
        cn: asked.cn ?? defaults.cn ?? name,
        names,
        dnsNames: listed(asked.dns),
        emailAddresses: emails.length > 0 ? emails : [...defaults.email],
        ipAddresses: listed(asked.ips),
      })
      return readRequest(await buildRequest(key, subject), rules)
    },
  }
}

const listed = (given: readonly string[] | string | undefined): string[] =>
  (typeof given === 'string' ? given.split(',') : (given ?? []))
    .map((one) => one.trim())
    .filter((one) => one !== '')

/** Keys that are made at once for clients that register, and how many may wait: anybody who has a token can ask for one. */
const AT_ONCE = 2
const MOST_WAITING = 64
let running = 0
const waiting: (() => void)[] = []

async function inLine<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MOST_WAITING)
      throw new Fault('too-many-requests', 'too many keys are being made for clients, try again')
    await new Promise<void>((go) => waiting.push(go))
  } else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
