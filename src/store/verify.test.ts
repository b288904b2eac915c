import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databases, type TestDatabase, testKeys, verifyHead } from '../../test/support/databases.ts'
import { auditEntry } from '../../test/support/rows.ts'
import { headMac, recordMac } from './chain.ts'
import { type ExportedHead, exportHead, verifyChain } from './verify.ts'

const SIGNED = 1000
const RECORDS = SIGNED + 12
const keys = { installation: testKeys.installation, auditKey: testKeys.auditKey, verifyHead }

describe.each(databases)('the audit log on %s', (name, open) => {
  let database: TestDatabase
  let early: ExportedHead
  const seqs = fc.integer({ min: SIGNED - 10, max: RECORDS })

  beforeAll(async () => {
    database = await open()
    const { store, tamper } = database
    early = await exportHead(store.read, testKeys.installation)
    const write = (from: number, to: number) =>
      store.transact((tx) => {
        for (let at = from; at <= to; at++) tx.audit(auditEntry(`record ${at}`))
      })
    await write(1, SIGNED - 100)
    await tamper('create table old_records as select * from audit_records')
    await tamper('create table old_heads as select * from audit_heads')
    await write(SIGNED - 99, SIGNED)
    await vi.waitFor(async () =>
      expect((await exportHead(store.read, keys.installation)).heads[0]?.seq).toBe(SIGNED),
    )
    await write(SIGNED + 1, RECORDS)
    await tamper('create table kept_records as select * from audit_records')
    await tamper('create table kept_heads as select * from audit_heads')
  })
  afterAll(() => database.close())

  const verify = (exportedHead?: ExportedHead) =>
    verifyChain(database.store.read, keys, exportedHead ? { exportedHead } : {})

  /** What is found after someone ran this SQL behind the server's back; then everything is put back. */
  async function verdictAfter(attack: string, exportedHead?: ExportedHead) {
    await database.tamper(`begin; ${attack}; commit`)
    const verdict = await verify(exportedHead)
    await database.tamper(
      `begin;
       delete from audit_records where seq > ${SIGNED - 11} or seq not in (select seq from kept_records);
       delete from audit_records where node_id not in (select node_id from kept_heads);
       insert into audit_records select * from kept_records as k where not exists
         (select 1 from audit_records as r where r.node_id = k.node_id and r.seq = k.seq);
       delete from audit_heads; insert into audit_heads select * from kept_heads; commit`,
    )
    return verdict
  }

  const record = (seq: number) =>
    database.store.read
      .selectFrom('audit_records')
      .selectAll()
      .where('seq', '=', seq)
      .executeTakeFirstOrThrow()
  const bytes = (value: Uint8Array) => {
    const hex = Buffer.from(value).toString('hex')
    return name === 'SQLite' ? `x'${hex}'` : `'\\x${hex}'`
  }

  /** The head is signed every thousand records, and after a while: a slow machine gets there first. */
  const signedAt = async () =>
    (await exportHead(database.store.read, keys.installation)).heads[0]?.seq ?? 0

  const broken = (seq: number) => ({ intact: false, node_id: testKeys.nodeId, seq })

  test('as it was written, it is intact, and contains every head exported before', async () => {
    const intact = { intact: true, nodes: 1, records: RECORDS }
    expect(await verify()).toEqual(intact)
    expect(await verify(early)).toEqual(intact)
    expect(await verify(await exportHead(database.store.read, keys.installation))).toEqual(intact)
  })

  test('an edited record is named, whichever column was edited', async () => {
    const edits = fc.constantFrom(
      `message = message || '!'`,
      `username = 'somebody'`,
      'success = 1 - success',
      `created_at = '2020-01-01T00:00:00.000000Z'`,
      `id = 'another'`,
      `details = '{"a":1}'`,
      `severity = 'error'`,
      `client_ip = ''`,
      `service = 'ky', source = 'loidentity'`,
      `domain_id = 'elsewhere'`,
      'mac = (select mac from kept_records as k where k.seq = audit_records.seq - 1)',
    )
    await fc.assert(
      fc.asyncProperty(seqs, edits, async (seq, edit) => {
        const verdict = await verdictAfter(`update audit_records set ${edit} where seq = ${seq}`)
        const { id } = await record(seq)
        expect(verdict).toMatchObject(broken(seq))
        expect(verdict).toMatchObject({ problem: 'this record was altered, moved or put in' })
        expect(verdict).toHaveProperty('id', edit.startsWith('id') ? 'another' : id)
      }),
      { numRuns: 20 },
    )
  })

  test('a record that is gone is named, with those behind it moved up or not', async () => {
    await fc.assert(
      fc.asyncProperty(seqs, fc.boolean(), async (seq, moveUp) => {
        const attack = [`delete from audit_records where seq = ${seq}`]
        for (let next = seq + 1; moveUp && next <= RECORDS; next++)
          attack.push(`update audit_records set seq = ${next - 1} where seq = ${next}`)
        const gone = moveUp || seq === RECORDS ? {} : { problem: 'this record is gone' }
        expect(await verdictAfter(attack.join(';'))).toMatchObject({ ...broken(seq), ...gone })
      }),
      { numRuns: 10 },
    )
  })

  test('two records that changed places are found at the first of them', async () => {
    await fc.assert(
      fc.asyncProperty(seqs, seqs, async (one, other) => {
        fc.pre(one !== other)
        const attack = `update audit_records set seq = 9999 where seq = ${one};
          update audit_records set seq = ${one} where seq = ${other};
          update audit_records set seq = ${other} where seq = 9999`
        expect(await verdictAfter(attack)).toMatchObject(broken(Math.min(one, other)))
      }),
      { numRuns: 10 },
    )
  })

  test('a record that was put in is named', async () => {
    const places = fc.integer({ min: SIGNED - 10, max: RECORDS + 1 })
    await fc.assert(
      fc.asyncProperty(seqs, places, async (copied, place) => {
        const attack: string[] = []
        for (let next = RECORDS; next >= place; next--)
          attack.push(`update audit_records set seq = ${next + 1} where seq = ${next}`)
        attack.push(
          `insert into audit_records select node_id, ${place}, 'put in', domain_id, created_at, severity,
           message, username, service, source, success, client_ip, details, mac from kept_records where seq = ${copied}`,
          'update audit_heads set seq = seq + 1',
        )
        expect(await verdictAfter(attack.join(';'))).toMatchObject(broken(place))
      }),
      { numRuns: 10 },
    )
  })

  test('a tail that was cut off is found, also when the head is set to what is left', async () => {
    await fc.assert(
      fc.asyncProperty(seqs, fc.boolean(), async (from, headToo) => {
        const attack = [`delete from audit_records where seq >= ${from}`]
        if (headToo)
          attack.push(`update audit_heads set seq = ${from - 1},
            mac = (select mac from kept_records where seq = ${from - 1})`)
        expect(await verdictAfter(attack.join(';'))).toMatchObject(
          headToo
            ? { intact: false }
            : { ...broken(from), problem: 'this record and all after it are gone' },
        )
      }),
      { numRuns: 10 },
    )
  })

  test('records under another node’s name, and logs without their head, are found', async () => {
    const renamed = `update audit_records set node_id = 'node-2'; update audit_heads set node_id = 'node-2'`
    expect(await verdictAfter(renamed)).toMatchObject({ intact: false, node_id: 'node-2', seq: 1 })
    expect(await verdictAfter('delete from audit_heads')).toEqual({
      ...broken(0),
      problem: 'the head of this log is gone',
    })
    const moved = `update audit_heads set signed_seq = 5`
    expect(await verdictAfter(moved)).toMatchObject({ intact: false, seq: 5 })
    const unsigned = `update audit_heads set signature = substr(signature, 2)`
    expect(await verdictAfter(unsigned)).toEqual({
      ...broken(await signedAt()),
      problem: 'the signature of the head was altered',
    })
  })

  test('a MAC that is cut short is as wrong as another one', async () => {
    const cut = `update audit_records set mac = substr(mac, 1, 31) where seq = ${SIGNED}`
    expect(await verdictAfter(cut)).toMatchObject(broken(SIGNED))
    const head = 'update audit_heads set mac = substr(mac, 1, 31)'
    expect(await verdictAfter(head)).toMatchObject({
      ...broken(RECORDS),
      problem: expect.stringContaining('the head does not fit the last record'),
    })
  })

  test('of several broken logs the first by its node’s name is told', async () => {
    const attack = `insert into audit_heads (node_id, seq, mac, signed_seq, signed_mac, signature, signed_at)
        select 'node-2', seq, mac, signed_seq, signed_mac, signature, signed_at from kept_heads;
      insert into audit_records select 'node-0', 1, 'put in', domain_id, created_at, severity, message, username, service,
        source, success, client_ip, details, mac from kept_records where seq = 1`
    expect(await verdictAfter(attack)).toEqual({
      intact: false,
      node_id: 'node-0',
      seq: 0,
      problem: 'the head of this log is gone',
    })
  })

  test('an exported head of another node says nothing of this one', async () => {
    const head = await exportHead(database.store.read, keys.installation)
    const [first] = head.heads
    if (!first) throw new Error('no head')
    const elsewhere = { ...first, node_id: 'node-9' }
    expect(await verify({ ...head, heads: [first, elsewhere] })).toEqual({
      intact: false,
      node_id: 'node-9',
      seq: first.seq,
      problem: 'the exported head is not signed by this installation',
    })
  })

  // PostgreSQL keeps no value of another type in these columns.
  test.runIf(name === 'SQLite').each([
    [`update audit_records set mac = 'text' where seq = ${SIGNED}`, SIGNED],
    [`update audit_records set success = 0.5 where seq = ${SIGNED}`, SIGNED],
    [`update audit_heads set signed_seq = 1.5`, 0],
    [`update audit_heads set signed_mac = 'text'`, 0],
    [`update audit_heads set seq = ${RECORDS}.5`, RECORDS + 1],
  ])('a value of another type is found: %s', async (attack, seq) => {
    const verdict = await verdictAfter(attack)
    expect(verdict).toMatchObject(broken(seq))
    if (seq === 0) expect(verdict).toEqual({ ...broken(0), problem: 'the head was altered' })
  })

  describe('by someone who has the key of its MACs', () => {
    test('is not rewritten unseen: what was signed is no longer in it', async () => {
      const attack = [`update audit_records set message = 'harmless' where seq = ${SIGNED - 3}`]
      let before = (await record(SIGNED - 4)).mac
      for (let seq = SIGNED - 3; seq <= RECORDS; seq++) {
        const row = await record(seq)
        const rewritten = seq === SIGNED - 3 ? { ...row, message: 'harmless' } : row
        before = recordMac(testKeys.auditKey, before, rewritten)
        attack.push(`update audit_records set mac = ${bytes(before)} where seq = ${seq}`)
      }
      const mac = headMac(testKeys, { seq: RECORDS, mac: before })
      attack.push(`update audit_heads set mac = ${bytes(mac)}`)
      const verdict = await verdictAfter(attack.join(';'))
      expect(verdict).toMatchObject(broken(await signedAt()))
      expect(verdict).toMatchObject({
        problem: expect.stringContaining('the log does not contain what its head signed at 2'),
      })
    })

    test('has nothing put behind its end unseen', async () => {
      const last = await record(RECORDS)
      const row = { ...last, seq: RECORDS + 1, id: 'behind the end' }
      const mac = bytes(recordMac(testKeys.auditKey, last.mac, row))
      const attack = `insert into audit_records select node_id, ${RECORDS + 1}, 'behind the end', domain_id,
        created_at, severity, message, username, service, source, success, client_ip, details, ${mac}
        from kept_records where seq = ${RECORDS}`
      expect(await verdictAfter(attack)).toEqual({
        ...broken(RECORDS + 1),
        problem: 'this record was put behind the end',
      })
    })
  })

  test('what keeps the log from being read is told as what it is', async () => {
    const other = await open()
    await other.close()
    await expect(verifyChain(other.store.read, keys)).rejects.toThrow()
  })

  test('a whole log put back to an older state, or removed, shows against a head exported later', async () => {
    const later = await exportHead(database.store.read, keys.installation)
    const putBack = `delete from audit_records; insert into audit_records select * from old_records;
      delete from audit_heads; insert into audit_heads select * from old_heads`
    expect(await verdictAfter(putBack)).toMatchObject({ intact: true, records: SIGNED - 100 })
    expect(await verdictAfter(putBack, early)).toMatchObject({ intact: true })
    expect(await verdictAfter(putBack, later)).toEqual({
      ...broken(later.heads[0]?.seq ?? 0),
      problem: `the log does not contain what the head exported at ${later.heads[0]?.signed_at} says`,
    })
    const removed = 'delete from audit_records; delete from audit_heads'
    expect(await verdictAfter(removed, later)).toMatchObject(broken(0))
  })

  test('an exported head counts only when this installation signed it', async () => {
    const head = await exportHead(database.store.read, keys.installation)
    const [first] = head.heads
    if (!first) throw new Error('no head')
    const forged = { ...head, heads: [{ ...first, seq: first.seq - 1 }] }
    expect(await verify(forged)).toEqual({
      ...broken(first.seq - 1),
      problem: 'the exported head is not signed by this installation',
    })
    expect(await verify({ ...head, installation: 'another' })).toEqual({
      intact: false,
      node_id: '',
      seq: 0,
      problem: 'the exported head is of another installation',
    })
  })
})
