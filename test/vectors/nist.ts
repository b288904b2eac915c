import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSoak } from '../promises/promise.ts'

/**
 * Vectors of NIST and of RFCs as Debian's python3-cryptography-vectors carries them; KEYSTEAD_VECTORS names another
 * folder of that form.
 */
const FOLDER =
  process.env['KEYSTEAD_VECTORS'] ?? '/usr/lib/python3/dist-packages/cryptography_vectors'

export const hasVectors = existsSync(FOLDER)
if (!hasVectors)
  process.stderr.write(`NO VECTORS: ${FOLDER} is missing (Debian: python3-cryptography-vectors)\n`)

/** Of each file so many, spread evenly; all of them in a soak, and where KEYSTEAD_ALL_VECTORS is set. */
export function sample<Item>(items: readonly Item[], most: number): Item[] {
  if (isSoak || process.env['KEYSTEAD_ALL_VECTORS'] || items.length <= most) return [...items]
  return Array.from(
    { length: most },
    (_, at) => items[Math.floor((at * items.length) / most)] as Item,
  )
}

export interface Vector {
  /** `ENCRYPT`, `L=32`: the last heading in brackets of each name, and without a value. */
  readonly section: Readonly<Record<string, string>>
  /** Names in upper case. `FAIL` alone stands for itself. */
  readonly of: Readonly<Record<string, string>>
}

/** A file of `NAME = value` lines. A vector begins where a name comes again; `kept` names hold until they come again. */
export function vectorsIn(path: string, kept: readonly string[] = []): Vector[] {
  const vectors: Vector[] = []
  let section: Record<string, string> = {}
  let of: Record<string, string> = {}
  const close = () => {
    if (Object.keys(of).length > kept.length) vectors.push({ section, of })
    of = Object.fromEntries(Object.entries(of).filter(([name]) => kept.includes(name)))
  }
  for (const raw of readFileSync(join(FOLDER, path), 'utf8').split('\n')) {
    const line = raw.trim()
    const heading = /^\[(.*)\]$/.exec(line)
    const [, given, value = ''] = /^([\w-]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (heading) {
      close()
      const [name = '', held] = (heading[1] ?? '').split('=').map((part) => part.trim())
      section = held === undefined ? { kind: name } : { ...section, [name]: held }
    } else if (line === 'FAIL') of['FAIL'] = line
    else if (given !== undefined) {
      const name = given.toUpperCase()
      if (name in of && !kept.includes(name)) close()
      of[name] = value
    }
  }
  close()
  return vectors
}

export const bytesOf = (vector: Vector, name: string): Buffer =>
  Buffer.from(vector.of[name] ?? '', 'hex')
