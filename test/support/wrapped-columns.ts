import { wrappedColumn } from '../../src/system/seal/rewrap.ts'

/** The wrapped columns as tests of the seal declare them; the server's own are declared by the areas that own the tables. */
export const wrappedColumns = [
  wrappedColumn('users', 'password', (row) => ({
    domain: row.domain_id,
    table: 'users',
    row: row.id,
    column: 'password',
    version: 0,
  })),
  // Bound to the version of its row, as a table may choose to.
  wrappedColumn('password_history', 'password', (row) => ({
    domain: row.domain_id,
    table: 'password_history',
    row: row.id,
    column: 'password',
    version: row.version,
  })),
]
