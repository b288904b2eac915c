import type { Context } from '../../../context.ts'
import { Fault } from '../../../kit/fault.ts'
import { timeText } from '../../../kit/time.ts'
import type { RegistrationTokenRow } from '../../../store/schema.ts'
import type { Writer } from '../../../store/store.ts'
import { findByHash } from '../registration-tokens/store.ts'
import { hashToken } from '../registration-tokens/token.ts'

/** Counts wrong guesses, as those at passwords are counted. */
export type Guess = <T>(
  context: Context,
  account: string,
  evaluate: (settle: (tx: Writer, right: boolean) => void) => Promise<T>,
) => Promise<T | undefined>

/** Unknown, expired, used up, or not looked at since there were too many before: nobody learns which. */
const REFUSED = 'Invalid registration token'
export const refused = (): Fault => new Fault('unauthenticated', REFUSED)

/** The token that is shown, when a client may still be registered with it. */
export async function usableToken(
  { now, read, services }: Context,
  text: string,
): Promise<RegistrationTokenRow | undefined> {
  const row = await findByHash(read, hashToken(services, text))
  if (!row) return undefined
  const { clients_registered, max_clients, valid_until } = row
  if (valid_until !== null && valid_until <= timeText(now())) return undefined
  if (max_clients > 0 && clients_registered >= max_clients) return undefined
  return row
}

/**
 * The same for whoever comes in from outside: nobody is signed in, so wrong tokens are counted by the address they come
 * from. Throws 'unauthenticated'.
 */
export async function admit(
  context: Context,
  text: string,
  guess: Guess,
): Promise<RegistrationTokenRow> {
  const account = context.services.envelope.fingerprint('registration', context.origin.ip)
  const row = await guess(context, account, async (settle) => {
    const found = await usableToken(context, text)
    if (found) return found
    context.refuse(REFUSED)
    await context.transact((tx) => settle(tx, false))
    return undefined
  })
  if (!row) throw refused()
  return row
}
