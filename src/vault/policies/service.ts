import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { accountOf, accountUri } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import { countOf, list, listing } from '../../store/list.ts'
import type { KeyPolicyRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { timeOf } from '../keys/dates.ts'
import { mergeLabels, storedLabels } from '../keys/labels.ts'
import { nameFor } from '../keys/names.ts'
import { compilePolicy, isObject, labelsOf, permissionNamed } from '../keys/rights.ts'
import { matches, parseSelector } from '../keys/selector.ts'
import { type KeyPolicy, type keyPolicies, MAX_NAMES } from './contract.ts'

const policyList = listing({
  table: 'key_policies',
  sort: {
    updatedAt: { column: 'updated_at' },
    createdAt: { column: 'created_at' },
    name: { column: 'name', unique: true },
  },
  filters: {
    id: { column: 'id' },
    name: { column: 'name' },
    description: { column: 'description' },
  },
  order: '-updatedAt',
})

type Sent = Readonly<
  Record<
    'groups' | 'users' | 'clients',
    Readonly<Record<string, readonly string[] | null>> | undefined
  >
>

/** Every list of keys of a caller asks all those that grant him something. */
const MOST_POLICIES = 2000

export const keyPolicyHandlers: Handlers<Context, typeof keyPolicies> = {
  async list(context, { query }) {
    const { caller, read } = context
    const after = timeOf('createdAfter', query.createdAfter)
    const before = timeOf('createdBefore', query.createdBefore)
    const selector = query.labels ? parseSelector('labels', query.labels) : undefined
    const granted = query.permissionsContains?.map(demandPermission) ?? []
    const isFiltered = after !== undefined || before !== undefined
    const inRows = selector !== undefined || granted.length > 0
    const { rows, total, messages } = await list(read, policyList, {
      domain: caller.domain,
      // What is inside of rows is looked for here: policies are few.
      page: inRows ? { ...query, skip: 0, limit: -1 } : query,
      filters: { id: query.id, name: query.name, description: query.description },
      where: isFiltered
        ? (eb) =>
            eb.and([
              ...(after === undefined ? [] : [eb('key_policies.created_at', '>', after)]),
              ...(before === undefined ? [] : [eb('key_policies.created_at', '<', before)]),
            ])
        : undefined,
    })
    for (const message of messages) context.say(message)
    const fitting = inRows
      ? rows.filter(
          (row) =>
            (selector === undefined || matches(selector, labelsOf(row))) &&
            granted.every((permission) => {
              const { groups, users, clients } = compilePolicy(row)
              return [groups, users, clients].some((grants) => grants.has(permission))
            }),
        )
      : rows
    const { skip, limit } = query
    return {
      skip,
      limit,
      total: inRows ? fitting.length : total,
      resources: (inRows ? fitting.slice(skip, limit < 0 ? undefined : skip + limit) : fitting).map(
        present,
      ),
    }
  },

  async create(context, { body }) {
    const { caller, now, read, transact } = context
    const name = nameFor(body.name)
    context.note({ name, labelSelector: body.labelSelector })
    const at = stamp(now())
    const row = await transact(async (tx) => {
      if ((await countOf(read, caller.domain, 'key_policies')) >= MOST_POLICIES)
        throw new Fault('conflict', `a domain has at most ${MOST_POLICIES} key policies`)
      tx.count(caller.domain, 'key_policies', 1)
      tx.changesKeys()
      return tx.insert(
        'key_policies',
        {
          id: randomUUID(),
          domain_id: caller.domain,
          name,
          label_selector: checkedSelector(body.labelSelector),
          permissions: storedPermissions(body.permissions),
          description: body.description ?? '',
          labels: storedLabels(mergeLabels({}, body.labels ?? {})),
          created_at: at,
          updated_at: at,
        },
        { duplicate: new Fault('conflict', `the key policy ${quote(name)} already exists`) },
      )
    })
    return present(row)
  },

  async get(context, { params }) {
    return present(await existing(context, params.id))
  },

  async update(context, { params, body }) {
    const { now, transact } = context
    context.note({ policy: params.id, changed: Object.keys(body) })
    const row = await transact(async (tx) => {
      const policy = await existing(context, params.id)
      tx.changesKeys()
      return tx.update('key_policies', policy, {
        ...(body.labelSelector !== undefined && {
          label_selector: checkedSelector(body.labelSelector),
        }),
        ...(body.permissions && { permissions: storedPermissions(body.permissions) }),
        ...(body.description !== undefined && { description: body.description }),
        ...(body.labels && { labels: storedLabels(mergeLabels(labelsOf(policy), body.labels)) }),
        updated_at: stamp(now()),
      })
    })
    return present(row)
  },

  async delete(context, { params }) {
    context.note({ policy: params.id })
    await context.transact(async (tx) => {
      const policy = await existing(context, params.id)
      context.note({ id: policy.id, name: policy.name })
      tx.remove('key_policies', policy)
      tx.count(policy.domain_id, 'key_policies', -1)
      tx.changesKeys()
    })
    return undefined
  },
}

/** Only what selects by equality: a policy for all keys that lack a label would reach keys that nobody thought of. */
function checkedSelector(text: string): string {
  const conditions = parseSelector('labelSelector', text)
  if (conditions.length === 0 || conditions.some(({ op }) => op !== 'in'))
    throw new Fault('invalid-parameter', 'labelSelector: takes conditions with = and in only')
  return text
}

function demandPermission(text: string) {
  const permission = permissionNamed(text)
  if (permission === undefined)
    throw new Fault('invalid-parameter', `${quote(text)} is no permission on keys`)
  return permission
}

/**
 * Every permission must be one, and one that comes in two spellings is granted to all that they name: a policy that
 * grants less than its author believes is found out too late.
 */
function storedPermissions(sent: Sent): string {
  const kept: Record<string, Record<string, readonly string[]>> = {}
  for (const [holders, grants] of Object.entries(sent)) {
    if (!grants) continue
    const joined: Record<string, readonly string[]> = {}
    for (const [name, names] of Object.entries(grants)) {
      const permission = demandPermission(name)
      joined[permission] = [...new Set([...(joined[permission] ?? []), ...(names ?? [])])]
      if (joined[permission].length > MAX_NAMES)
        throw new Fault('invalid-parameter', `${permission}: names more than ${MAX_NAMES}`)
    }
    kept[holders] = joined
  }
  if (Object.keys(kept).length === 0)
    throw new Fault('invalid-parameter', 'permissions: needs groups, users or clients')
  return JSON.stringify(kept)
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const find = (read: Reader, domain: string, text: string): Promise<KeyPolicyRow | undefined> =>
  read.row('key_policies', {
    domain_id: domain,
    ...(UUID.test(text) ? { id: text.toLowerCase() } : { name: text.normalize('NFC') }),
  })

async function existing({ caller, read }: Context, text: string): Promise<KeyPolicyRow> {
  const row = await find(read, caller.domain, text)
  if (!row) throw notFound('key policy', text)
  return row
}

/** The one place where a key policy becomes JSON. */
function present(row: KeyPolicyRow): KeyPolicy {
  const permissions: unknown = JSON.parse(row.permissions)
  return {
    id: row.id,
    uri: `kylo:${accountOf(row.domain_id)}:vault:key-policies:${row.id}`,
    account: accountUri(row.domain_id),
    createdAt: wireTime(row.created_at),
    updatedAt: wireTime(row.updated_at),
    name: row.name,
    labelSelector: row.label_selector,
    permissions: (isObject(permissions) ? permissions : {}) as KeyPolicy['permissions'],
    description: row.description,
    ...(row.labels !== null && { labels: { ...labelsOf(row) } }),
  }
}
