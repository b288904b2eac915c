import { createPrivateKey, generateKeyPair } from 'node:crypto'
import { extname } from 'node:path'
import { promisify } from 'node:util'
import { createChildWork } from '../../crypto/child-work.ts'
import type { Secret } from '../../crypto/secret.ts'
import { algorithmRow, curves } from './algorithms.ts'
import { type Material, privateMaterial, taken } from './material.ts'
import type { KeySpec } from './spec.ts'
import { generateBytes } from './symmetric.ts'

/** A pair for the child process; the type is a name of node:crypto's. */
export interface PairJob {
  readonly type: string
  readonly size: number
}

/** Makes keys, the slow kinds in a child process so that no other call waits for them. */
export interface KeyGenerator {
  /** A new key. Fault 'too-many-requests' when too many slow ones are waited for. */
  generate(spec: KeySpec): Promise<Material>
  /** Ends the child process and wipes the keys that lay ready. */
  close(): Promise<void>
}

const MAX_WAITING = 64
const IDLE_SECONDS = 30
/** RSA 4096 takes seconds on a slow core; four times as many threads as cores would make it a minute. */
const STUCK_SECONDS = 180

/** How many keys lie ready of a kind that was asked for before; RSA takes 0.1 to 2 seconds, the others here less. */
const READY: Readonly<Record<number, number>> = { 2048: 4, 3072: 2, 4096: 2 }

export function createKeyGenerator({
  maxWaiting = MAX_WAITING,
  idleSeconds = IDLE_SECONDS,
  atOnce,
}: {
  readonly maxWaiting?: number
  readonly idleSeconds?: number
  readonly atOnce?: number
} = {}): KeyGenerator {
  const child = createChildWork<PairJob, Uint8Array>({
    file: new URL(`generate-child${extname(import.meta.url)}`, import.meta.url),
    busy: 'too many keys are being made; try again shortly',
    unavailable: 'keys cannot be made at the moment',
    maxWaiting,
    idleSeconds,
    stuckSeconds: STUCK_SECONDS,
    atOnce,
    maxOldSpaceMiB: 32,
    // JSON would make a text of every octet.
    serialization: 'advanced',
  })
  const ready = new Map<number, Secret[]>()
  let closed = false
  let isFilling = false

  async function make(job: PairJob): Promise<Secret> {
    const der = await child.submit(job)
    if (!der) throw new Error(`a key of ${job.type} could not be made`)
    return taken(der)
  }

  /** One key after the other, and none while somebody waits for another. */
  async function fill(): Promise<void> {
    if (isFilling) return
    isFilling = true
    try {
      for (const [size, keys] of ready) {
        while (!closed && keys.length < (READY[size] ?? 0) && child.pending() === 0) {
          const key = await make({ type: 'rsa', size })
          if (closed) key.wipe()
          else keys.push(key)
        }
      }
    } catch {
      // The server stops, or the child died twice: whoever asks next is told.
    } finally {
      isFilling = false
    }
  }

  async function rsa(size: number): Promise<Secret> {
    const keys = ready.get(size) ?? []
    ready.set(size, keys)
    const key = keys.pop() ?? (await make({ type: 'rsa', size }))
    void fill()
    return key
  }

  return {
    async generate(spec) {
      const { family } = algorithmRow(spec.algorithm)
      if (family === 'rsa') return open(await rsa(spec.size))
      if (family === 'slh-dsa')
        return open(await make({ type: `slh-dsa-${spec.curve}`, size: spec.size }))
      return generateQuick(spec)
    },
    async close() {
      closed = true
      for (const keys of ready.values()) for (const key of keys.splice(0)) key.wipe()
      await child.close()
    },
  }
}

function open(secret: Secret): Material {
  const key = createPrivateKey({ key: secret.reveal(), format: 'der', type: 'pkcs8' })
  secret.wipe()
  return privateMaterial(key)
}

const generatePair = promisify(generateKeyPair)

/** What takes less than a few milliseconds is made here, on a thread of libuv. */
async function generateQuick(spec: KeySpec): Promise<Material> {
  const { algorithm, size, curve } = spec
  if (!algorithmRow(algorithm).isAsymmetric) return generateBytes(spec)
  const type = curve === undefined ? `${algorithm.toLowerCase()}-${size}` : curves[curve]?.type
  const { privateKey } =
    type === 'ec'
      ? await generatePair('ec', { namedCurve: curve ?? '' })
      : await generatePair(type as 'ed25519')
  return privateMaterial(privateKey)
}
