import { describe, expect, test } from 'vitest'
import { PERMISSIONS } from '../../src/vault/keys/rights.ts'
import { type KeyUse, type UseRule, useRules } from '../../src/vault/keys/uses.ts'
import type { Answer, Lab } from './lab.ts'
import {
  groupOf,
  makeOwn,
  makePrincipal,
  makeSubjects,
  type Operation,
  operations,
  type Principal,
  principals,
  type Subjects,
} from './permissions.ts'
import { isSoak, report } from './promise.ts'
import { demand, KEYS, LINKS, labDatabases, made, SECRETS } from './vault.ts'

type Outcome = 'done' | 'forbidden' | 'not found' | 'not shown' | `answered ${number}: ${string}`

const outcomeOf = ({ status, body, text }: Answer, { lists }: Operation): Outcome => {
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not found'
  if (status > 299) return `answered ${status}: ${text}`
  return lists && body.resources.length === 0 ? 'not shown' : 'done'
}

function due({ has, manages }: Principal, { needs, lists }: Operation): Outcome {
  if (manages) return 'done'
  if (needs.length > 0 && needs.every((one) => has.has(one))) return 'done'
  if (lists) return 'not shown'
  return has.size > 0 ? 'forbidden' : 'not found'
}

interface Matrix {
  readonly cells: number
  readonly surprises: readonly string[]
}

/** Everybody tries everything. */
async function fill(
  lab: Lab,
  shared: Subjects,
  who: readonly Principal[],
  what: typeof operations,
): Promise<Matrix> {
  const surprises: string[] = []
  let cells = 0
  let made = 0
  for (const principal of who) {
    const token = await makePrincipal(lab, principal)
    const own = await makeOwn(lab, principal.name.replaceAll(' ', '-'), token)
    // Of keys that can be managed everyone has some of his own to lose.
    const mine =
      principal.manages === undefined
        ? shared
        : await makeSubjects(
            lab,
            principal.manages.replaceAll(' ', '-'),
            principal.manages === 'as their owner' ? token : undefined,
          )
    const tried = { ...mine, own, fresh: () => `made-${made++}-by-${principal.name}` }
    for (const [name, operation] of what) {
      const { method, path, ...ask } = operation.call(tried)
      const outcome = outcomeOf(await lab.ask(method, path, { ...ask, token }), operation)
      const wanted = due(principal, operation)
      cells++
      if (outcome !== wanted)
        surprises.push(`${principal.name}, ${name}: ${outcome}, due: ${wanted}`)
    }
  }
  return { cells, surprises }
}

/** All that can be known of the shared keys. */
async function stateOf(lab: Lab, { aes, rsa, hmac, kem, secret }: Subjects): Promise<unknown> {
  const get = (path: string) => demand(lab, { method: 'GET', path })
  const versions = await Promise.all(
    [aes, rsa, hmac, kem].map((name) => get(`${KEYS}/${name}/versions?limit=100&fields=meta`)),
  )
  // That it was exported is what those with the permission have changed.
  const known = JSON.stringify([
    ...versions,
    await get(`${SECRETS}/${secret}/versions?fields=meta`),
    await get(`${LINKS}?source=${aes}`),
  ])
  return JSON.parse(known, (name, value) =>
    ['neverExported', 'lastUsedAt', 'lastUsedFor', 'updatedAt'].includes(name) ? undefined : value,
  )
}

async function withGroups(lab: Lab): Promise<Subjects> {
  for (const permission of PERMISSIONS)
    await made(lab, '/v1/usermgmt/groups', { name: groupOf(permission) })
  return makeSubjects(lab, 'shared')
}

describe.each(labDatabases)('A4: one permission, one operation, on %s', (database, open) => {
  test('nothing that is done with keys, versions, links and secrets goes without its own permission', {
    timeout: 120_000,
  }, async () => {
    const { lab, stop } = await open()
    try {
      const shared = await withGroups(lab)
      const before = await stateOf(lab, shared)
      // The rules are the same on both; the longer list of holders is tried on one at every commit.
      const who =
        database === 'SQLite' || isSoak
          ? principals
          : principals.filter(({ name }) => !/^all but| by policy$/.test(name))
      const { cells, surprises } = await fill(lab, shared, who, operations)
      report(
        database === 'SQLite' ? 'A4' : `A4 ${database}`,
        `${who.length} holders × ${operations.length} operations on ${database}: ${cells} cells, ${surprises.length} mismatches`,
      )
      expect(surprises).toEqual([])
      expect(await stateOf(lab, shared)).toEqual(before)
    } finally {
      await stop()
    }
  })
})

test('the harness notices a use that borrows the permission of another', async () => {
  const { lab, stop } = await (labDatabases[0] as (typeof labDatabases)[number])[1]()
  const rules = useRules as Record<KeyUse, UseRule>
  const { decrypt } = rules
  try {
    rules.decrypt = { ...decrypt, permission: 'EncryptWithKey' }
    const who = principals.filter(({ name }) => /^UseKey and (En|De)crypt/.test(name))
    const what = operations.filter(([name]) => name === 'encrypt' || name === 'decrypt')
    const { surprises } = await fill(lab, await withGroups(lab), who, what)
    expect(surprises).toEqual([
      'UseKey and EncryptWithKey, decrypt: done, due: forbidden',
      'UseKey and DecryptWithKey, decrypt: forbidden, due: done',
    ])
  } finally {
    rules.decrypt = decrypt
    await stop()
  }
})
