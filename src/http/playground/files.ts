import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

export interface PlaygroundFile {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

/**
 * What the playground's answers carry as Content-Security-Policy. Nothing inline, nothing from elsewhere, no frame
 * around it; trusted types refuse every way of turning text into markup, so a value from an answer stays text.
 */
export const playgroundPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const root = '/playground_v2'
const script = 'text/javascript; charset=utf-8'

const served = [
  { path: root, file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: `${root}/playground.css`, file: 'playground.css', type: 'text/css; charset=utf-8' },
  { path: `${root}/playground.js`, file: 'playground.js', type: script },
  { path: `${root}/answer.js`, file: 'answer.js', type: script },
  { path: `${root}/call.js`, file: 'call.js', type: script },
  { path: `${root}/documented.js`, file: 'documented.js', type: script },
  { path: `${root}/dom.js`, file: 'dom.js', type: script },
  { path: `${root}/fields.js`, file: 'fields.js', type: script },
  { path: `${root}/operation.js`, file: 'operation.js', type: script },
  { path: `${root}/schema.js`, file: 'schema.js', type: script },
  { path: `${root}/session.js`, file: 'session.js', type: script },
  { path: `${root}/sign-in.js`, file: 'sign-in.js', type: script },
  { path: `${root}/mark.svg`, file: 'mark.svg', type: 'image/svg+xml' },
]

/** The playground's files by the path they are served under. Rejects when one is missing, so a bad package does not start. */
export async function playgroundFiles(): Promise<ReadonlyMap<string, PlaygroundFile>> {
  const entries = served.map(async ({ path, file, type }) => {
    const body = await readFile(new URL(`./page/${file}`, import.meta.url))
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    return [path, { type, body, etag }] as const
  })
  return new Map(await Promise.all(entries))
}
