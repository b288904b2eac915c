import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import type { random } from './contract.ts'

const fill = promisify(randomBytes)

export const randomHandlers: Handlers<Context, typeof random> = {
  async get(_context, { query }) {
    return { bytes: (await fill(query.bytes ?? 32)).toString('base64') }
  },
}
