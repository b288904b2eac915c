import { z } from 'zod'
import { invalid } from '../../crypto/refuse.ts'
import { text } from '../../kit/wire.ts'
import type { NameFields } from '../x509/index.ts'

/**
 * Of a profile's `csr_parameters` the members that are known, from clients of the profiles of application data protection;
 * others are kept and mean nothing here. Empty text is none.
 */
const known = z.object({
  csr_cn: text(64).optional(),
  csr_country: text(2).optional(),
  csr_state: text(128).optional(),
  csr_city: text(128).optional(),
  csr_org_name: text(64).optional(),
  csr_org_unit: text(64).optional(),
  csr_email: text(255).optional(),
})

const LONGEST = 65_536

/** As the column keeps them. Throws 'invalid-parameter' for a known member that could stand in no certificate. */
export function storedParameters(given: Readonly<Record<string, unknown>>): string | null {
  if (Object.keys(given).length === 0) return null
  const read = known.safeParse(given)
  if (!read.success)
    throw invalid(
      `csr_parameters: ${read.error.issues.map(({ path }) => path.join('.')).join(', ')} must be text that fits into a certificate`,
    )
  const stored = JSON.stringify(given)
  if (stored.length > LONGEST) throw invalid(`csr_parameters: is longer than ${LONGEST} characters`)
  return stored
}

export interface Defaults {
  readonly cn: string | undefined
  readonly names: readonly NameFields[]
  readonly email: readonly string[]
}

/** What a certificate says where the registration does not. */
export function defaultsOf(stored: string | null): Defaults {
  const {
    csr_cn: cn,
    csr_country: C,
    csr_state: ST,
    csr_city: L,
    csr_org_name: O,
    csr_org_unit: OU,
    csr_email: email,
  } = known.parse(stored === null ? {} : JSON.parse(stored))
  const given = Object.entries({ C, ST, L, O, OU }).filter(([, value]) => value)
  return {
    cn: cn || undefined,
    names: given.length === 0 ? [] : [Object.fromEntries(given)],
    email: email ? [email] : [],
  }
}
