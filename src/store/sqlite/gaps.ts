import { closeSync, fdatasync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/*
 * Pages as SQLite keeps them: https://www.sqlite.org/fileformat2.html#b_tree_pages
 * A header, pointers to the cells, a gap, and the cells from the end of the page.
 */
const HEADER_OF_FILE = 100
const INTERIOR: readonly number[] = [2, 5]
const LEAF: readonly number[] = [10, 13]

/**
 * The gaps between the pointers and the cells of a database's pages. When SQLite writes a page anew (`rebuildPage` in
 * btree.c) it leaves there what stood there, copies of rows and of index entries, which `secure_delete` does not reach.
 * Nobody reads a gap, so it may be overwritten in the file itself, by the one who keeps every writer away and has an
 * empty log.
 *
 * The descriptor stays open for as long as any connection of this process to the file: closing it would take away the
 * locks that these have (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
export class Gaps {
  readonly #descriptor: number
  readonly #page: Buffer
  readonly #zeros: Buffer
  readonly #usable: number

  constructor(file: string) {
    this.#descriptor = openSync(file, 'r+')
    const header = Buffer.alloc(HEADER_OF_FILE)
    this.#read(header, 0)
    const size = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16)
    this.#page = Buffer.alloc(size)
    this.#zeros = Buffer.alloc(size)
    this.#usable = size - header.readUInt8(20)
  }

  /** Overwrites the gaps of one table or index. Returns in how many pages something stood. */
  clear(root: number): number {
    const left = [root]
    let cleared = 0
    for (let number = left.pop(); number !== undefined; number = left.pop()) {
      const { from, to, children } = this.#open(number)
      left.push(...children)
      if (this.#page.compare(this.#zeros, 0, to - from, from, to) === 0) continue
      writeSync(this.#descriptor, this.#zeros, 0, to - from, this.#start(number) + from)
      cleared++
    }
    return cleared
  }

  sync(): void {
    fdatasyncSync(this.#descriptor)
  }

  /** The same without making the thread wait. */
  syncLater(): Promise<void> {
    return promisify(fdatasync)(this.#descriptor)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /** Reads a page, and tells where its gap is. Throws when it is no page of a table or index. */
  #open(number: number): { from: number; to: number; children: readonly number[] } {
    const page = this.#page
    this.#read(page, this.#start(number))
    const header = number === 1 ? HEADER_OF_FILE : 0
    const type = page.readUInt8(header)
    const isInterior = INTERIOR.includes(type)
    const cells = page.readUInt16BE(header + 3)
    const pointers = header + (isInterior ? 12 : 8)
    const from = pointers + 2 * cells
    const to = page.readUInt16BE(header + 5) || 65_536
    if (!(isInterior || LEAF.includes(type)) || from > to || to > this.#usable)
      throw new Error(`page ${number} is not one of a table or index`)
    const children: number[] = []
    if (isInterior) {
      children.push(page.readUInt32BE(header + 8))
      for (let at = pointers; at < from; at += 2)
        children.push(page.readUInt32BE(page.readUInt16BE(at)))
    }
    return { from, to, children }
  }

  #start(number: number): number {
    return (number - 1) * this.#page.length
  }

  #read(buffer: Buffer, position: number): void {
    if (readSync(this.#descriptor, buffer, 0, buffer.length, position) !== buffer.length)
      throw new Error(`the database ends within the page at ${position}`)
  }
}
