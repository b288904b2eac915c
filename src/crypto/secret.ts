import { inspect } from 'node:util'

/**
 * Plain key bytes. They print as [secret] in logs, JSON and errors; reading them is a call one can search for.
 * The bytes live in an ArrayBuffer of their own, off the pool that Buffer shares, so that wiping leaves no copy.
 */
export class Secret {
  readonly #bytes: Buffer

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(new ArrayBuffer(bytes.byteLength))
    this.#bytes.set(bytes)
  }

  /** The bytes themselves, not a copy: do not keep them, do not change them. */
  reveal(): Buffer {
    return this.#bytes
  }

  get length(): number {
    return this.#bytes.byteLength
  }

  wipe(): void {
    this.#bytes.fill(0)
  }

  toJSON(): string {
    return '[secret]'
  }

  toString(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
