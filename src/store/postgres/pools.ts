import pg from 'pg'
import type { StoreLog } from '../core.ts'
import type { PostgresConnections, PostgresPools } from './backend.ts'

const MOST_READERS = 10
/** Nothing the server asks takes long; what does is stuck, and must not hold others. */
const SETTINGS = {
  synchronous_commit: 'on',
  statement_timeout: '15s',
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '15s',
}

const INT8 = 20

/** int8, and so count(*), as a number: nothing here is counted beyond 2^53. */
const types = {
  getTypeParser: ((oid: number, format?: string) =>
    oid === INT8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

export function postgresPools(url: string, log: StoreLog): PostgresPools {
  return { readers: poolOf(url, MOST_READERS, log), writer: poolOf(url, 1, log) }
}

function poolOf(url: string, max: number, log: StoreLog): PostgresConnections {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    application_name: 'keystead',
    connectionTimeoutMillis: 5000,
    // Also when the server is frozen and its own limits do not act.
    query_timeout: 20_000,
    idleTimeoutMillis: max === 1 ? 0 : 30_000,
    keepAlive: true,
    allowExitOnIdle: true,
    options: Object.entries(SETTINGS)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  })
  // Of connections that nobody is using; those in use fail at their query.
  pool.on('error', (error) => log.warn(`a connection to the database was lost: ${error.message}`))
  return {
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      const lost = (): void => undefined
      client.on('error', lost)
      return {
        query: (sql, values) => client.query(sql, values as unknown[] | undefined),
        release(destroy) {
          client.off('error', lost)
          client.release(destroy === true)
        },
      }
    },
  }
}
