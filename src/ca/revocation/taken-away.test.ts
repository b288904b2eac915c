import { beforeEach, describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import {
  fetchPki,
  newAuthority,
  ocspRequest,
  ocspStatus,
  postOcsp,
  publishedCrl,
  type TestAuthority,
} from '../../../test/support/revocation.ts'

const DAY = 86_400_000
const SECOND = 1000

describe.each(databases)('a revocation taken out of the database on %s', (database) => {
  const api = startApi(database, { pki: true })
  let ca: TestAuthority
  let revoked: { id: string; serialNumber: string }
  let other: { id: string; serialNumber: string }
  beforeEach(async () => {
    ca = await newAuthority(api)
    revoked = await ca.issue()
    other = await ca.issue()
    await ca.revoke(revoked, 'keyCompromise')
    await ca.revoke(other, 'keyCompromise')
  })
  const rows = (of: { serialNumber: string }) =>
    `ca_id = '${ca.id}' and serial_number = '${of.serialNumber}'`
  const noList = async (kind: 'crl' | 'delta-crl' = 'crl') => {
    const { status, body } = await fetchPki(api.server.running.pki, `/pki/${ca.id}/${kind}`)
    expect(status).toBe(500)
    expect(body.toString('latin1')).not.toContain(revoked.serialNumber)
  }
  /** The status of an answer that is none (RFC 6960 §4.2.1). */
  const refusal = async (serial: string) => {
    const { body } = await postOcsp(api.server.running.pki, ca.id, ocspRequest(ca.cert, [serial]))
    return body.length === 5 ? body[4] : undefined
  }
  const recorded = async () => {
    const { resources } = await api.get('/audit/records?severity=critical&limit=1')
    return resources[0]
  }

  test('stops the lists and the responder of its CA, and is recorded', async () => {
    await api.server.tamper(`delete from revocations where ${rows(revoked)}`)
    await noList()
    await noList('delta-crl')
    expect(await refusal(other.serialNumber)).toBe(2)
    expect(await refusal(revoked.serialNumber)).toBe(2)
    expect(await recorded()).toMatchObject({
      message: 'Publish revocation status',
      success: false,
      details: { table: 'revocations', row: ca.id },
    })
  })

  test('is noticed within a second by a responder that has answered before', async () => {
    expect(await ocspStatus(api, ca, other.serialNumber)).toMatchObject({ is: 'revoked' })
    await api.server.tamper(`delete from revocations where ${rows(revoked)}`)
    await api.server.tamper(`delete from certificates where ${rows(revoked)}`)
    api.advance(2 * SECOND)
    expect(await refusal(revoked.serialNumber)).toBe(2)
  })

  test('together with the tally of its CA is noticed too', async () => {
    await api.server.tamper(`delete from revocations where ca_id = '${ca.id}'`)
    await api.server.tamper(`delete from revocation_changes where ca_id = '${ca.id}'`)
    await noList()
    expect(await refusal(revoked.serialNumber)).toBe(2)
    expect(await recorded()).toMatchObject({ details: { table: 'revocation_changes', row: ca.id } })
  })

  test('and another one in its place, from before, make no list', async () => {
    const short = await ca.issue({ duration: 2 })
    await ca.revoke(short)
    await publishedCrl(api, ca)
    await api.server.tamper(`create table kept as select * from revocations where ${rows(short)}`)
    // It leaves the records, with a list that is made after its end was shown.
    api.advance(3 * DAY)
    await publishedCrl(api, ca)
    api.advance(DAY)
    expect((await publishedCrl(api, ca)).entries.size).toBe(2)
    await api.server.tamper('insert into revocations select * from kept')
    await api.server.tamper(`delete from revocations where ${rows(revoked)}`)
    await api.server.tamper('drop table kept')
    api.advance(DAY)
    await noList()
  })

  test('leaves other CAs alone', async () => {
    const whole = await newAuthority(api)
    const one = await whole.issue()
    await whole.revoke(one)
    await api.server.tamper(`delete from revocations where ${rows(revoked)}`)
    expect((await publishedCrl(api, whole)).entries.size).toBe(1)
    expect(await ocspStatus(api, whole, one.serialNumber)).toMatchObject({ is: 'revoked' })
  })

  test('deleting certificates, and lists that drop what has ended, keep the tally right', async () => {
    const short = [await ca.issue({ duration: 1 }), await ca.issue({ duration: 1 })]
    const [first, second] = short as [(typeof short)[0], (typeof short)[0]]
    await ca.revoke(first)
    await api.delete(`/ca/local-cas/${ca.id}/certs/${first.id}`)
    await api.delete(`/ca/local-cas/${ca.id}/certs/${second.id}`)
    for (let day = 0; day < 3; day++) {
      api.advance(DAY)
      await publishedCrl(api, ca)
      const more = await ca.issue()
      await ca.revoke(more, 'certificateHold')
      await ca.resume(more)
      await api.delete(`/ca/local-cas/${ca.id}/certs/${more.id}`)
      expect(await ocspStatus(api, ca, more.serialNumber)).toMatchObject({ is: 'good' })
    }
    const { entries } = await publishedCrl(api, ca)
    expect(entries.has(first.serialNumber)).toBe(false)
    expect(entries.has(revoked.serialNumber)).toBe(true)
  })
})
