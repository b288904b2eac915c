import { onOneLine } from '../../../integrations/xsoar/commands/characters.ts'
import type { Outcome } from '../../../integrations/xsoar/commands/index.ts'
import type { Terminal } from '../terminal.ts'
import type { Format } from './arguments.ts'

/** Puts the answer on standard output in the form asked for. */
export async function shown(outcome: Outcome, format: Format, terminal: Terminal): Promise<void> {
  switch (format) {
    case 'json':
      return terminal.put(`${JSON.stringify(outcome.raw, null, 2)}\n`)
    case 'yaml':
      return terminal.put((await import('yaml')).stringify(outcome.raw))
    case 'context':
      return terminal.put(`${JSON.stringify(contextOf(outcome), null, 2)}\n`)
    case 'markdown':
      return terminal.put(outcome.markdown)
    case 'table':
      return forReaders(outcome, terminal)
  }
}

/** One object keyed by prefix, as it would stand in the context of XSOAR. */
const contextOf = ({ prefix, context }: Outcome): object =>
  prefix === undefined ? {} : { [prefix]: context }

function forReaders({ table: { title, columns, rows, notes } }: Outcome, terminal: Terminal): void {
  const [only, ...others] = rows
  if (rows.length === 0 || others.length > 0 || only === undefined) {
    if (rows.length === 0) terminal.say(`${title}${/[.!?]$/.test(title) ? '' : '.'}`)
    else
      for (const line of fitted([columns.map((name) => name.toUpperCase()), ...rows]))
        terminal.say(line)
  } else {
    terminal.say(`${title}.`)
    for (const line of aligned(columns.map((name, i) => [name, only[i] ?? '']))) terminal.say(line)
  }
  for (const note of notes) terminal.say(note)
}

/** As many columns as a terminal has room for; the other forms of output have them all. */
function fitted(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0
  for (let shown = columns; shown > 2; shown--) {
    const lines = aligned(rows.map((row) => row.slice(0, shown)))
    if (Math.max(...lines.map((line) => line.length)) <= WIDTH) return lines
  }
  return aligned(rows.map((row) => row.slice(0, 2)))
}

const WIDTH = 140
const MOST_WIDE = 60

function aligned(rows: readonly (readonly string[])[]): string[] {
  // Text of several lines, and what could drive the terminal, must not break a row.
  const cells = rows.map((row) => row.map((cell) => onOneLine(cell)))
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.min(MOST_WIDE, Math.max(...cells.map((row) => row[i]?.length ?? 0))),
  )
  return cells.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
