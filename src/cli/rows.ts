import { onOneLine } from '../../integrations/xsoar/commands/characters.ts'

/** As many columns as a terminal has room for; the other forms of output have them all. */
export function fitted(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0
  for (let shown = columns; shown > 2; shown--) {
    const lines = aligned(rows.map((row) => row.slice(0, shown)))
    if (Math.max(...lines.map((line) => line.length)) <= WIDTH) return lines
  }
  return aligned(rows.map((row) => row.slice(0, 2)))
}

const WIDTH = 140
const MOST_WIDE = 60

/** One line for each row, its cells under one another. */
export function aligned(rows: readonly (readonly string[])[], widest = MOST_WIDE): string[] {
  // Text of several lines, and what could drive the terminal, must not break a row.
  const cells = rows.map((row) => row.map((cell) => onOneLine(cell)))
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.min(widest, Math.max(...cells.map((row) => row[i]?.length ?? 0))),
  )
  return cells.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
