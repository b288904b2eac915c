import { isOwnFlag } from './own-flags.ts'

/** `passwordPolicies` and `dns_names` as a person types them. */
export const kebab = (name: string): string =>
  name
    .replaceAll('_', '-')
    .replace(/(?<=[a-z0-9])[A-Z]/g, (start) => `-${start}`)
    .toLowerCase()

/** Where the rule gives a name that nobody would look for. */
const groups: Readonly<Record<string, string>> = {
  localCas: 'ca',
  certificateRequests: 'csr',
}

const commands: Readonly<Record<string, readonly [group: string, name: string]>> = {
  'certificates.issue': ['ca', 'issue'],
}

/** The two words of an endpoint's command: the area and the endpoint as the catalogue names them. */
export function commandNameOf(area: string, endpoint: string): readonly [string, string] {
  return commands[`${area}.${endpoint}`] ?? [groups[area] ?? kebab(area), kebab(endpoint)]
}

/** The flag of a field; one that means something else already has where the field belongs in front. */
export function flagOf(name: string, where: 'query' | 'body'): string {
  const flag = kebab(name)
  return isOwnFlag(flag) || flag === 'help' ? `${where}-${flag}` : flag
}
