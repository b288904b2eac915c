import type { z } from 'zod'
import { Fault } from '../kit/fault.ts'
import type { keyFields } from './contract.ts'
import type { KeyAlgorithm } from './x509/types.ts'

type Sent = Partial<z.output<z.ZodObject<typeof keyFields>>>

/** The algorithm and size that a request's fields ask for, undefined where they leave it open; a size of 0 is none. */
export function keyAsked({ algorithm, size }: Sent): {
  readonly algorithm: KeyAlgorithm | undefined
  readonly size: number | undefined
} {
  if (
    algorithm === undefined ||
    algorithm === 'RSA' ||
    algorithm === 'ECDSA' ||
    algorithm === 'Ed25519'
  )
    return { algorithm, size: size || undefined }
  // The parameter set is in the name (FIPS 204).
  const set = Number(algorithm.slice('ML-DSA-'.length))
  if (size && size !== set)
    throw new Fault('invalid-parameter', `size: ${algorithm} keys have no other size than ${set}`)
  return { algorithm: 'ML-DSA', size: set }
}

/** The same, with the defaults for a new key (reference 5.1). */
export function keyToMake(sent: Sent): {
  readonly algorithm: KeyAlgorithm
  readonly size: number | undefined
} {
  const { algorithm, size } = keyAsked(sent)
  return { algorithm: algorithm ?? 'ECDSA', size }
}
