import { execFileSync } from 'node:child_process'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeKey, signWith } from '../../src/ca/x509/algorithms.ts'
import {
  buildRequest,
  type Distribution,
  generateKey,
  issue,
  type KeyAlgorithm,
  type KeyRules,
  type NameFields,
  type Purpose,
  prepareCertificate,
  prepareSelfSigned,
  readRequest,
  type SubjectFields,
  type Validity,
} from '../../src/ca/x509/index.ts'
import { oids } from '../../src/ca/x509/oids.ts'
import {
  bitString,
  boolean,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  text,
} from '../../src/crypto/der.ts'
import { writePem } from '../../src/crypto/pem.ts'

const DAY = 86_400_000

/** From a day back to `days` from now, as certificates are issued. */
export const validFor = (days: number): Validity => ({
  notBefore: new Date(Date.now() - DAY),
  notAfter: new Date(Date.now() + days * DAY),
})

export const subjectFields = (
  cn: string,
  more: Partial<Omit<SubjectFields, 'cn'>> = {},
): SubjectFields => ({
  cn,
  names: [] as NameFields[],
  dnsNames: [],
  emailAddresses: [],
  ipAddresses: [],
  ...more,
})

export interface TestCa {
  readonly key: KeyObject
  readonly csr: string
  readonly certificate: string
}

export async function testCa(
  algorithm: KeyAlgorithm,
  size?: number,
  fields: SubjectFields = subjectFields('Test Root'),
  distribution: Distribution = {},
): Promise<TestCa> {
  const key = await generateKey(algorithm, size)
  const csr = await buildRequest(key, fields)
  const draft = await prepareSelfSigned(csr, key, validFor(3650), distribution)
  return { key, csr, certificate: await issue(draft, key) }
}

export async function issueFor(
  csr: string,
  purpose: Purpose,
  ca: Pick<TestCa, 'key' | 'certificate'>,
  { distribution = {}, rules = {} }: { distribution?: Distribution; rules?: KeyRules } = {},
): Promise<string> {
  const request = await readRequest(csr, rules)
  const draft = await prepareCertificate(request, purpose, ca, validFor(365), distribution, rules)
  return issue(draft, ca.key)
}

/** What a hostile request is made of: every part as bytes, so that none is checked on the way. */
export interface Forged {
  readonly subject?: Uint8Array
  readonly extensions?: readonly Uint8Array[]
  readonly attributes?: readonly Uint8Array[]
  readonly version?: Uint8Array
  readonly spki?: Uint8Array
  readonly algorithm?: Uint8Array
}

/** Signed properly, so that only what was forged can be the reason for a refusal. */
export async function forgeRequest(key: KeyObject, forged: Forged): Promise<string> {
  return writePem('CERTIFICATE REQUEST', await forgeRequestDer(key, forged))
}

export async function forgeRequestDer(key: KeyObject, forged: Forged): Promise<Buffer> {
  const { signature: row } = describeKey(key)
  const attributes =
    forged.attributes ?? (forged.extensions ? [extensionRequest(...forged.extensions)] : [])
  const info = sequence(
    forged.version ?? integer(0n),
    forged.subject ?? commonName('victim.example.com'),
    forged.spki ?? createPublicKey(key).export({ type: 'spki', format: 'der' }),
    explicit(0, ...attributes),
  )
  const signature = await signWith(row, info, key)
  return sequence(info, forged.algorithm ?? row.identifier, bitString(signature))
}

export const extensionRequest = (...extensions: readonly Uint8Array[]): Buffer =>
  sequence(oid(oids.extensionRequest), setOf(sequence(...extensions)))

export const extension = (dotted: string, value: Uint8Array, critical = false): Buffer =>
  sequence(oid(dotted), ...(critical ? [boolean(true)] : []), octetString(value))

export const pair = (dotted: string, value: string, tag = 0x0c): Buffer =>
  sequence(oid(dotted), text(tag, value))

export const commonName = (value: string, tag = 0x0c): Buffer =>
  sequence(setOf(pair('2.5.4.3', value, tag)))

/** Runs the machine's OpenSSL and gives back what it wrote. */
export const openssl = (...args: readonly string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

export function write(folder: string, name: string, contents: string): string {
  const path = join(folder, name)
  writeFileSync(path, contents)
  return path
}
