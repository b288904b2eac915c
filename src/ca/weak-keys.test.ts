import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { startApi } from '../../test/support/api.ts'
import { weakRequest } from '../../test/support/certificates.ts'

describe('where the operator allows RSA keys of 1024 bits', () => {
  const api = startApi('sqlite', { allowRsa1024: true })

  test('CAs, requests and certificates may have them, signed with SHA-256', async () => {
    const { id } = await api.post('/ca/local-cas', { cn: 'old', algorithm: 'RSA', size: 1024 })
    const ca = await api.post(`/ca/local-cas/${id}/self-sign`, { duration: 9 }, 200)
    const { publicKey } = new X509Certificate(ca.cert)
    expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(1024)
    // sha256WithRSAEncryption (1.2.840.113549.1.1.11), in the certificate and beside its signature.
    const algorithm = Buffer.from('06092a864886f70d01010b', 'hex')
    const { raw } = new X509Certificate(ca.cert)
    expect(raw.indexOf(algorithm)).not.toBe(raw.lastIndexOf(algorithm))
    await api.post('/ca/csr', { cn: 'old', algorithm: 'RSA', size: 1024 })
    const body = { csr: weakRequest, purpose: 'server', duration: 1 }
    const { cert } = await api.post(`/ca/local-cas/${id}/certs`, body)
    expect(new X509Certificate(cert).verify(publicKey)).toBe(true)
  })

  test('smaller ones are refused all the same', async () => {
    await api.post('/ca/local-cas', { cn: 'older', algorithm: 'RSA', size: 512 }, 400)
  })
})
