import { expect, test } from 'vitest'
import { startApi } from '../../../test/support/api.ts'

const api = startApi('sqlite')

test('an empty number of bytes is as if it was not there', async () => {
  const { bytes } = await api.get('/vault/random?bytes=')
  expect(Buffer.from(bytes, 'base64')).toHaveLength(32)
})
