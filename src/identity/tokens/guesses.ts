import type { Context, Services } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { UserRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'

/**
 * At most five wrong passwords an account name in five minutes, whatever its spelling, on all nodes together. It
 * stands apart from the lockout of a password policy, which administrators set: this one is always on.
 *
 * A guess takes its place in the database before it is evaluated, so that guesses sent at once, or to several nodes,
 * cannot overtake the count. A right password gives the place back, so signing in never uses the account up.
 */
export const MAX_WRONG = 5
export const WINDOW_SECONDS = 300

const MAX_WAIT_MS = 10_000
const WAIT_STEP_MS = 15
const MAX_AT_ONCE_HERE = 4

/** Evaluations of one account at once on this node; the others wait in line rather than on the database. */
const here = new Map<string, { running: number; waiting: (() => void)[] }>()

/**
 * Runs `evaluate` when the account still has a guess left, else says so with `undefined`. `settle` must go into the
 * unit that records the outcome.
 */
export async function guess<T>(
  context: Context,
  account: string,
  evaluate: (settle: (tx: Writer, right: boolean) => void) => Promise<T>,
): Promise<T | undefined> {
  const leave = await enter(account)
  try {
    if (!(await reserve(context, account))) return undefined
    let settled = false
    try {
      return await evaluate((tx, right) => {
        settled = true
        settle(tx, account, right)
      })
    } finally {
      // Not evaluated, or right but refused for another reason: the place is given back.
      if (!settled) await context.services.store.transact((tx) => settle(tx, account, true))
    }
  } finally {
    leave()
  }
}

async function enter(account: string): Promise<() => void> {
  const line = here.get(account) ?? { running: 0, waiting: [] }
  here.set(account, line)
  if (line.running >= MAX_AT_ONCE_HERE) {
    if (line.waiting.length >= 1000)
      throw new Fault('too-many-requests', 'too many sign-ins of this account are under way')
    await new Promise<void>((go) => line.waiting.push(go))
  } else line.running++
  return () => {
    const next = line.waiting.shift()
    if (next) next()
    else if (--line.running === 0) here.delete(account)
  }
}

async function reserve(context: Context, account: string): Promise<boolean> {
  const { services } = context
  const started = performance.now()
  for (;;) {
    const now = context.now()
    const row = await context.read
      .selectFrom('guesses')
      .selectAll()
      .where('account', '=', account)
      .executeTakeFirst()
    const time = timeText(now)
    const running = row !== undefined && row.window_ends_at > time
    if (running && row.wrong >= MAX_WRONG) return false
    if (running && row.wrong + row.pending >= MAX_WRONG) {
      if (performance.now() - started > MAX_WAIT_MS) return false
      await new Promise((resume) => setTimeout(resume, WAIT_STEP_MS))
      continue
    }
    const taken = new TakenMeanwhile()
    try {
      await services.store.transact((tx) => {
        const window_ends_at = timeText(new Date(now.getTime() + WINDOW_SECONDS * 1000))
        if (row === undefined)
          tx.run(
            tx.insertInto('guesses').values({ account, window_ends_at, wrong: 0, pending: 1 }),
            {
              duplicate: taken,
            },
          )
        else if (!running)
          tx.run(
            tx
              .updateTable('guesses')
              .set({ window_ends_at, wrong: 0, pending: 1 })
              .where('account', '=', account)
              .where('window_ends_at', '=', row.window_ends_at),
            { rows: 1, otherwise: taken },
          )
        else
          tx.run(
            tx
              .updateTable('guesses')
              .set((eb) => ({ pending: eb('pending', '+', 1) }))
              .where('account', '=', account)
              .where('window_ends_at', '=', row.window_ends_at)
              .where((eb) => eb(eb('wrong', '+', eb.ref('pending')), '<', MAX_WRONG)),
            { rows: 1, otherwise: taken },
          )
      })
      return true
    } catch (error) {
      if (error !== taken) throw error
    }
  }
}

/** Another request took the place first; looked at again, never told. */
class TakenMeanwhile extends Fault {
  constructor() {
    super('conflict', 'taken meanwhile')
  }
}

function settle(tx: Writer, account: string, right: boolean): void {
  tx.run(
    tx
      .updateTable('guesses')
      .set((eb) => ({
        // Never below zero: a node that starts clears the places that crashed evaluations left behind.
        pending: eb
          .case()
          .when('pending', '>', 0)
          .then(eb('pending', '-', 1))
          .else(0)
          .end(),
        ...(right ? undefined : { wrong: eb('wrong', '+', 1) }),
      }))
      .where('account', '=', account),
  )
}

/** The name under which guesses at this username are counted. */
export const accountOf = ({ envelope }: Pick<Services, 'envelope'>, usernameKey: string): string =>
  envelope.fingerprint('account', `${ROOT_DOMAIN}/${usernameKey}`)

/** An administrator's unlock, or a new password, also ends the window that guesses closed. */
export const clearGuesses = (
  tx: Writer,
  services: Pick<Services, 'envelope'>,
  user: Pick<UserRow, 'username_key'>,
): void =>
  tx.run(tx.deleteFrom('guesses').where('account', '=', accountOf(services, user.username_key)))

/** At start: places left by evaluations that a crash cut off, and windows that are over. */
export const clearStaleGuesses = (tx: Writer, now: Date): void => {
  tx.run(tx.updateTable('guesses').set({ pending: 0 }).where('pending', '>', 0))
  tx.run(tx.deleteFrom('guesses').where('window_ends_at', '<', timeText(now)))
}
