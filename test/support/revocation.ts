import { createHash, X509Certificate } from 'node:crypto'
import { signatureOf, verifies } from '../../src/ca/x509/algorithms.ts'
import { firstCertificate, readExtensions } from '../../src/ca/x509/certificate.ts'
import { parseCrl } from '../../src/ca/x509/crl-lint.ts'
import { oids } from '../../src/ca/x509/oids.ts'
import {
  type Der,
  elementsIn,
  explicit,
  integer,
  octetString,
  oid,
  readDer,
  readInteger,
  readOctetsOfBits,
  readTime,
  sequence,
} from '../../src/crypto/der.ts'
import type { Api } from './api.ts'
import { extension } from './x509.ts'

export interface Fetched {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

/** Asks the listener that publishes revocation. */
export async function fetchPki(
  base: string | undefined,
  path: string,
  init: RequestInit = {},
): Promise<Fetched> {
  if (base === undefined) throw new Error('this server publishes nothing')
  const response = await fetch(base + path, init)
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  }
}

export interface ReadCrl {
  readonly number: bigint
  readonly base: bigint | undefined
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Reason codes by decimal serial number; undefined where none stands. */
  readonly entries: ReadonlyMap<string, number | undefined>
  readonly extensions: ReadonlyMap<
    string,
    { readonly critical: boolean; readonly value: Uint8Array }
  >
}

/** A list of this CA whose signature verifies; anything else throws. */
export function readCrl(der: Uint8Array, caPem: string): ReadCrl {
  const crl = parseCrl(der)
  const row = signatureOf(crl.outerAlgorithm)
  const { publicKey } = new X509Certificate(caPem)
  if (!row || !verifies(row, crl.tbs, publicKey, crl.signature))
    throw new Error('the CRL is not signed by the CA')
  const extensions = new Map(crl.extensions.map(({ oid: dotted, ...one }) => [dotted, one]))
  const number = (dotted: string) => {
    const found = extensions.get(dotted)
    return found && readInteger(readDer(found.value), dotted)
  }
  const entries = new Map<string, number | undefined>()
  for (const { raw } of elementsIn(crl.entries ?? Buffer.alloc(0))) {
    const [serial, , listed] = readDer(raw).children
    const [reason] = listed ? readExtensions(listed) : []
    entries.set(
      readInteger(serial, 'a serial').toString(),
      reason && readDer(reason.value).content[0],
    )
  }
  return {
    number: number(oids.cRLNumber) ?? 0n,
    base: number(oids.deltaCRLIndicator),
    thisUpdate: readTime(crl.thisUpdate, 'thisUpdate'),
    nextUpdate: readTime(crl.nextUpdate, 'nextUpdate'),
    entries,
    extensions,
  }
}

/** The list as the server publishes it now. */
export async function publishedCrl(
  api: Api,
  ca: { readonly id: string; readonly cert: string },
  kind: 'crl' | 'delta-crl' = 'crl',
): Promise<ReadCrl> {
  const { status, body } = await fetchPki(api.server.running.pki, `/pki/${ca.id}/${kind}`)
  if (status !== 200) throw new Error(`the list answered ${status}: ${body}`)
  return readCrl(body, ca.cert)
}

const hashes = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const

export function ocspRequest(
  caPem: string,
  serials: readonly (string | bigint)[],
  { digest = 'sha1', nonce }: { digest?: keyof typeof hashes; nonce?: Uint8Array } = {},
): Buffer {
  const ca = firstCertificate(caPem)
  const hash = (data: Uint8Array) => octetString(createHash(digest).update(data).digest())
  const key = readOctetsOfBits(readDer(ca.spki).children[1], 'key')
  const questions = serials.map((serial) =>
    sequence(
      sequence(
        sequence(oid(hashes[digest])),
        hash(ca.subject.raw),
        hash(key),
        integer(BigInt(serial)),
      ),
    ),
  )
  const extensions = nonce
    ? [explicit(2, sequence(extension(oids.ocspNonce, octetString(nonce))))]
    : []
  return sequence(sequence(sequence(...questions), ...extensions))
}

export interface ReadOcsp {
  /** 0: successful. */
  readonly status: number
  /** In the order of the questions; `revoked` with its reason code. */
  readonly answers: readonly {
    readonly serial: string
    readonly is: 'good' | 'revoked' | 'unknown'
    readonly at?: Date
    readonly reason?: number | undefined
  }[]
  readonly nonce: Uint8Array | undefined
  /** PEM of the certificate that signed. */
  readonly signer: X509Certificate | undefined
  readonly thisUpdate: Date | undefined
  readonly nextUpdate: Date | undefined
}

/** An answer whose signature verifies under the certificate in it, and that certificate under the CA. */
export function readOcsp(der: Uint8Array, caPem: string): ReadOcsp {
  const [status, bytes] = readDer(der).children
  const code = status?.content[0] ?? -1
  if (!bytes)
    return {
      status: code,
      answers: [],
      nonce: undefined,
      signer: undefined,
      thisUpdate: undefined,
      nextUpdate: undefined,
    }
  const basic = readDer(at(bytes, 0, 1).content)
  const [data, algorithm, signature, certs] = basic.children
  const signer = new X509Certificate(at(certs, 0, 0).raw)
  if (!signer.verify(new X509Certificate(caPem).publicKey))
    throw new Error('the responder’s certificate is not the CA’s')
  const row = signatureOf(algorithm?.raw ?? Buffer.alloc(0))
  const signed = readOctetsOfBits(signature, 'the signature')
  if (!row || !data || !verifies(row, data.raw, signer.publicKey, signed))
    throw new Error('the answer is not signed by its certificate')
  const [, , responses, extensions] = data.children
  const first = responses?.children[0]
  return {
    status: code,
    answers: (responses?.children ?? []).map(readAnswer),
    nonce: extensions && readExtensions(extensions.children[0])[0]?.value,
    signer,
    thisUpdate: first && readTime(first.children[2], 'thisUpdate'),
    nextUpdate: first && readTime(first.children[3]?.children[0], 'nextUpdate'),
  }
}

function readAnswer({ children: [certId, status] }: Der): ReadOcsp['answers'][number] {
  const serial = readInteger(certId?.children[3], 'serial').toString()
  if (status?.tag === 0x80) return { serial, is: 'good' }
  if (status?.tag === 0x82) return { serial, is: 'unknown' }
  const [when, reason] = status?.children ?? []
  return {
    serial,
    is: 'revoked',
    at: readTime(when, 'revoked'),
    reason: reason?.children[0]?.content[0],
  }
}

function at(element: Der | undefined, ...path: readonly number[]): Der {
  let found = element
  for (const index of path) found = found?.children[index]
  if (!found) throw new Error('the answer is not as it should be')
  return found
}

export const postOcsp = (
  base: string | undefined,
  ca: string,
  request: Uint8Array,
): Promise<Fetched> =>
  fetchPki(base, `/pki/${ca}/ocsp`, {
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request' },
    body: Buffer.from(request),
  })

/** What the responder says of one serial number. */
export async function ocspStatus(
  api: Api,
  ca: { readonly id: string; readonly cert: string },
  serial: string,
): Promise<ReadOcsp['answers'][number] | undefined> {
  const { body } = await postOcsp(api.server.running.pki, ca.id, ocspRequest(ca.cert, [serial]))
  return readOcsp(body, ca.cert).answers[0]
}

export interface TestAuthority {
  readonly id: string
  readonly cert: string
  /** A certificate of it. */
  issue(more?: object): Promise<{ id: string; cert: string; serialNumber: string }>
  revoke(certificate: { readonly id: string }, reason?: string): Promise<void>
  resume(certificate: { readonly id: string }): Promise<void>
}

/** A self-signed CA, made through the API. */
export async function newAuthority(api: Api, key: object = {}): Promise<TestAuthority> {
  const { id } = await api.post('/ca/local-cas', { cn: 'Test Root', ...key })
  const { cert } = await api.post(`/ca/local-cas/${id}/self-sign`, { duration: 1000 }, 200)
  const certs = `/ca/local-cas/${id}/certs`
  return {
    id,
    cert,
    async issue(more = {}) {
      const { csr } = await api.post('/ca/csr', { cn: 'host.example.com' })
      return api.post(certs, { csr, purpose: 'server', duration: 30, ...more })
    },
    async revoke(certificate, reason = 'superseded') {
      await api.post(`${certs}/${certificate.id}/revoke`, { reason }, 200)
    },
    async resume(certificate) {
      await api.post(`${certs}/${certificate.id}/resume`, undefined, 200)
    },
  }
}
