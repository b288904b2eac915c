import { generateKeyPairSync, sign } from 'node:crypto'
import { SERVER_CORE } from '../processes.ts'
import { answerRounds, repeat } from './rounds.ts'

/** Raw signatures over as many bytes as the signed part of a certificate has, with KeyObjects. */
export interface Question {
  readonly seconds: number
  readonly key: 'P-256' | 'RSA-2048'
}

const keys = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'RSA-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}
const tbs = Buffer.alloc(400, 'a')

answerRounds<Question>(SERVER_CORE, ({ seconds, key }) =>
  repeat(seconds, 20, () => void sign('sha256', tbs, keys[key])),
)
