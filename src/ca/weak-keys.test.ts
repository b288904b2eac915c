import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { apiOf, startApi } from '../../test/support/api.ts'
import { weakRequest } from '../../test/support/certificates.ts'
import { newAuthority, ocspStatus, publishedCrl } from '../../test/support/revocation.ts'
import { startTestServer } from '../../test/support/server.ts'

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

  test('a CA with such a key stops issuing when they are no longer allowed, and revokes on', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-weak-'))
    const start = (allowRsa1024: boolean) =>
      startTestServer('sqlite', { dataDir, allowRsa1024, pki: true })
    let server = await start(true)
    const one = apiOf(() => server)
    const weak = await newAuthority(one, { algorithm: 'RSA', size: 1024 })
    const issued = await weak.issue()
    await server.stop()
    one.close()
    server = await start(false)
    const two = apiOf(() => server)
    const { csr } = await two.post('/ca/csr', { cn: 'late' })
    const body = { csr, purpose: 'server', duration: 1 }
    const { codeDesc } = await two.post(`/ca/local-cas/${weak.id}/certs`, body, 400)
    expect(codeDesc).toContain('the issuing CA has a key that has 1024 bits')
    const path = `/ca/local-cas/${weak.id}/certs/${issued.id}/revoke`
    await two.post(path, { reason: 'superseded' }, 200)
    expect((await publishedCrl(two, weak)).entries.has(issued.serialNumber)).toBe(true)
    expect(await ocspStatus(two, weak, issued.serialNumber)).toMatchObject({ is: 'revoked' })
    two.close()
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('smaller ones are refused all the same', async () => {
    await api.post('/ca/local-cas', { cn: 'older', algorithm: 'RSA', size: 512 }, 400)
  })
})
