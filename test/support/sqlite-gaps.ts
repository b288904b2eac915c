import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Types of pages (SQLite file format, section 1.6): those inside a tree have children, and a header four bytes longer. */
const INTERIOR = [2, 5]
const HEADER_OF_FILE = 100

/**
 * Where the pages of a SQLite file's tables and indexes, but for the audit log, have their gaps between the pointers to
 * their cells and the cells. These are the only places that `secure_delete` does not reach: when SQLite writes a page
 * anew, it leaves there what stood there.
 */
export function gapsIn(path: string): { readonly from: number; readonly to: number }[] {
  const bytes = readFileSync(path)
  const database = new DatabaseSync(path, { readOnly: true })
  const roots = database
    .prepare(
      "select rootpage from sqlite_schema where rootpage > 0 and tbl_name not glob 'audit_*'",
    )
    .all()
    .map(({ rootpage }) => Number(rootpage))
  database.close()
  const size = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16)
  const gaps: { from: number; to: number }[] = []
  const left = [1, ...roots]
  for (let page = left.pop(); page !== undefined; page = left.pop()) {
    const start = (page - 1) * size
    const header = start + (page === 1 ? HEADER_OF_FILE : 0)
    const isInterior = INTERIOR.includes(bytes.readUInt8(header))
    const cells = bytes.readUInt16BE(header + 3)
    const pointers = header + (isInterior ? 12 : 8)
    if (isInterior) {
      left.push(bytes.readUInt32BE(header + 8))
      for (let cell = 0; cell < cells; cell++)
        left.push(bytes.readUInt32BE(start + bytes.readUInt16BE(pointers + 2 * cell)))
    }
    gaps.push({
      from: pointers + 2 * cells,
      to: start + (bytes.readUInt16BE(header + 5) || 65_536),
    })
  }
  return gaps
}

/** Puts random bytes into each gap that has room for so many, as SQLite might have left them there. Returns them. */
export function leaveInGaps(path: string, length: number): Buffer[] {
  const descriptor = openSync(path, 'r+')
  const left: Buffer[] = []
  for (const { from, to } of gapsIn(path)) {
    if (to - from < length) continue
    const bytes = randomBytes(length)
    writeSync(descriptor, bytes, 0, length, to - length)
    left.push(bytes)
  }
  closeSync(descriptor)
  return left
}
