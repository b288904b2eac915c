import { randomInt, randomUUID } from 'node:crypto'
import type { Services } from '../context.ts'
import { ROOT_DOMAIN, ROOT_DOMAIN_NAME } from '../kit/domain.ts'
import { Fault } from '../kit/fault.ts'
import { stamp } from '../kit/time.ts'
import { serverEntry } from '../store/server-entry.ts'
import { checkPolicy, wrapPassword } from './password-rules.ts'
import { seedAdministrator, seedGlobalPolicy, seedGroups } from './seed.ts'

const ADMINISTRATOR = 'admin'

/** Whether the installation still lacks its first objects: also after a start that was cut off half-way. */
export async function isFirstStart({ store }: Services): Promise<boolean> {
  const root = await store.read
    .selectFrom('domains')
    .selectAll()
    .where('id', '=', ROOT_DOMAIN)
    .executeTakeFirst()
  return root === undefined
}

/**
 * Makes the root domain, the predefined groups, the global password policy and the administrator, all or none. A
 * given password stays as it is; without one a generated password is returned, once, which must be changed first.
 * Returns undefined when another node was first.
 */
export async function seedIdentity(
  services: Services,
  given: string | undefined,
): Promise<string | undefined> {
  const password = given ?? generatePassword()
  const id = randomUUID()
  const phc = await services.passwords.hash(password)
  const now = services.now()
  const taken = new Fault('conflict', 'another node has made the first objects')
  try {
    await services.store.transact((tx) => {
      const at = stamp(now)
      tx.insert(
        'domains',
        { id: ROOT_DOMAIN, name: ROOT_DOMAIN_NAME, created_at: at, updated_at: at },
        { duplicate: taken },
      )
      const policy = seedGlobalPolicy(tx, ROOT_DOMAIN, now)
      if (given !== undefined) checkPolicy(policy, given)
      const groups = seedGroups(tx, ROOT_DOMAIN, now)
      seedAdministrator(
        tx,
        ROOT_DOMAIN,
        groups,
        {
          id,
          username: ADMINISTRATOR,
          password: wrapPassword(services, { id, domain_id: ROOT_DOMAIN }, phc),
          passwordChangeRequired: given === undefined,
        },
        now,
      )
      const { nodeId } = services
      tx.audit(
        serverEntry({ nodeId, now }, 'Set up installation', { administrator: ADMINISTRATOR }),
      )
    })
  } catch (failure) {
    if (failure !== taken) throw failure
    return undefined
  }
  return given === undefined ? password : undefined
}

/** No letters or digits that look alike, since people type it off a screen. */
const KINDS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '-_.+=%']
const PASSWORD_CHARACTERS = 20

/** Some 110 random bits that meet the global policy: one of each kind first, then shuffled. */
function generatePassword(): string {
  const all = KINDS.join('')
  const characters = KINDS.map(pick)
  while (characters.length < PASSWORD_CHARACTERS) characters.push(pick(all))
  for (let at = characters.length - 1; at > 0; at--) {
    const other = randomInt(at + 1)
    const kept = characters[at] as string
    characters[at] = characters[other] as string
    characters[other] = kept
  }
  return characters.join('')
}

const pick = (from: string): string => from.charAt(randomInt(from.length))
