import type { z } from 'zod'
import type { subjectFields } from './contract.ts'
import type { SubjectFields } from './x509/types.ts'

type Sent = z.output<z.ZodObject<typeof subjectFields>>

/** What was sent, with what was left empty taken from another CA, or left out. */
export function subjectOf(sent: Sent, from?: SubjectFields): SubjectFields {
  const names = (sent.names ?? []).flatMap(({ C, ST, L, O, OU }) => {
    const given = Object.entries({ C, ST, L, O, OU }).filter(([, value]) => value)
    return given.length === 0 ? [] : [Object.fromEntries(given)]
  })
  return {
    cn: sent.cn,
    names: names.length > 0 ? names : (from?.names ?? []),
    dnsNames: some(sent.dnsNames) ?? from?.dnsNames ?? [],
    emailAddresses: some(sent.emailAddresses) ?? from?.emailAddresses ?? [],
    ipAddresses: some(sent.ipAddresses) ?? from?.ipAddresses ?? [],
  }
}

/** Go clients send empty lists and texts for what was not set. */
function some(list: readonly string[] | undefined): readonly string[] | undefined {
  const given = list?.filter((text) => text !== '') ?? []
  return given.length > 0 ? given : undefined
}
