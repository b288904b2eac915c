import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { openLab } from '../../test/promises/lab.ts'

test('the default CA is made once: neither a new start nor its deletion brings another', async () => {
  const first = await openLab({ keep: true })
  const list = async (lab: typeof first) =>
    (await lab.ask('GET', '/v1/ca/local-cas', { token: await lab.admin() })).body.resources
  const [made, ...others] = await list(first)
  expect(others).toEqual([])
  expect(new X509Certificate(made.cert).publicKey.asymmetricKeyDetails).toMatchObject({
    namedCurve: 'prime256v1',
  })
  const { dataDir } = first
  await first.stop()

  const second = await openLab({ dataDir, keep: true })
  expect(await list(second)).toEqual([made])
  const token = await second.admin()
  const ask = (method: string, path: string, body?: object) =>
    second.ask(method, `/v1${path}`, { token, ...(body && { body }) })
  const held = await ask('DELETE', `/ca/local-cas/${made.id}`)
  expect(held.status).toBe(409)
  const { id } = (await ask('POST', '/ca/local-cas', { cn: 'another' })).body
  await ask('POST', `/ca/local-cas/${id}/self-sign`, { duration: 3650 })
  const moved = { auto_gen_ca_id: id, trusted_cas: { local: [id] } }
  expect((await ask('PATCH', '/configs/interfaces/web', moved)).status).toBe(200)
  expect((await ask('DELETE', `/ca/local-cas/${made.id}`)).status).toBe(204)
  await second.stop()

  const third = await openLab({ dataDir })
  expect((await list(third)).map(({ subject }: { subject: string }) => subject)).toEqual([
    '/CN=another',
  ])
  await third.stop()
})
