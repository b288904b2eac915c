import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import {
  fetchPki,
  newAuthority,
  ocspStatus,
  publishedCrl,
} from '../../../test/support/revocation.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

describe.each(databases)('revocation lists on %s', (database) => {
  const api = startApi(database, { pki: true })

  test('a CA publishes an empty list before anything is revoked', async () => {
    const ca = await newAuthority(api)
    const list = await publishedCrl(api, ca)
    expect(list.number).toBe(1n)
    expect(list.entries.size).toBe(0)
    expect(list.nextUpdate.getTime() - list.thisUpdate.getTime()).toBe(DAY)
  })

  test('a revocation is on the list with the next request, with its reason', async () => {
    const ca = await newAuthority(api)
    const [one, two, three] = [await ca.issue(), await ca.issue(), await ca.issue()]
    expect((await publishedCrl(api, ca)).entries.size).toBe(0)
    await ca.revoke(one, 'keyCompromise')
    expect((await publishedCrl(api, ca)).entries).toEqual(new Map([[one.serialNumber, 1]]))
    await ca.revoke(two, 'unspecified')
    // It would mean the contrary on a list: the certificate is there, without it.
    await ca.revoke(three, 'removeFromCRL')
    const { entries, number } = await publishedCrl(api, ca)
    expect(entries).toEqual(
      new Map([
        [one.serialNumber, 1],
        [two.serialNumber, undefined],
        [three.serialNumber, undefined],
      ]),
    )
    expect(number).toBe(3n)
  })

  test('a hold goes from the list when it is lifted, and a delta says so', async () => {
    const ca = await newAuthority(api)
    const held = await ca.issue()
    const base = await publishedCrl(api, ca)
    await ca.revoke(held, 'certificateHold')
    expect((await publishedCrl(api, ca)).entries).toEqual(new Map([[held.serialNumber, 6]]))
    const delta = await publishedCrl(api, ca, 'delta-crl')
    expect(delta.base).toBe(base.number)
    expect(delta.entries).toEqual(new Map([[held.serialNumber, 6]]))
    await ca.resume(held)
    expect((await publishedCrl(api, ca)).entries.size).toBe(0)
    const later = await publishedCrl(api, ca, 'delta-crl')
    expect(later.base).toBe(base.number)
    expect(later.entries).toEqual(new Map([[held.serialNumber, 8]]))
    expect(later.number).toBeGreaterThan(delta.number)
  })

  test('a delta can be had first, and makes the list that it stands on', async () => {
    const ca = await newAuthority(api)
    const one = await ca.issue()
    await ca.revoke(one)
    const delta = await publishedCrl(api, ca, 'delta-crl')
    expect(delta).toMatchObject({ base: 1n, number: 2n })
    expect(delta.entries.size).toBe(0)
    const full = await publishedCrl(api, ca)
    expect(full.number).toBe(1n)
    expect(full.entries.has(one.serialNumber)).toBe(true)
  })

  test('a revoked certificate stays revoked when its record is deleted, and a good one good', async () => {
    const ca = await newAuthority(api)
    const [revoked, good] = [await ca.issue(), await ca.issue()]
    await ca.revoke(revoked)
    for (const { id } of [revoked, good]) await api.delete(`/ca/local-cas/${ca.id}/certs/${id}`)
    expect((await publishedCrl(api, ca)).entries).toEqual(new Map([[revoked.serialNumber, 4]]))
    expect(await ocspStatus(api, ca, revoked.serialNumber)).toMatchObject({ is: 'revoked' })
    expect(await ocspStatus(api, ca, good.serialNumber)).toMatchObject({ is: 'good' })
    expect(await ocspStatus(api, ca, '4711')).toMatchObject({ is: 'unknown' })
  })

  test('the same list is given again until something changes', async () => {
    const ca = await newAuthority(api)
    const path = `/pki/${ca.id}/crl`
    const { pki } = api.server.running
    const first = await fetchPki(pki, path)
    const again = await fetchPki(pki, path)
    expect(again.body.equals(first.body)).toBe(true)
    const etag = first.headers.get('etag') ?? ''
    expect(first.headers.get('last-modified')).toBeTruthy()
    expect(first.headers.get('cache-control')).toContain('max-age=60')
    const headers = { 'if-none-match': etag }
    expect(await fetchPki(pki, path, { headers })).toMatchObject({ status: 304 })
    await ca.revoke(await ca.issue())
    const changed = await fetchPki(pki, path, { headers })
    expect(changed.status).toBe(200)
    expect(changed.headers.get('etag')).not.toBe(etag)
  })

  test('requests that come together get one list', async () => {
    const ca = await newAuthority(api)
    await ca.revoke(await ca.issue())
    const got = await Promise.all(Array.from({ length: 20 }, () => publishedCrl(api, ca)))
    expect(new Set(got.map(({ number }) => number))).toEqual(new Set([1n]))
  })

  test('many revocations at once are all done, and all on the list', async () => {
    const ca = await newAuthority(api)
    const all = await Promise.all(Array.from({ length: 40 }, () => ca.issue()))
    await Promise.all(all.map((one) => ca.revoke(one)))
    const { entries } = await publishedCrl(api, ca)
    expect([...entries.keys()].sort()).toEqual(all.map((one) => one.serialNumber).sort())
  })

  test('a deleted CA publishes nothing any more', async () => {
    const ca = await newAuthority(api)
    const path = `/pki/${ca.id}/crl`
    expect(await fetchPki(api.server.running.pki, path)).toMatchObject({ status: 200 })
    await api.delete(`/ca/local-cas/${ca.id}`)
    for (const what of ['crl', 'delta-crl', 'cert'])
      expect(await fetchPki(api.server.running.pki, `/pki/${ca.id}/${what}`)).toMatchObject({
        status: 404,
      })
  })

  test('a CA that is pending publishes nothing yet', async () => {
    const { id } = await api.post('/ca/local-cas', { cn: 'pending' })
    expect(await fetchPki(api.server.running.pki, `/pki/${id}/crl`)).toMatchObject({ status: 404 })
  })

  // The clock goes on and is not set back, so these come last.
  test('a list is made anew before it ends, though nothing has changed', async () => {
    const ca = await newAuthority(api)
    const first = await publishedCrl(api, ca)
    api.advance(11 * HOUR)
    expect((await publishedCrl(api, ca)).number).toBe(first.number)
    api.advance(2 * HOUR)
    const next = await publishedCrl(api, ca)
    expect(next.number).toBeGreaterThan(first.number)
    expect(next.thisUpdate > first.thisUpdate).toBe(true)
  })

  test('an entry stays until a list has shown it after the certificate’s end', async () => {
    const ca = await newAuthority(api)
    const short = await ca.issue({ duration: 2 })
    const long = await ca.issue()
    await ca.revoke(short)
    await ca.revoke(long)
    await publishedCrl(api, ca)
    await api.delete(`/ca/local-cas/${ca.id}/certs/${short.id}`)
    api.advance(3 * DAY)
    const shown = await publishedCrl(api, ca)
    expect([...shown.entries.keys()].sort()).toEqual([short.serialNumber, long.serialNumber].sort())
    // Changes in between do not count: lists are of one schedule, and the deltas since stand on it.
    await ca.revoke(await ca.issue())
    expect((await publishedCrl(api, ca)).entries.has(short.serialNumber)).toBe(true)
    api.advance(DAY)
    const after = await publishedCrl(api, ca)
    expect(after.entries.has(short.serialNumber)).toBe(false)
    expect(after.entries.has(long.serialNumber)).toBe(true)
    expect(await ocspStatus(api, ca, long.serialNumber)).toMatchObject({ is: 'revoked' })
  })
})
