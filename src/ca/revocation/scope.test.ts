import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiOf } from '../../../test/support/api.ts'
import { tamperWith } from '../../../test/support/databases.ts'
import {
  newAuthority,
  ocspStatus,
  publishedCrl,
  type TestAuthority,
} from '../../../test/support/revocation.ts'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'
import { oids } from '../x509/oids.ts'

describe('the address that lists and certificates name', () => {
  let dataDir: string
  let server: TestServer
  let api: Api
  const start = async (pkiUrl?: string) => {
    server = await startTestServer('sqlite', {
      dataDir,
      pki: true,
      ...(pkiUrl === undefined ? {} : { pkiUrl }),
    })
    api = apiOf(() => server)
  }
  const restart = async (pkiUrl?: string) => {
    api.close()
    await server.stop()
    await start(pkiUrl)
  }
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'keystead-scope-'))
    await start()
  })
  afterAll(async () => {
    api.close()
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const issue = async ({ id }: Pick<TestAuthority, 'id'>) => {
    const { csr } = await api.post('/ca/csr', { cn: 'host.example.com' })
    return api.post(`/ca/local-cas/${id}/certs`, { csr, purpose: 'server', duration: 30 })
  }
  const point = async (ca: TestAuthority) =>
    (await publishedCrl(api, ca)).extensions.get(oids.issuingDistributionPoint)

  test('stands on a list only while all certificates of the CA name it', async () => {
    const before = await newAuthority(api)
    expect(new X509Certificate((await issue(before)).cert).infoAccess).toBeUndefined()
    expect(await point(before)).toBeUndefined()

    await restart('http://one.example.com')
    const born = await newAuthority(api)
    expect(new X509Certificate((await issue(born)).cert).infoAccess).toContain(
      `OCSP - URI:http://one.example.com/pki/${born.id}/ocsp`,
    )
    expect(await point(born)).toMatchObject({ critical: true })
    const shown = Buffer.from((await point(born))?.value ?? []).toString('latin1')
    expect(shown).toContain(`http://one.example.com/pki/${born.id}/crl`)
    // Its first certificates name nothing, so its list must hold for those too.
    expect(await point(before)).toBeUndefined()
    expect((await publishedCrl(api, before)).extensions.has(oids.freshestCRL)).toBe(true)

    await restart('http://two.example.com')
    await issue(born)
    expect(await point(born)).toBeUndefined()
    await restart('http://one.example.com')
    expect(await point(born)).toBeUndefined()
  })

  test('what was revoked before there were revocation records is published too', async () => {
    const ca = await newAuthority(api)
    const { id, serialNumber } = await issue(ca)
    await api.post(`/ca/local-cas/${ca.id}/certs/${id}/revoke`, { reason: 'keyCompromise' }, 200)
    api.close()
    await server.stop()
    await tamperWith(
      join(dataDir, 'keystead.db'),
      "delete from revocations; delete from revocation_changes; delete from crls; delete from settings where key = 'ca.revocations-recorded'",
    )
    await start()
    expect((await publishedCrl(api, ca)).entries.get(serialNumber)).toBe(1)
    expect(await ocspStatus(api, ca, serialNumber)).toMatchObject({ is: 'revoked', reason: 1 })
  })
})
