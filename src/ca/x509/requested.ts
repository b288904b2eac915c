import { readDer } from '../../crypto/der.ts'
import { reading } from '../../crypto/refuse.ts'
import { rememberSpki } from './algorithms.ts'
import { readAlternativeNames } from './alternative-names.ts'
import { extensionOf, firstCertificate, publicKeyOf, subjectOf } from './certificate.ts'
import { type NameAttribute, printName, readName, rewriteName } from './names.ts'
import { oids } from './oids.ts'
import type { ReadRequest } from './types.ts'

/** What was asked for, with something of it decided here. */

/** The parts of a subject that may carry the id of a client (reference 8.3). */

export type MarkedField = 'OU' | 'UID' | 'CN'

/** The request with this value in its subject: one more OU, or the UID or CN in place of the one before. */
export function withMark(request: ReadRequest, field: MarkedField, value: string): ReadRequest {
  const rdns = readName(readDer(request.subjectDer), 'the subject')
  const mark = [{ oid: '', short: field, value, tag: 0 }]
  const others = field === 'OU' ? rdns : rdns.filter((rdn) => !isOf(rdn, field))
  // In the usual order of a subject, units stand before the name.
  const at = field === 'OU' ? others.findIndex((rdn) => isOf(rdn, 'CN')) : -1
  return withSubject(request, others.toSpliced(at < 0 ? others.length : at, 0, mark))
}

const isOf = (rdn: readonly NameAttribute[], field: string): boolean =>
  rdn.some(({ short }) => short === field)

function withSubject(
  request: ReadRequest,
  rdns: readonly (readonly NameAttribute[])[],
): ReadRequest {
  const subjectDer = rewriteName(rdns)
  return {
    ...request,
    subjectDer,
    subject: printName(readName(readDer(subjectDer), 'the subject')),
  }
}

/** What a certificate says of its holder, to be certified once more: the key, the subject, the alternative names. */
export function requestOfCertificate(pem: string): ReadRequest {
  return reading('the certificate', () => {
    const certificate = firstCertificate(pem)
    const publicKey = publicKeyOf(certificate.spki, 'the key of the certificate')
    rememberSpki(publicKey, certificate.spki)
    const names = extensionOf(certificate, oids.subjectAltName)
    return withSubject(
      {
        der: certificate.der,
        publicKey,
        subject: '',
        subjectDer: certificate.subject.raw,
        names: names ? readAlternativeNames(readDer(names.value)) : NO_NAMES,
      },
      subjectOf(certificate),
    )
  })
}

const NO_NAMES: ReadRequest['names'] = { dnsNames: [], emailAddresses: [], ipAddresses: [] }
