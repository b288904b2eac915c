import type { Context } from '../../context.ts'
import { LOCAL, userIdNamed } from '../../identity/index.ts'
import { Fault } from '../../kit/fault.ts'
import type { KeyContext } from '../vault.ts'
import { checkMeta, type Meta, ownerIn, withCteUse } from './meta.ts'

/**
 * The metadata of a new key, with its owner. Whoever manages keys may name anybody or nobody; anybody else owns what he
 * makes, whether he says so or not, since he could not even see it otherwise. Throws 'forbidden' when he names another.
 */
export function ownedMeta(
  { caller, may }: Pick<KeyContext, 'caller' | 'may'>,
  given: Meta | undefined,
  assignSelfAsOwner = false,
): { readonly meta: Meta | undefined; readonly ownerId: string | null } {
  if (given) checkMeta(given)
  // Null is what was not set; the server alone says whether CTE uses the key.
  const meta = given && withCteUse(withoutNullMembers(given), false)
  const named = ownerIn(meta)
  const isManager = may('UpdateKey', 'vault:keys')
  if (assignSelfAsOwner && named !== null)
    throw new Fault('invalid-parameter', 'assignSelfAsOwner: meta.ownerId names an owner already')
  if (!assignSelfAsOwner && isManager) return { meta, ownerId: named }
  if (named !== null && named !== caller.userId)
    throw new Fault('forbidden', 'keys for others are made by those who manage keys')
  if (named !== null) return { meta, ownerId: named }
  return { meta: { ...meta, ownerId: `${LOCAL}${caller.userId}` }, ownerId: caller.userId }
}

interface Owned {
  readonly meta?: Meta | undefined
  readonly publicKeyParameters?: { readonly meta?: Meta | undefined } | undefined
}

/** A body with the id of its owners where it names them, `local|admin`, as scripts that set up CM do. */
export async function withOwners<Body extends Owned>(context: Context, body: Body): Promise<Body> {
  const { meta, publicKeyParameters: half } = body
  return {
    ...body,
    ...(meta && { meta: await withOwnerId(context, meta) }),
    ...(half?.meta && {
      publicKeyParameters: { ...half, meta: await withOwnerId(context, half.meta) },
    }),
  }
}

async function withOwnerId(context: Context, meta: Meta): Promise<Meta> {
  const field = typeof meta['ownerId'] === 'string' ? 'ownerId' : 'owner_id'
  const owner = meta[field]
  if (typeof owner !== 'string' || !owner.startsWith(LOCAL)) return meta
  const id = await userIdNamed(context, owner)
  return id === undefined ? meta : { ...meta, [field]: `${LOCAL}${id}` }
}

const withoutNullMembers = (meta: Meta): Meta =>
  Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== null))
