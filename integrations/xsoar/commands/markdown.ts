import type { Table } from './types.ts'

/** A table as the War Room shows it. */
export function tableMarkdown({ title, columns, rows, notes }: Table): string {
  const lines = [`### ${escaped(title)}`]
  if (rows.length > 0) {
    lines.push(`|${columns.map(escaped).join('|')}|`)
    lines.push(`|${columns.map(() => '---').join('|')}|`)
    for (const row of rows) lines.push(`|${row.map(escaped).join('|')}|`)
  }
  for (const note of notes) lines.push('', escaped(note))
  return `${lines.join('\n')}\n`
}

/** What others typed stays in its cell, and is text: neither a link, nor an image, nor HTML. */
const escaped = (text: string): string =>
  text
    .replace(/[\\`*[\]<>|#~!]/g, (mark) =>
      mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`,
    )
    .replace(/\r\n?|\n/g, ' ')
