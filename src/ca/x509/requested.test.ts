import { describe, expect, test } from 'vitest'
import { issueFor, subjectFields, testCa } from '../../../test/support/x509.ts'
import { buildRequest, generateKey, readRequest, requestOfCertificate, withMark } from './index.ts'

const request = async (fields: object = {}) => {
  const key = await generateKey('ECDSA')
  return readRequest(await buildRequest(key, { ...subjectFields('host'), ...fields }))
}

describe('a value that is put into the subject of a request', () => {
  test.each([
    ['OU', {}, '/OU=mark/CN=host'],
    ['OU', { names: [{ C: 'US', OU: 'unit' }] }, '/C=US/OU=unit/OU=mark/CN=host'],
    ['UID', {}, '/CN=host/UID=mark'],
    ['UID', { uid: 'own' }, '/CN=host/UID=mark'],
    ['CN', { names: [{ O: 'Org' }] }, '/O=Org/CN=mark'],
  ] as const)('stands in %s of %j as %s', async (field, fields, subject) => {
    const asked = await request({ names: [], ...fields })
    const marked = withMark(asked, field, 'mark')
    expect(marked.subject).toBe(subject)
    expect({ ...marked, subject: '', subjectDer: '' }).toEqual({
      ...asked,
      subject: '',
      subjectDer: '',
    })
  })

  test('is held to the rules of its field', async () => {
    const asked = await request()
    expect(() => withMark(asked, 'OU', 'x'.repeat(65))).toThrow('OU')
    expect(() => withMark(asked, 'CN', 'a\0b')).toThrow('control character')
  })
})

describe('what a certificate says of its holder', () => {
  test('is asked for once more: key, subject and alternative names', async () => {
    const ca = await testCa('ECDSA')
    const key = await generateKey('ECDSA')
    const csr = await buildRequest(key, {
      ...subjectFields('host'),
      dnsNames: ['host.example.com'],
      ipAddresses: ['10.0.0.1'],
    })
    const asked = await readRequest(csr)
    const again = requestOfCertificate(await issueFor(csr, 'client', ca))
    expect(again.subject).toBe(asked.subject)
    expect(Buffer.from(again.subjectDer).equals(Buffer.from(asked.subjectDer))).toBe(true)
    expect(again.names).toEqual(asked.names)
    expect(again.publicKey.equals(asked.publicKey)).toBe(true)
  })
})
