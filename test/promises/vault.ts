import { type Ask, freshDatabase, type Lab, type LabOptions, openLab } from './lab.ts'

/** Keys as the promises' tests make and use them. */

export const KEYS = '/v1/vault/keys2'
export const SECRETS = '/v1/vault/secrets'
export const LINKS = '/v1/vault/links'
export const ALL_USES = 4194303

/** The databases that a whole server in this process can be tried on. */
export const labDatabases: readonly [
  name: string,
  open: (options?: LabOptions) => Promise<{ readonly lab: Lab; stop(): Promise<void> }>,
][] = [
  [
    'SQLite',
    async (options) => {
      const lab = await openLab(options)
      return { lab, stop: () => lab.stop() }
    },
  ],
  ...(process.env['KEYSTEAD_TEST_DATABASE_URL']
    ? [['PostgreSQL', openOnPostgres] as [string, typeof openOnPostgres]]
    : []),
]

async function openOnPostgres(options: LabOptions = {}) {
  const database = await freshDatabase()
  if (!database) throw new Error('KEYSTEAD_TEST_DATABASE_URL names no PostgreSQL')
  const lab = await openLab({ ...options, database: database.url })
  return {
    lab,
    async stop() {
      await lab.stop()
      await database.remove()
    },
  }
}

export interface Call extends Ask {
  readonly method: string
  readonly path: string
}

/** A call of /crypto with a JSON body. */
export const cryptoCall = (operation: string, body: object): Call => ({
  method: 'POST',
  path: `/v1/crypto/${operation}`,
  body,
})

/** A call of /crypto whose body is what is signed, MACed or hidden. */
export const rawCall = (
  operation: string,
  query: Readonly<Record<string, string>>,
  body: string | Buffer,
  type = 'application/octet-stream',
): Call => ({
  method: 'POST',
  path: `/v1/crypto/${operation}?${new URLSearchParams(query)}`,
  body,
  headers: { 'content-type': type },
})

/** The body of an answer that has to come. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
export async function demand(lab: Lab, { method, path, ...ask }: Call, most = 299): Promise<any> {
  const token = ask.token ?? (await lab.admin())
  const got = await lab.ask(method, path, { ...ask, token })
  if (got.status > most) throw new Error(`${method} ${path} answered ${got.status}: ${got.text}`)
  return got.body
}

export const made = (lab: Lab, path: string, body: object, token?: string) =>
  demand(lab, { method: 'POST', path, body, ...(token !== undefined && { token }) })

export const b64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64')
