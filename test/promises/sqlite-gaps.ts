import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Types of pages (SQLite file format, section 1.6): those inside a tree have children, and a header four bytes longer. */
const INTERIOR = [2, 5]
const HEADER_OF_FILE = 100

/**
 * A SQLite file in which every page of a table or index has zeros between the pointers to its cells and the cells. It
 * is the only place that `secure_delete` does not reach: when SQLite writes a page anew, it leaves there what stood
 * there. Freed cells and pages are as they are in the file.
 */
export function withoutGaps(path: string): Buffer {
  const bytes = readFileSync(path)
  const database = new DatabaseSync(path, { readOnly: true })
  const roots = database
    .prepare('select rootpage from sqlite_schema where rootpage > 0')
    .all()
    .map(({ rootpage }) => Number(rootpage))
  database.close()
  const size = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16)
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
    bytes.fill(0, pointers + 2 * cells, start + (bytes.readUInt16BE(header + 5) || 65_536))
  }
  return bytes
}
