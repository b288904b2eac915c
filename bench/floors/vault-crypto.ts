import {
  createCipheriv,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto'
import { SERVER_CORE } from '../processes.ts'
import { answerRounds, repeat } from './rounds.ts'

/** What the vault's calls are about, over 1 KiB and with KeyObjects, and nothing around it. */
export interface Question {
  readonly seconds: number
  readonly operation: keyof typeof operations
}

const bytes = Buffer.alloc(1024, 'a')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const aes = createSecretKey(randomBytes(32))
const hmac = createSecretKey(randomBytes(32))

const operations = {
  rsa: () => void sign('sha256', bytes, rsa),
  p256: () => void sign('sha256', bytes, { key: p256, dsaEncoding: 'der' }),
  hmac: () => void createHmac('sha256', hmac).update(bytes).digest(),
  aes: () => {
    const cipher = createCipheriv('aes-256-gcm', aes, randomBytes(12), { authTagLength: 16 })
    cipher.update(bytes)
    cipher.final()
    cipher.getAuthTag()
  },
}

answerRounds<Question>(SERVER_CORE, ({ seconds, operation }) =>
  repeat(seconds, 20, operations[operation]),
)
