import type { KeyObject } from 'node:crypto'
import type { Template } from '../../src/ca/x509/draft.ts'
import { buildRequest, generateKey, type Purpose } from '../../src/ca/x509/index.ts'
import { sequence, setOf, time } from '../../src/crypto/der.ts'
import type { Identity } from './client-certificate.ts'
import { issueFor, pair, subjectFields, type TestCa } from './x509.ts'
import { forgeCertificate } from './x509-forge.ts'

const OIDS = {
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  DC: '0.9.2342.19200300.100.1.25',
  GN: '2.5.4.42',
}
type Part = readonly [type: keyof typeof OIDS, value: string]

const DAY = 86_400_000

export interface Wanted {
  /** Each list is one RDN. */
  readonly subject?: readonly (readonly Part[])[]
  readonly purpose?: Purpose
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly change?: (template: Template) => Template
}

export const name = (rdns: readonly (readonly Part[])[]): Buffer =>
  sequence(...rdns.map((rdn) => setOf(...rdn.map(([type, value]) => pair(OIDS[type], value)))))

/** A certificate of this CA, made outside of every rule of ours, and its key. */
export async function userCertificate(ca: TestCa, wanted: Wanted = {}): Promise<Identity> {
  const key = await generateKey('ECDSA')
  return { cert: await certificateFor(key, ca, wanted), key: pemOf(key) }
}

/** A CA below another one. */
export async function subordinate(ca: TestCa, cn: string, wanted: Wanted = {}): Promise<TestCa> {
  const key = await generateKey('ECDSA')
  const certificate = await certificateFor(key, ca, {
    purpose: 'ca',
    subject: [[['CN', cn]]],
    ...wanted,
  })
  return { key, csr: await buildRequest(key, subjectFields(cn)), certificate }
}

async function certificateFor(key: KeyObject, ca: TestCa, wanted: Wanted): Promise<string> {
  const { subject = [[['CN', 'jo']]], purpose = 'client', change = (same) => same } = wanted
  const certificate = await issueFor(await buildRequest(key, subjectFields('base')), purpose, ca)
  return forgeCertificate({ certificate, key: ca.key }, (template) =>
    change({
      ...template,
      subject: name(subject),
      notBefore: time(wanted.notBefore ?? new Date(Date.now() - DAY)),
      notAfter: time(wanted.notAfter ?? new Date(Date.now() + 300 * DAY)),
    }),
  )
}

export const pemOf = (key: KeyObject): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString()
