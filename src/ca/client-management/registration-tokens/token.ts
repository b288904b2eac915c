import type { Services } from '../../../context.ts'
import type { Envelope, Place, WrappedKey } from '../../../crypto/envelope.ts'
import { lettersAndDigits } from '../../../crypto/letters-and-digits.ts'
import { Secret } from '../../../crypto/secret.ts'
import type { RegistrationTokenRow } from '../../../store/schema.ts'
import { wrappedColumn } from '../../../system/index.ts'

type Owner = Pick<RegistrationTokenRow, 'id' | 'domain_id'>

const place = ({ id, domain_id }: Owner): Place => ({
  domain: domain_id,
  table: 'registration_tokens',
  row: id,
  column: 'token',
  version: 0,
})

/** Where tokens are kept inside the envelope: clients read them again with every refresh, so a hash alone would not do. */
export const tokenColumn = wrappedColumn('registration_tokens', 'token', place)

export const newToken = (): string => lettersAndDigits(64)

/** Whether a text has the form of a token: one client takes it for the id of what it made (reference 8.1). */
export const isToken = (text: string): boolean => /^[A-Za-z0-9]{64}$/.test(text)

/** By which a token is found, in the same work whether it is there or not. */
export const hashToken = ({ envelope }: Pick<Services, 'envelope'>, text: string): string =>
  envelope.fingerprint('registration-token', text)

export function wrapToken(envelope: Envelope, owner: Owner, text: string): WrappedKey {
  const plain = new Secret(Buffer.from(text))
  try {
    return envelope.wrap(place(owner), plain)
  } finally {
    plain.wipe()
  }
}

export function openToken(envelope: Envelope, row: RegistrationTokenRow): string {
  const plain = envelope.unwrap(place(row), row.token)
  try {
    return Buffer.from(plain.reveal()).toString('latin1')
  } finally {
    plain.wipe()
  }
}
