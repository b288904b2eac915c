import { catalogue } from '../../catalogue.ts'
import type { Client } from '../../client/index.ts'
import { signedIn } from '../connect.ts'
import { EXIT, UsageError } from '../failures.ts'
import { aligned } from '../rows.ts'
import type { Runner } from './run.ts'

const DAY = 86_400_000
const units: Readonly<Record<string, number>> = { h: DAY / 24, d: DAY, w: 7 * DAY }
/** A page is asked for by its end, so what ends later is never fetched. */
const PAGE = '200'

interface Ending {
  readonly notAfter: string
  readonly kind: string
  readonly name: string
  readonly subject: string
  readonly issuer: string
}

/** Lists the CAs and certificates of the domain that end soon, the nearest end first. */
export const expiring: Runner = async ({ terminal, invocation, clientSettings }) => {
  const within = invocation.options['within'] ?? '30d'
  const until = new Date(Date.now() + durationOf(within))
  const found = await signedIn(clientSettings(), terminal, (client) => endingsUntil(client, until))
  if (found.length === 0) {
    terminal.say(`Nothing ends within ${within}.`)
    return EXIT.ok
  }
  const rows = found
    .sort((one, other) => Date.parse(one.notAfter) - Date.parse(other.notAfter))
    .map(({ notAfter, kind, name, subject, issuer }) => [notAfter, kind, name, subject, issuer])
  for (const line of aligned([['ENDS', 'WHAT', 'NAME', 'SUBJECT', 'ISSUED BY'], ...rows]))
    terminal.say(line)
  return EXIT.ok
}

function durationOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([hdw])$/.exec(text) ?? []
  const milliseconds = Number(number) * (units[unit] ?? Number.NaN)
  if (!(milliseconds > 0))
    throw new UsageError(
      `--within takes hours, days or weeks, such as 12h, 30d or 8w; not "${text}".`,
    )
  return milliseconds
}

async function endingsUntil(client: Client, until: Date): Promise<Ending[]> {
  const found: Ending[] = []
  const isNear = ({ notAfter }: { readonly notAfter: string }) =>
    Date.parse(notAfter) <= until.getTime()
  const now = Date.now()
  const query = { sort: 'notAfter', limit: PAGE }
  const active = { ...query, state: 'active' }
  for await (const ca of client.each(catalogue.externalCas.list, { query }))
    if (!isNear(ca)) break
    else if (Date.parse(ca.notAfter) > now) found.push(endingOf('external CA', ca))
  for await (const ca of client.each(catalogue.localCas.list, { query: active })) {
    if (isNear(ca)) found.push(endingOf('local CA', ca))
    const input = { params: { caid: ca.id }, query: active }
    for await (const certificate of client.each(catalogue.certificates.list, input)) {
      if (!isNear(certificate)) break
      found.push(endingOf('certificate', certificate))
    }
  }
  return found
}

const endingOf = (
  kind: string,
  {
    notAfter,
    name,
    subject,
    issuer = '',
  }: Omit<Ending, 'kind' | 'issuer'> & { issuer?: string | undefined },
): Ending => ({ kind, notAfter, name, subject, issuer })
