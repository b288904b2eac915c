/**
 * The text filters of lists: `*` stands for any text, `?` for one character, and a backslash takes either, or itself,
 * literally. Everything else means itself, whatever it means to a database.
 */
export type Piece = { readonly literal: string } | '*' | '?'

export function parsePattern(text: string): Piece[] {
  const pieces: Piece[] = []
  let literal = ''
  const flush = (): void => {
    if (literal !== '') pieces.push({ literal })
    literal = ''
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    const next = text[at + 1]
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next
      at++
    } else if (char === '*' || char === '?') {
      flush()
      // Several in a row mean the same as one, and cost the database more.
      if (char === '?' || pieces.at(-1) !== '*') pieces.push(char)
    } else literal += char
  }
  flush()
  return pieces
}

export type Fold = (text: string) => string

/** As lower() of both databases does it under their plain collations: A to Z alone. */
export const lowerAscii: Fold = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** What a column must equal, or the pattern of `like … escape '\'` that it must match. */
export type Match = { readonly equals: string } | { readonly like: string }

/** Folded piece by piece: folding may turn other characters into wildcards, and these stay literal. */
export function matchOf(text: string, fold: Fold): Match {
  const pieces = parsePattern(text)
  if (pieces.every((piece) => typeof piece === 'object'))
    return { equals: fold(pieces.map(({ literal }) => literal).join('')) }
  const like = pieces.map((piece) => {
    if (piece === '*') return '%'
    if (piece === '?') return '_'
    return fold(piece.literal).replace(/[\\%_]/g, '\\$&')
  })
  return { like: like.join('') }
}
