import { beforeAll, describe, expect, test } from 'vitest'
import {
  commonName,
  issueFor,
  subjectFields,
  type TestCa,
  testCa,
} from '../../../test/support/x509.ts'
import { forgeCertificate } from '../../../test/support/x509-forge.ts'
import { octetString } from '../../crypto/der.ts'
import { writePem } from '../../crypto/pem.ts'
import { buildRequest, checkInstall, generateKey } from './index.ts'
import { oids } from './oids.ts'

let ca: TestCa
let csr: string
beforeAll(async () => {
  ca = await testCa('ECDSA', 256)
  csr = await buildRequest(await generateKey('ECDSA'), subjectFields('leaf'))
})

describe('installing', () => {
  test.each([
    ['a certificate that is no CA', 'server', 'no CA certificate'],
    ['another CA’s certificate', 'other-key', 'not the key'],
    ['a certificate under another subject', 'other-subject', 'not the subject'],
    ['a certificate of another parent', 'other-parent', 'not signed by the parent'],
  ] as const)('%s is refused', async (_, kind, sentence) => {
    const key = await generateKey('ECDSA')
    const pending = await buildRequest(key, subjectFields('Sub'))
    const otherCsr =
      kind === 'other-key'
        ? await buildRequest(await generateKey('ECDSA'), subjectFields('Sub'))
        : kind === 'other-subject'
          ? await buildRequest(key, subjectFields('Sub 2'))
          : pending
    const parent = kind === 'other-parent' ? await testCa('ECDSA') : ca
    const pem = await issueFor(otherCsr, kind === 'server' ? 'server' : 'ca', parent)
    expect(() => checkInstall(pem, pending, ca.certificate)).toThrow(sentence)
  })

  test('a CA certificate without certificate signing in its key usage is refused', async () => {
    const key = await generateKey('ECDSA')
    const pending = await buildRequest(key, subjectFields('Sub'))
    const good = await issueFor(pending, 'ca', ca)
    const pem = await forgeCertificate({ certificate: good, key: ca.key }, (template) => ({
      ...template,
      extensions: template.extensions.filter((one) => one.oid !== oids.keyUsage),
    }))
    expect(() => checkInstall(pem, pending, ca.certificate)).toThrow('certificate signing')
  })

  test('a subject in other string types and case is the same subject', async () => {
    const key = await generateKey('ECDSA')
    const pending = await buildRequest(key, subjectFields('Sub CA'))
    const good = await issueFor(pending, 'ca', ca)
    const pem = await forgeCertificate({ certificate: good, key: ca.key }, (template) => ({
      ...template,
      subject: commonName('SUB  ca'),
    }))
    checkInstall(pem, pending, ca.certificate)
  })

  test('what is no certificate is refused', () => {
    const text = writePem('CERTIFICATE', octetString(Buffer.from('no')))
    expect(() => checkInstall(text, csr, ca.certificate)).toThrow('cannot be read')
  })
})
