import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/**
 * Mutation tests (D3): Stryker takes a check out of the code, and some test must fail. `npm run mutation` tries every
 * mutant of stryker.config.json; `npm run mutation -- --tenth [SEED]` those of about a tenth of the code, chosen by
 * the seed, which is printed.
 */
const root = new URL('../', import.meta.url)
const { mutate } = JSON.parse(readFileSync(new URL('stryker.config.json', root), 'utf8')) as {
  mutate: string[]
}

interface Piece {
  readonly range: string
  readonly lines: number
}

/** The functions, methods and other declarations of a file, as Stryker names a range of lines. */
function piecesOf(file: string): Piece[] {
  const text = readFileSync(new URL(file, root), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  const nodes = source.statements.flatMap((node): readonly ts.Node[] =>
    ts.isClassDeclaration(node) ? node.members : [node],
  )
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1
  return nodes
    .filter((node) => !ts.isImportDeclaration(node) && !ts.isInterfaceDeclaration(node))
    .map((node) => {
      const [first, last] = [lineOf(node.getStart(source)), lineOf(node.end)]
      return { range: `${file}:${first}-${last}`, lines: last - first + 1 }
    })
}

function tenthOf(files: readonly string[], next: () => number): string[] {
  const shuffled = files
    .flatMap(piecesOf)
    .map((piece) => ({ piece, at: next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ piece }) => piece)
  const wanted = shuffled.reduce((sum, { lines }) => sum + lines, 0) / 10
  const chosen: string[] = []
  let lines = 0
  for (const piece of shuffled) {
    if (lines + piece.lines > wanted) continue
    chosen.push(piece.range)
    lines += piece.lines
  }
  return chosen
}

const args = process.argv.slice(2)
const at = args.indexOf('--tenth')
// A whole run is what stands before a release.
if (at < 0) process.env['KEYSTEAD_SOAK'] = '1'
else if (args[at + 1]) process.env['KEYSTEAD_SEED'] = args[at + 1]
const { random, report, seed } = await import('../test/promises/promise.ts')

if (at >= 0) process.stdout.write(`a tenth of the code, seed ${seed}\n`)
const results = new URL('reports/mutation.json', root)
rmSync(results, { force: true })
const stryker = fileURLToPath(new URL('node_modules/@stryker-mutator/core/bin/stryker.js', root))
const { status } = spawnSync(
  process.execPath,
  [stryker, 'run', ...(at < 0 ? args : ['--mutate', tenthOf(mutate, random()).join(',')])],
  { cwd: fileURLToPath(root), stdio: 'inherit' },
)
process.exitCode = status ?? 1

if (existsSync(results)) {
  const found = JSON.parse(readFileSync(results, 'utf8')) as {
    files: Record<string, { mutants: { status: string }[] }>
  }
  const outcomes = Object.values(found.files).flatMap(({ mutants }) =>
    mutants.map(({ status: outcome }) => outcome),
  )
  const count = (...kinds: string[]) => outcomes.filter((outcome) => kinds.includes(outcome)).length
  const [killed, alive] = [count('Killed', 'Timeout'), count('Survived', 'NoCoverage')]
  // The mutants of a few functions stand close together, so a tenth strays further from the whole than chance would let it.
  if (at >= 0) process.exitCode = killed >= 0.7 * (killed + alive) ? 0 : 1
  report('D3', `${killed} of ${killed + alive} mutants killed${at < 0 ? '' : `, seed ${seed}`}`)
}
