import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

describe.each(databases)('banners on %s', (database) => {
  const api = startApi(database)
  const paths = ['/auth/banners/pre-auth', '/auth/banners/post-auth'] as const

  test('are empty until they are set, kept as they come, and emptied again', async () => {
    for (const path of paths) {
      expect(await api.get(path)).toEqual({ value: '' })
      for (const value of ['Authorised use only.\n"quoted" <b>ä</b> 🔑', 'x'.repeat(16_384), '']) {
        expect(await api.patch(path, { value })).toEqual({ value })
        expect(await api.get(path)).toEqual({ value })
      }
    }
  })

  test('are two: setting one leaves the other', async () => {
    await api.patch(paths[0], { value: 'before' })
    await api.patch(paths[1], { value: 'after' })
    expect(await api.get(paths[0])).toEqual({ value: 'before' })
    expect(await api.get(paths[1])).toEqual({ value: 'after' })
  })

  test('are read before sign-in and after it by whom they are for', async () => {
    await api.anonymous.get(paths[0])
    await api.anonymous.get(paths[1], 401)
    await api.post('/usermgmt/users', { username: 'few', password: 'Few-Pass-1234!' })
    const few = await api.as({ username: 'few', password: 'Few-Pass-1234!' })
    await few.get(paths[1])
    for (const path of paths) await few.patch(path, { value: 'mine' }, 403)
  })

  test('are text that every database keeps, and not too long', async () => {
    for (const value of ['nul \0', 'half \ud800', 'x'.repeat(16_385), 7])
      await api.patch(paths[0], { value }, 400)
    await api.patch(paths[0], {}, 400)
    expect(await api.get(paths[0])).toEqual({ value: 'before' })
  })

  test('and the server’s name, set for the first time by two at once, are one of the two', async () => {
    const answers = await Promise.all(
      ['one', 'two'].map((name) => api.send('PATCH', '/system/info', { name })),
    )
    for (const { status } of answers) expect([200, 409]).toContain(status)
    expect(['one', 'two']).toContain((await api.get('/system/info')).name)
  })
})
