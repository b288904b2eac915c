import { randomUUID, verify } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import { selectOver, uncheckedReaderOn } from '../../src/store/reader.ts'
import type { Schema } from '../../src/store/schema.ts'
import type { Reader } from '../../src/store/store.ts'
import {
  type ExportedHead,
  exportHead,
  type Verdict,
  type VerifyKeys,
  verifyChain,
} from '../../src/store/verify.ts'
import { openSeal } from '../../src/system/seal/seal.ts'
import { addUser, type Lab, openLab, pick } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

/** The log of a server that was started as two nodes one after the other, in memory, where it can be changed and put back. */
interface Log {
  readonly database: DatabaseSync
  readonly reader: Reader
  readonly keys: VerifyKeys
  readonly nodes: readonly { readonly id: string; readonly length: number }[]
  /** The head of the whole log, kept elsewhere. */
  readonly head: ExportedHead
}

const CALLS = 25

async function use(lab: Lab, name: string): Promise<void> {
  const token = await lab.admin()
  for (let at = 0; at < CALLS; at++) {
    await lab.ask('POST', '/v1/usermgmt/groups', { token, body: { name: `${name}-${at % 20}` } })
    if (at % 5 === 0) await addUser(lab, `${name}-${at}`, 'Recorded-Pass-1')
    if (at % 7 === 0) await lab.ask('GET', '/v1/auth/self/user', { token: 'a.b.c' })
  }
}

async function writtenLog(): Promise<Log> {
  const first = await openLab({ keep: true })
  const { dataDir } = first
  await use(first, 'first')
  await first.stop()
  // Another node on the same database: its records form a chain of their own.
  writeFileSync(join(dataDir, 'node.id'), `${randomUUID()}\n`)
  const second = await openLab({ dataDir, keep: true })
  await use(second, 'second')
  await second.stop()

  const file = join(dataDir, 'keystead.db')
  const store = await openStore({ kind: 'sqlite', file })
  const rootKey = { scheme: 'file', path: join(dataDir, 'root.key') } as const
  const seal = await openSeal(store, rootKey, { nodeId: randomUUID(), allowInit: false })
  const { installation, auditKey } = seal.envelope
  const { auditPublicKey } = seal
  seal.close()
  const head = await exportHead(store.read, installation)
  await store.close()

  const database = new DatabaseSync(':memory:')
  database.exec(`attach '${file}' as file`)
  for (const table of ['audit_records', 'audit_heads'])
    database.exec(`create table ${table} as select * from file.${table}`)
  database.exec('detach file; create index by_node on audit_records (node_id, seq)')
  rmSync(dataDir, { recursive: true, force: true })
  const nodes = database
    .prepare('select node_id as id, max(seq) as length from audit_records group by node_id')
    .all() as unknown as Log['nodes']
  return {
    database,
    reader: readerOf(database),
    keys: {
      installation,
      auditKey,
      verifyHead: (bytes, signature) => verify(null, bytes, auditPublicKey, signature),
    },
    nodes,
    head,
  }
}

function readerOf(database: DatabaseSync): Reader {
  const known = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    const statement = known.get(sql) ?? database.prepare(sql)
    known.set(sql, statement)
    const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
    return {
      reader: true,
      all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
      run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
      iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
    }
  }
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: { close: () => database.close(), prepare } }),
  })
  return uncheckedReaderOn({ dialect: 'sqlite', db, select: selectOver(db) })
}

interface Attack {
  readonly what: string
  /** SQL statements with their values. */
  readonly sql: readonly (readonly [string, ...SQLInputValue[]])[]
  /** The first record that is wrong afterwards, where there is one to name. */
  readonly first?: { readonly node_id: string; readonly seq: number }
}

type Attacker = (log: Log, next: () => number) => Attack

const COLUMNS = {
  id: () => randomUUID(),
  domain_id: () => 'elsewhere',
  created_at: () => '2020-01-01T00:00:00.000000Z',
  severity: () => 'debug',
  message: (old: string) => `${old} `,
  username: (old: string) => (old === 'somebody' ? 'else' : 'somebody'),
  service: (old: string) => old.slice(1),
  source: () => '',
  client_ip: () => '192.0.2.1',
  details: (old: string) => old.replace('{', '{"added":1,'),
} as const

const at = (log: Log, next: () => number) => {
  const node = pick(next, log.nodes)
  return { node, seq: 1 + Math.floor(next() * node.length) }
}

const attackers: Readonly<Record<string, Attacker>> = {
  'a column edited': (log, next) => {
    const { node, seq } = at(log, next)
    const column = pick(next, Object.keys(COLUMNS)) as keyof typeof COLUMNS
    const row = log.database
      .prepare(`select ${column} as old from audit_records where node_id = ? and seq = ?`)
      .get(node.id, seq)
    return {
      what: column,
      sql: [
        [
          `update audit_records set ${column} = ? where node_id = ? and seq = ?`,
          COLUMNS[column](String(row?.['old'])),
          node.id,
          seq,
        ],
      ],
      first: { node_id: node.id, seq },
    }
  },
  'a failure made a success, or the other way round': (log, next) => {
    const { node, seq } = at(log, next)
    return {
      what: '',
      sql: [
        [
          'update audit_records set success = 1 - success where node_id = ? and seq = ?',
          node.id,
          seq,
        ],
      ],
      first: { node_id: node.id, seq },
    }
  },
  'a bit of a MAC flipped': (log, next) => {
    const { node, seq } = at(log, next)
    const row = log.database
      .prepare('select mac from audit_records where node_id = ? and seq = ?')
      .get(node.id, seq)
    const mac = Uint8Array.from(row?.['mac'] as Uint8Array)
    const byte = Math.floor(next() * mac.length)
    mac[byte] = (mac[byte] as number) ^ (1 << Math.floor(next() * 8))
    return {
      what: `byte ${byte}`,
      sql: [['update audit_records set mac = ? where node_id = ? and seq = ?', mac, node.id, seq]],
      first: { node_id: node.id, seq },
    }
  },
  'a record dropped, those behind it moved up or not': (log, next) => {
    const { node, seq } = at(log, next)
    const moved = next() < 0.5
    return {
      what: moved ? 'moved up' : 'a gap',
      sql: [
        ['delete from audit_records where node_id = ? and seq = ?', node.id, seq],
        ...(moved
          ? ([
              [
                'update audit_records set seq = seq - 1 where node_id = ? and seq > ?',
                node.id,
                seq,
              ],
              ['update audit_heads set seq = seq - 1 where node_id = ?', node.id],
            ] as const)
          : []),
      ],
      // The last one, with the head put back by one, leaves only a head that does not fit.
      first: { node_id: node.id, seq: moved && seq === node.length ? seq - 1 : seq },
    }
  },
  'a record put in': (log, next) => {
    const { node, seq } = at(log, next)
    const other = at(log, next)
    return {
      what: `a copy of ${other.seq}`,
      sql: [
        ['update audit_records set seq = seq + 1 where node_id = ? and seq >= ?', node.id, seq],
        [
          `insert into audit_records select ?, ?, ?, domain_id, created_at, severity, message, username, service, source,
           success, client_ip, details, mac from audit_records where node_id = ? and seq = ?`,
          node.id,
          seq,
          randomUUID(),
          other.node.id,
          other.node === node && other.seq >= seq ? other.seq + 1 : other.seq,
        ],
        ['update audit_heads set seq = seq + 1 where node_id = ?', node.id],
      ],
      first: { node_id: node.id, seq },
    }
  },
  'two records in each other’s place': (log, next) => {
    const { node, seq } = at(log, next)
    const other = 1 + ((seq + Math.floor(next() * (node.length - 1))) % node.length)
    const move = 'update audit_records set seq = ? where node_id = ? and seq = ?'
    return {
      what: `${other}`,
      sql: [
        [move, -1, node.id, seq],
        [move, seq, node.id, other],
        [move, other, node.id, -1],
      ],
      first: { node_id: node.id, seq: Math.min(seq, other) },
    }
  },
  'the tail cut off': (log, next) => {
    const { node, seq } = at(log, next)
    return {
      what: '',
      sql: [['delete from audit_records where node_id = ? and seq >= ?', node.id, seq]],
      first: { node_id: node.id, seq },
    }
  },
  'the tail cut off and the head set to what is left': (log, next) => {
    const { node, seq } = at(log, next)
    return {
      what: '',
      sql: [
        ['delete from audit_records where node_id = ? and seq >= ?', node.id, seq],
        [
          `update audit_heads set seq = ?1, mac = coalesce((select mac from audit_records where node_id = ?2 and seq = ?1), mac)
           where node_id = ?2`,
          seq - 1,
          node.id,
        ],
      ],
    }
  },
  'one node’s whole log removed': (log, next) => {
    const { node } = at(log, next)
    return {
      what: '',
      sql: [
        ['delete from audit_records where node_id = ?', node.id],
        ['delete from audit_heads where node_id = ?', node.id],
      ],
      first: { node_id: node.id, seq: 0 },
    }
  },
  'two nodes’ logs exchanged': ({ nodes }, next) => {
    const [one, other] = nodes as [Log['nodes'][0], Log['nodes'][0]]
    const tables = pick(next, [
      ['audit_records'],
      ['audit_heads'],
      ['audit_records', 'audit_heads'],
    ])
    const rename = (table: string) => `update ${table} set node_id = ? where node_id = ?`
    return {
      what: tables.join(' and '),
      sql: tables.flatMap(
        (table) =>
          [
            [rename(table), 'neither', one.id],
            [rename(table), one.id, other.id],
            [rename(table), other.id, 'neither'],
          ] as const,
      ),
    }
  },
  'records of one number exchanged between nodes': (log, next) => {
    const [one, other] = log.nodes as [Log['nodes'][0], Log['nodes'][0]]
    const seq = 1 + Math.floor(next() * Math.min(one.length, other.length))
    const rename = 'update audit_records set node_id = ? where node_id = ? and seq = ?'
    return {
      what: '',
      sql: [
        [rename, 'neither', one.id, seq],
        [rename, one.id, other.id, seq],
        [rename, other.id, 'neither', seq],
      ],
      first: { node_id: [one.id, other.id].sort()[0] as string, seq },
    }
  },
  'a head altered': (log, next) => {
    const { node, seq } = at(log, next)
    const [what, value] = pick<readonly [string, SQLInputValue]>(next, [
      ['mac', new Uint8Array(32)],
      ['signature', new Uint8Array(64)],
      ['signed_mac', new Uint8Array(32)],
      ['signed_seq', seq === node.length ? 0 : seq],
      ['seq', node.length + 1],
      ['seq', node.length - 1],
    ])
    return { what, sql: [[`update audit_heads set ${what} = ? where node_id = ?`, value, node.id]] }
  },
}

type Verify = (log: Log) => Promise<Verdict>

const verifying: Verify = ({ reader, keys, head }) =>
  verifyChain(reader, keys, { exportedHead: head })

/** Tampers in many ways, each time with an intact log, and says what was not found or not named. */
async function unfound(log: Log, check: Verify, runs: number): Promise<string[]> {
  const next = random()
  const names = Object.keys(attackers)
  const problems: string[] = []
  for (let run = 0; run < runs; run++) {
    const name = names[run % names.length] as string
    const { what, sql, first } = (attackers[name] as Attacker)(log, next)
    log.database.exec('begin')
    for (const [text, ...values] of sql) log.database.prepare(text).run(...values)
    const verdict = await check(log)
    log.database.exec('rollback')
    const note = (problem: string) => problems.push(`${name} (${what}): ${problem}`)
    if (verdict.intact) note('was not found')
    else if (first && (verdict.node_id !== first.node_id || verdict.seq !== first.seq))
      note(`named ${verdict.node_id} ${verdict.seq}, and not ${first.node_id} ${first.seq}`)
  }
  return problems
}

describe('U2: tampering with the audit log shows', () => {
  let log: Log
  beforeAll(async () => {
    log = await writtenLog()
  }, 60_000)
  afterAll(() => log.database.close())

  test('as two nodes wrote it, the log is intact', async () => {
    const records = log.nodes.reduce((sum, { length }) => sum + length, 0)
    expect(await verifying(log)).toEqual({ intact: true, nodes: 2, records })
    for (const { length } of log.nodes) expect(length).toBeGreaterThan(CALLS)
  })

  test('whatever was changed is found, and the first wrong record is named', async () => {
    const runs = scale(10_000, 100_000)
    const problems = await unfound(log, verifying, runs)
    report(
      'U2',
      `${runs} tamperings of ${Object.keys(attackers).length} kinds, ${runs - problems.length} found and named`,
    )
    expect(problems.slice(0, 20), `seed ${seed}`).toEqual([])
    expect((await verifying(log)).intact).toBe(true)
  }, 300_000)

  test('the harness notices a verifier that only counts records', async () => {
    const counting: Verify = async ({ database, nodes }) => {
      for (const { id, length } of nodes) {
        const counted = database
          .prepare('select count(*) as found from audit_records where node_id = ?')
          .get(id)
        if (counted?.['found'] !== length)
          return { intact: false, node_id: id, seq: 0, problem: 'records are gone' }
      }
      return { intact: true, nodes: nodes.length, records: 0 }
    }
    const problems = await unfound(log, counting, 200)
    expect(problems).toContainEqual(expect.stringContaining('a column edited'))
    expect(problems).toContainEqual(expect.stringContaining('each other’s place'))
  })

  test('the harness notices a verifier without the head that was kept elsewhere', async () => {
    const alone: Verify = ({ reader, keys }) => verifyChain(reader, keys)
    const problems = await unfound(log, alone, 200)
    expect(problems).toContainEqual(expect.stringContaining('whole log removed'))
  })
})
