/** The known word that needs the fewest edits to become this one; undefined when none is near. */
export function nearest(
  word: string,
  known: readonly string[],
  within = Math.max(2, Math.ceil(word.length / 3)),
): string | undefined {
  let best: string | undefined
  let fewest = within + 1
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest) {
      best = candidate
      fewest = edits
    }
  }
  return best
}

/** Levenshtein's distance: insertions, deletions and replacements count one each. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = at(previous, j) + (a[i] === b[j] ? 0 : 1)
      row.push(Math.min(replaced, at(previous, j + 1) + 1, at(row, j) + 1))
    }
    previous = row
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
