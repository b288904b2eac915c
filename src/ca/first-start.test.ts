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
  const gone = await second.ask('DELETE', `/v1/ca/local-cas/${made.id}`, { token })
  expect(gone.status).toBe(204)
  await second.stop()

  const third = await openLab({ dataDir })
  expect(await list(third)).toEqual([])
  await third.stop()
})
