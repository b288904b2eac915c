import { createPublicKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import type { Services } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type {
  InterfaceCertificateRow,
  InterfaceRow,
  LocalCaRow,
  Sealed,
} from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { distributionOf, type PkiAddress } from '../addresses.ts'
import { columnsOf } from '../columns.ts'
import { chainOf } from '../issuers.ts'
import { x509 } from '../library.ts'
import * as localCas from '../local-cas/store.ts'
import { openKey as openCaKey } from '../private-keys.ts'
import { nameFor, uriOf } from '../reference.ts'
import { hasEnded, validityFor } from '../validity.ts'
import { isSameKey } from '../x509/algorithms.ts'
import type { KeyRules } from '../x509/index.ts'
import { wrapKey } from './keys.ts'
import { subjectFor } from './names.ts'

/** What making certificates stands on. */
export interface Making {
  readonly services: Pick<Services, 'envelope' | 'now' | 'store'>
  readonly rules: KeyRules
  readonly pkiUrl: PkiAddress
}

/** A certificate with its key that is checked and not yet stored. */
export interface Prepared {
  readonly row: Omit<InterfaceCertificateRow, keyof Sealed>
  readonly key: KeyObject
  /** What its local CA has on record of it. */
  readonly issued?: { readonly ca: LocalCaRow; readonly columns: ReturnType<typeof columnsOf> }
}

/** With the day before, one less than the 825 days after which Apple's systems trust no server certificate of any CA. */
const DAYS = 823

/** The CA that makes an interface's certificates: the one it names, else the oldest that can sign. */
export async function makingCa(
  { services }: Making,
  autoGenCa: string,
): Promise<LocalCaRow & { cert: string }> {
  const { read } = services.store
  if (autoGenCa === '') {
    const oldest = (await read.rows('local_cas', { domain_id: ROOT_DOMAIN, state: 'active' }))
      .filter(({ not_after }) => not_after !== null && !hasEnded(not_after, services.now()))
      .sort((one, other) => (one.created_at < other.created_at ? -1 : 1))[0]
    if (!oldest) throw new Fault('invalid', 'there is no local CA that can sign')
    return demandSigning(oldest, services.now())
  }
  const ca = await localCas.find(read, ROOT_DOMAIN, autoGenCa)
  if (!ca) throw notFound('local CA', autoGenCa)
  return demandSigning(ca, services.now())
}

function demandSigning(ca: LocalCaRow, now: Date): LocalCaRow & { cert: string } {
  const { cert, not_after } = ca
  if (cert === null || not_after === null)
    throw new Fault(
      'invalid-parameter',
      `the local CA ${quote(ca.name)} is pending and cannot sign`,
    )
  if (hasEnded(not_after, now))
    throw new Fault('invalid-parameter', `the local CA ${quote(ca.name)} has expired`)
  return { ...ca, cert }
}

/** A new key and certificate for an interface, for these names besides those that are set. */
export async function prepareGenerated(
  making: Making,
  target: Pick<InterfaceRow, 'id' | 'name' | 'auto_gen_ca_id' | 'auto_gen_attributes'>,
  names: readonly string[],
): Promise<Prepared> {
  const { services, rules, pkiUrl } = making
  const { buildRequest, factsOf, generateKey, issue, prepareCertificate, readRequest } =
    await x509()
  const ca = await makingCa(making, target.auto_gen_ca_id)
  const key = await generateKey('ECDSA', 256, rules)
  const request = await readRequest(await buildRequest(key, subjectFor(target, names)), rules)
  const signing = await openCaKey(services.envelope, ca)
  const validity = validityFor({ duration: DAYS }, services.now())
  const draft = await prepareCertificate(
    request,
    'server',
    { certificate: ca.cert, key: signing },
    validity,
    distributionOf(pkiUrl, ca.id),
    rules,
  )
  const certificate = await issue(draft, signing)
  const within = { caller: { domain: ROOT_DOMAIN }, read: services.store.read }
  const chain = certificate + (await chainOf(within, { cert: ca.cert, parent: ca.parent }))
  return {
    row: rowFor(making, target, key, { origin: 'generated', chain, ca_id: ca.id }),
    key,
    issued: { ca, columns: columnsOf(factsOf(certificate)) },
  }
}

/** A key that stays here, with a request for its certificate. */
export async function prepareRequest(
  making: Making,
  target: Pick<InterfaceRow, 'id'>,
  subject: Parameters<Awaited<ReturnType<typeof x509>>['buildRequest']>[1],
): Promise<Prepared> {
  const { buildRequest, generateKey } = await x509()
  const key = await generateKey('ECDSA', 256, making.rules)
  const csr = await buildRequest(key, subject)
  return { row: rowFor(making, target, key, { origin: 'request', csr }), key }
}

/** A certificate with its issuers and its key, as a caller gave them: the server's own first. */
export function prepareGiven(
  making: Making,
  target: Pick<InterfaceRow, 'id'>,
  chain: readonly string[],
  key: KeyObject,
): Prepared {
  checkChain(chain, key, making.services.now())
  const row = rowFor(making, target, key, { origin: 'given', chain: chain.join('') })
  return { row, key }
}

function rowFor(
  { services }: Making,
  { id: interface_id }: Pick<InterfaceRow, 'id'>,
  key: KeyObject,
  columns: Pick<Prepared['row'], 'origin'> & Partial<Prepared['row']>,
): Prepared['row'] {
  const owner = { id: randomUUID(), domain_id: ROOT_DOMAIN }
  return {
    ...owner,
    interface_id,
    chain: '',
    csr: null,
    ca_id: null,
    private_key: wrapKey(services.envelope, owner, key),
    created_at: stamp(services.now()),
    ...columns,
  }
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ANY_USAGE = '2.5.29.37.0'

function checkChain(chain: readonly string[], key: KeyObject, now: Date): void {
  const [own, ...issuers] = chain.map((pem) => new X509Certificate(pem))
  if (!own) throw new Fault('invalid-parameter', 'certificate: there is none')
  if (!isSameKey(createPublicKey(key), own.publicKey))
    throw new Fault(
      'invalid-parameter',
      'certificate: the first certificate is not for this private key',
    )
  if (own.validToDate <= now) throw new Fault('invalid-parameter', 'certificate: it has expired')
  const usages: readonly string[] | undefined = own.keyUsage
  if (usages && usages.length > 0 && !usages.includes(SERVER_AUTH) && !usages.includes(ANY_USAGE))
    throw new Fault('invalid-parameter', 'certificate: it is not for servers (extended key usage)')
  let below = own
  for (const issuer of issuers) {
    if (!isIssuedBy(below, issuer))
      throw new Fault(
        'invalid-parameter',
        'certificate: each certificate must be followed by the one of its issuer',
      )
    below = issuer
  }
}

export const isIssuedBy = (below: X509Certificate, issuer: X509Certificate): boolean => {
  try {
    return below.checkIssued(issuer) && below.verify(issuer.publicKey)
  } catch {
    return false
  }
}

/** Stores it. What a local CA made is among its certificates, as what others ask of it. */
export function insertPrepared(tx: Writer, { row, issued }: Prepared): void {
  tx.insert('interface_certificates', row)
  if (!issued) return
  const { ca, columns } = issued
  const [certificate = ''] = splitChain(row.chain)
  tx.set(
    'local_cas',
    { state: ca.state },
    { id: ca.id, state: ca.state },
    { rows: 1, otherwise: notFound('local CA', ca.name) },
  )
  tx.count(ca.domain_id, 'certificates', 1)
  tx.insert('certificates', {
    id: row.id,
    domain_id: ca.domain_id,
    ca_id: ca.id,
    name: nameFor('certs', row.id, undefined),
    purpose: 'server',
    cert: certificate,
    ...columns,
    revoked_at: null,
    revoked_reason: null,
    created_at: row.created_at,
    updated_at: row.created_at,
  })
}

const END = '-----END CERTIFICATE-----\n'
/** The certificates of a chain that was written here. */
export const splitChain = (chain: string): string[] =>
  chain
    .split(END)
    .slice(0, -1)
    .map((text) => text + END)

/**
 * What clients need to trust: the root of a chain that is served. Public CAs are served without theirs, which this
 * program knows; where nobody does, it is the topmost certificate.
 */
export async function rootOf(read: Reader, chain: string): Promise<string> {
  const top = splitChain(chain).at(-1)
  if (top === undefined) throw new Error('an interface has no certificate')
  const parsed = new X509Certificate(top)
  if (isIssuedBy(parsed, parsed)) return top
  const here = [
    ...(await read.rows('external_cas', { domain_id: ROOT_DOMAIN })),
    ...(await read.rows('local_cas', { domain_id: ROOT_DOMAIN, state: 'active' })),
  ].flatMap(({ cert }) => cert ?? [])
  const above = [...here, ...rootCertificates].find((pem) => {
    const candidate = new X509Certificate(pem)
    return isIssuedBy(candidate, candidate) && isIssuedBy(parsed, candidate)
  })
  return above ?? top
}

export const caUri = (ca: Pick<LocalCaRow, 'id' | 'domain_id'>): string => uriOf('localca', ca)
