import { expect } from 'vitest'
import type { Answer, Sender } from './api.ts'

type Fields = Readonly<Record<string, unknown>>

/** Calls of /crypto as its clients make them: what is bytes goes as base64, or as the body. */

export const b64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64')
export const hex = (text: string): Buffer => Buffer.from(text, 'hex')

let count = 0

/** A key that was made or imported; the answer, with its `name`. */
export async function keyOf(api: Sender, fields: Fields): Promise<Answer['body']> {
  return api.post('/vault/keys2', { name: `crypto-${count++}`, ...fields })
}

/** A key that may do everything. */
export const anyKey = (api: Sender, fields: Fields = {}): Promise<Answer['body']> =>
  keyOf(api, { usageMask: 4194303, ...fields })

export const aesKey = (api: Sender, material: Buffer, more: Fields = {}) =>
  anyKey(api, {
    algorithm: 'aes',
    size: material.length * 8,
    material: material.toString('hex'),
    ...more,
  })

const queryOf = (query: Fields): string =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString()

async function raw(
  api: Sender,
  call: string,
  query: Fields,
  body: Buffer | string,
  type: string,
  status: number,
): Promise<Answer['body']> {
  const path = `/crypto/${call}?${queryOf(query)}`
  const answer = await api.send('POST', path, body, { 'content-type': type })
  expect(answer.status, `${path} answered ${JSON.stringify(answer.body)}`).toBe(status)
  return answer.body
}

export const post = (api: Sender, call: string, body: Fields, status = 200) =>
  api.post(`/crypto/${call}`, body, status)

export const bytesTo = (api: Sender, call: string, query: Fields, body: Buffer, status = 200) =>
  raw(api, call, query, body, 'application/octet-stream', status)

export const textTo = (api: Sender, call: string, query: Fields, body: string, status = 200) =>
  raw(api, call, query, body, 'text/plain', status)
