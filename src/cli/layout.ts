/** What every command may exit with. */
export const EXITS = [
  '0  done',
  '1  failed, or the answer is no',
  '2  the command line or a setting is wrong',
  '3  the server cannot be reached, or is not the one it should be',
  '4  not signed in, or not permitted',
] as const

const WIDTH = 100
const LEFT = 28

/** Two columns, the right one wrapped. */
export function columns(rows: readonly { left: string; right: string }[]): string[] {
  return rows.flatMap(({ left, right }) => {
    const [first = '', ...rest] = wrapped(right, LEFT)
    const opening = `  ${left}`
    return opening.length < LEFT - 1
      ? [opening.padEnd(LEFT) + first.trimStart(), ...rest]
      : [opening, first, ...rest]
  })
}

/** Lines of at most WIDTH characters, each behind `indent` spaces. */
export function wrapped(text: string, indent: number): string[] {
  const lines = ['']
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line) => ' '.repeat(indent) + line)
}
