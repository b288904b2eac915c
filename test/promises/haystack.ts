import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Every form in which a secret could have been written down. */
export function formsOf(secret: Buffer): Map<string, Buffer> {
  const text = secret.toString('latin1')
  const forms = new Map<string, Buffer>([
    ['raw', secret],
    ['reversed', Buffer.from(secret).reverse()],
    ['hex', Buffer.from(secret.toString('hex'))],
    ['HEX', Buffer.from(secret.toString('hex').toUpperCase())],
    ['base64', Buffer.from(secret.toString('base64').replace(/=+$/, ''))],
    ['base64url', Buffer.from(secret.toString('base64url'))],
    ['UTF-16', Buffer.from(text, 'utf16le')],
  ])
  // Inside something longer that was encoded as a whole; the first and last characters depend on their neighbours.
  for (const shift of [1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64')
    forms.set(`base64 at ${shift}`, Buffer.from(shifted.slice(4, -4)))
  }
  return forms
}

export interface Needle {
  readonly name: string
  readonly bytes: Buffer
}

/** The forms of many secrets, the too short ones left out, since they would be found by chance. */
export function needlesOf(secrets: ReadonlyMap<string, Buffer>): Needle[] {
  return [...secrets].flatMap(([name, secret]) =>
    [...formsOf(secret)]
      .filter(([, bytes]) => bytes.length >= 12)
      .map(([form, bytes]) => ({ name: `${name} (${form})`, bytes })),
  )
}

/** The needles that stand in these bytes. All are looked for in one pass. */
export function found(haystack: Buffer, needles: readonly Needle[]): Set<string> {
  const byStart = new Map<number, Needle[]>()
  const starts = new Uint8Array(1 << 16)
  for (const needle of needles) {
    const start = needle.bytes.readUInt32LE(0)
    starts[start & 0xffff] = 1
    byStart.set(start, [...(byStart.get(start) ?? []), needle])
  }
  const hits = new Set<string>()
  for (let at = 0; at + 4 <= haystack.length; at++) {
    if (starts[(haystack[at] ?? 0) | ((haystack[at + 1] ?? 0) << 8)] === 0) continue
    for (const { name, bytes } of byStart.get(haystack.readUInt32LE(at)) ?? [])
      if (haystack.subarray(at, at + bytes.length).equals(bytes)) hits.add(name)
  }
  return hits
}

/** Every file below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}

export const foundInFiles = (
  paths: readonly string[],
  needles: readonly Needle[],
): { bytes: number; hits: string[] } => {
  let bytes = 0
  const hits = paths.flatMap((path) => {
    const content = readFileSync(path)
    bytes += content.length
    return [...found(content, needles)].map((hit) => `${hit} in ${path}`)
  })
  return { bytes, hits }
}
