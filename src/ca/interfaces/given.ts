import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { Fault } from '../../kit/fault.ts'
import { x509 } from '../library.ts'
import { withLineEnds } from '../pem.ts'
import { isSameKey } from '../x509/algorithms.ts'
import type { KeyRules } from '../x509/index.ts'
import { isIssuedBy } from './certificates.ts'

/** A certificate as a caller sent it, taken apart: the server's own first. */
export interface Given {
  readonly chain: readonly string[]
  /** Undefined: it stayed here, with the request. */
  readonly key: KeyObject | undefined
}

export interface Sent {
  readonly certificate?: string | undefined
  readonly format?: 'PEM' | 'PKCS12' | undefined
  readonly password?: string | undefined
}

export const readGiven = (sent: Sent, rules: KeyRules): Promise<Given> =>
  sent.format === 'PKCS12' ? readArchive(sent, rules) : readText(sent, rules)

const BEGIN = '-----BEGIN '

/** Certificates and the private key in one text, the key wherever it stands. */
async function readText({ certificate = '', password }: Sent, rules: KeyRules): Promise<Given> {
  const { readCertificate, readPrivateKey } = await x509()
  const { keys, rest } = withoutKeys(withLineEnds(certificate))
  if (keys.length > 1)
    throw new Fault('invalid-parameter', 'certificate: the text holds more than one private key')
  const { pem, chainPems } = readCertificate(rest)
  const [keyText] = keys
  return {
    chain: [pem, ...chainPems],
    key: keyText === undefined ? undefined : readPrivateKey(keyText, { password }, rules),
  }
}

/** Private keys are cut out first: an old encrypted form has lines between that are no base64. */
function withoutKeys(text: string): { keys: string[]; rest: string } {
  const keys: string[] = []
  let rest = ''
  let at = 0
  for (let next = text.indexOf(BEGIN); next >= 0; next = text.indexOf(BEGIN, at)) {
    const labelEnd = text.indexOf('-----', next + BEGIN.length)
    const label = labelEnd < 0 ? '' : text.slice(next + BEGIN.length, labelEnd)
    const end = `-----END ${label}-----`
    const found = text.indexOf(end, next)
    const stop = found < 0 ? text.length : found + end.length
    const isKey = label.length < 64 && label.endsWith('PRIVATE KEY')
    if (isKey) keys.push(`${text.slice(next, stop)}\n`)
    rest += isKey ? text.slice(at, next) : text.slice(at, stop)
    at = stop
  }
  return { keys, rest: rest + text.slice(at) }
}

async function readArchive(
  { certificate = '', password = '' }: Sent,
  rules: KeyRules,
): Promise<Given> {
  const { readCertificate, readPkcs12 } = await x509()
  const base64 = certificate.replaceAll(/\s+/g, '')
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    throw new Fault('invalid-parameter', 'certificate: PKCS #12 is expected in base64')
  const { key, certificates } = await readPkcs12(Buffer.from(base64, 'base64'), password, rules)
  const parsed = certificates.map((pem) => readCertificate(pem).pem)
  return { chain: inOrder(parsed, key), key }
}

/** Archives keep certificates in any order: the key says which is the server's own, and each names its issuer. */
function inOrder(pems: readonly string[], key: KeyObject): string[] {
  const publicKey = createPublicKey(key)
  const left = pems.map((pem) => ({ pem, parsed: new X509Certificate(pem) }))
  const chain: string[] = []
  let at = left.findIndex(({ parsed }) => isSameKey(parsed.publicKey, publicKey))
  while (at >= 0) {
    const [next] = left.splice(at, 1)
    if (!next) break
    chain.push(next.pem)
    if (isIssuedBy(next.parsed, next.parsed)) break
    at = left.findIndex(({ parsed }) => isIssuedBy(next.parsed, parsed))
  }
  return chain
}
