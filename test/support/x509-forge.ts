import type { KeyObject } from 'node:crypto'
import { signatureOf, signWith } from '../../src/ca/x509/algorithms.ts'
import { firstCertificate } from '../../src/ca/x509/certificate.ts'
import { type Template, writeCertificate, writeTbs } from '../../src/ca/x509/draft.ts'
import { integer } from '../../src/crypto/der.ts'
import { writePem } from '../../src/crypto/pem.ts'

/** The fields of a certificate, to write another of them. */
export function templateOf(pem: string): Template {
  const read = firstCertificate(pem)
  return {
    version: read.version,
    serialNumber: integer(read.serialNumber),
    algorithm: read.innerAlgorithm,
    issuer: read.issuer.raw,
    notBefore: read.notBefore.raw,
    notAfter: read.notAfter.raw,
    subject: read.subject.raw,
    spki: read.spki,
    extensions: read.extensions,
  }
}

/** The certificate with some of it changed, signed with this key past every check of ours. */
export async function forgeCertificate(
  from: { readonly certificate: string; readonly key: KeyObject },
  change: (template: Template) => Template,
): Promise<string> {
  const template = change(templateOf(from.certificate))
  const row = signatureOf(template.algorithm)
  if (!row) throw new Error('the certificate is signed in a way that is not known')
  const tbs = writeTbs(template)
  return writePem('CERTIFICATE', writeCertificate(tbs, row, await signWith(row, tbs, from.key)))
}
