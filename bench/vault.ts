import { randomBytes } from 'node:crypto'
import { keysPath } from './keys.ts'
import type { Lab } from './lab.ts'
import type { Request } from './load-job.ts'
import type { Keystead, Session } from './server.ts'

/** Keys that are used all the time, on a server of their own. */
const used = {
  aes: { algorithm: 'AES', size: 256 },
  rsa: { algorithm: 'RSA', size: 2048 },
  p256: { algorithm: 'EC', curveid: 'prime256v1' },
  hmac: { algorithm: 'HMAC-SHA256' },
} as const
export type UsedKey = keyof typeof used

export const usedKeysServer = (lab: Lab): Promise<Keystead> =>
  lab.prepared('used-keys', async (server) => {
    const session = await server.signIn()
    for (const [name, body] of Object.entries(used))
      await server.call(createKeyRequest(session, { name, ...body }), 201)
  })

const KIBIBYTE = 1024
/** Of printable characters: a request's bytes travel as text. */
export const message = randomBytes(KIBIBYTE / 2).toString('hex')
const plaintext = randomBytes(KIBIBYTE).toString('base64')

const accepting = ({ bearer }: Session) => ({ ...bearer, accept: 'application/json' })

export const encryptRequest = (session: Session, id: string = 'aes'): Request => ({
  method: 'POST',
  path: '/api/v1/crypto/encrypt',
  headers: accepting(session),
  body: JSON.stringify({ id, plaintext }),
})

/** Posts back what an encryption answered. */
export const decryptRequest = (session: Session, encrypted: string): Request => ({
  method: 'POST',
  path: '/api/v1/crypto/decrypt',
  headers: accepting(session),
  body: encrypted,
})

const octets = (session: Session, path: string): Request => ({
  method: 'POST',
  path,
  headers: { ...accepting(session), 'content-type': 'application/octet-stream' },
  body: message,
})

export const signRequest = (session: Session, key: UsedKey): Request =>
  octets(session, `/api/v1/crypto/sign?keyName=${key}&hashAlgo=SHA-256`)

export const macRequest = (session: Session): Request =>
  octets(session, '/api/v1/crypto/mac?keyName=hmac')

export const createKeyRequest = (session: Session, body: object): Request => ({
  method: 'POST',
  path: keysPath,
  headers: session.bearer,
  body: JSON.stringify(body),
})

/** An AES key with nothing but its name, a new one each time. */
export const createAesRequest = (session: Session): Request =>
  createKeyRequest(session, { name: 'bench-{n}', algorithm: 'AES', size: 256 })
