import type { Outcome } from '../../../integrations/xsoar/commands/index.ts'
import { aligned, fitted } from '../rows.ts'
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
