import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { SERVER_CORE } from '../processes.ts'
import { answerRounds, repeat } from './rounds.ts'

/** Raw ES256 over as many bytes as an access token has, with KeyObjects. */
export interface Question {
  readonly seconds: number
  readonly operation: 'sign' | 'verify'
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signer = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
const verifier = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
const claims = Buffer.alloc(640, 'a')
const signature = sign('sha256', claims, signer)

answerRounds<Question>(SERVER_CORE, ({ seconds, operation }) =>
  repeat(
    seconds,
    50,
    operation === 'sign'
      ? () => sign('sha256', claims, signer)
      : () => verify('sha256', claims, verifier, signature),
  ),
)
