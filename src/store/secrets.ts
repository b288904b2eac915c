import { sealedTables } from './sealing.ts'

/** The columns that hold something secret, wrapped or hashed: bytes under a seal, and the hierarchy of keys. */
const secretColumns = new Map<string, readonly string[]>([
  ...Object.entries(sealedTables).flatMap(([table, { columns }]): [string, string[]][] => {
    const secret = Object.entries(columns).filter(([, kind]) => kind.startsWith('bytes'))
    return secret.length > 0 ? [[table, secret.map(([column]) => column)]] : []
  }),
  ...['root_keks', 'domain_keks', 'data_keys'].map((table): [string, string[]] => [
    table,
    ['wrapped'],
  ]),
])

/** Whether a secret ends with this statement: its row goes, or something else takes its place. */
export function endsSecrets(sql: string): boolean {
  const [, kind, table = ''] = /^(delete from|update) "(\w+)"/.exec(sql) ?? []
  const columns = secretColumns.get(table)
  if (!columns) return false
  if (kind === 'delete from') return true
  const set = sql.slice(0, sql.lastIndexOf(' where '))
  return columns.some((column) => set.includes(`"${column}" = `))
}
