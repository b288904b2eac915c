import { isObject, isUuid, isWireTime, looksLikeTime, show } from './expect.ts'
import type { Answer, Sent } from './wire.ts'

/**
 * What holds for every exchange, whatever it is about (reference 1.1 to 1.7). Each rule is there because a client
 * that exists breaks without it.
 */
export function complaintsAboutAny(sent: Sent, answer: Answer, body: unknown): string[] {
  const { status, text } = answer
  if (status === 0) return [`no answer: ${text}`]
  if (status >= 300 && status < 400)
    return [`a redirect to ${show(answer.headers.location)}; redirects lose POST bodies`]
  if (status >= 400) return sent.method === 'HEAD' ? [] : complaintsAboutError(answer, body)
  const complaints: string[] = []
  if (status === 204) {
    if (text !== '') complaints.push(`a 204 with a body: ${show(text)}`)
    return complaints
  }
  if (text.includes('codeDesc'))
    complaints.push('a success body holds the text codeDesc, which clients read as failure')
  if (!isJson(answer))
    complaints.push(`content type ${show(answer.headers['content-type'])} instead of JSON`)
  if (!isObject(body))
    complaints.push(`the body of a ${status} is not a JSON object: ${show(text)}`)
  else if (Object.keys(body).length === 0 && sent.method !== 'GET')
    complaints.push(`an empty object answers ${sent.method}, which clients read as failure`)
  // A resource set has a member of that name, too.
  if (isObject(body) && 'resources' in body && !('id' in body))
    complaints.push(...complaintsAboutList(sent, body))
  return [...complaints, ...complaintsWithin(body, '')]
}

const isJson = ({ headers }: Answer): boolean =>
  /^application\/json\b/.test(headers['content-type'] ?? '')

function complaintsAboutError(answer: Answer, body: unknown): string[] {
  if (!isObject(body))
    return [`the body of a ${answer.status} is not a JSON object: ${show(answer.text)}`]
  const complaints: string[] = []
  if (!isJson(answer))
    complaints.push(`content type ${show(answer.headers['content-type'])} instead of JSON`)
  if (!Number.isInteger(body['code']))
    complaints.push(`code: expected an integer, got ${show(body['code'])}`)
  const codeDesc = body['codeDesc']
  if (typeof codeDesc !== 'string' || !/^NCERR[A-Za-z]+(: .|$)/.test(codeDesc))
    complaints.push(
      `codeDesc: expected text like NCERRName or NCERRName: sentence, got ${show(codeDesc)}`,
    )
  if (!isUuid(body['requestID']))
    complaints.push(`requestID: expected a UUID, got ${show(body['requestID'])}`)
  if ('message' in body && typeof body['message'] !== 'string')
    complaints.push(`message: expected a text, got ${show(body['message'])}`)
  return complaints
}

function complaintsAboutList(sent: Sent, body: Record<string, unknown>): string[] {
  const complaints: string[] = []
  const query = new URLSearchParams(sent.path.split('?')[1] ?? '')
  const skip = Number(query.get('skip') ?? 0)
  const limit = echoedLimit(query.get('limit'))
  const { resources, total, messages } = body
  if (body['skip'] !== skip)
    complaints.push(`skip: expected ${skip} echoed, got ${show(body['skip'])}`)
  if (body['limit'] !== limit)
    complaints.push(`limit: expected ${limit} echoed, got ${show(body['limit'])}`)
  if (!Number.isInteger(total)) complaints.push(`total: expected an integer, got ${show(total)}`)
  if (!Array.isArray(resources))
    complaints.push(`resources: expected an array, got ${show(resources)}`)
  else {
    if (limit !== -1 && resources.length > limit)
      complaints.push(`resources: ${resources.length} elements where ${limit} were asked for`)
    if (typeof total === 'number' && resources.length > total)
      complaints.push(`total: ${total} is fewer than the ${resources.length} elements shown`)
  }
  const isMessages =
    Array.isArray(messages) &&
    messages.length > 0 &&
    messages.every((line) => typeof line === 'string')
  if (messages !== undefined && !isMessages)
    complaints.push(`messages: expected absent or some texts, got ${show(messages)}`)
  return complaints
}

function echoedLimit(asked: string | null): number {
  if (asked === null || asked === '0') return 10
  return Math.min(Number(asked), 2000)
}

/** Metadata is never null, and every time has the one form, except inside what callers store as they like. */
function complaintsWithin(value: unknown, at: string): string[] {
  if (typeof value === 'string')
    return looksLikeTime(value) && !isWireTime(value)
      ? [
          `${at}: ${show(value)} is not UTC with Z, at most six fraction digits and no trailing zero`,
        ]
      : []
  if (Array.isArray(value))
    return value.flatMap((part, index) => complaintsWithin(part, `${at}.${index}`))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, part]) => {
    const path = at === '' ? key : `${at}.${key}`
    if (key.endsWith('metadata')) return part === null ? [`${path}: metadata must not be null`] : []
    return key === 'details' || key === 'message' ? [] : complaintsWithin(part, path)
  })
}
