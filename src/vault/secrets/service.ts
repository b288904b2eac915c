import { randomBytes, randomInt } from 'node:crypto'
import type { Context } from '../../context.ts'
import { Secret } from '../../crypto/secret.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Key } from '../contract.ts'
import { firstAliases } from '../keys/aliases.ts'
import { answer, demandExportable } from '../keys/answer.ts'
import { noteKey, rotatable } from '../keys/change.ts'
import { filled } from '../keys/columns.ts'
import { demandOrder, timeOf } from '../keys/dates.ts'
import { findRow } from '../keys/find.ts'
import { mergeLabels, storedLabels } from '../keys/labels.ts'
import { listPage } from '../keys/list-page.ts'
import { demandMaker } from '../keys/makers.ts'
import { storedMeta } from '../keys/meta.ts'
import { nameFor, newId } from '../keys/names.ts'
import { openMaterial, wrapMaterial } from '../keys/opened.ts'
import { ownedMeta, withOwners } from '../keys/owner.ts'
import { emptyKey, insertKey } from '../keys/rows.ts'
import { queryOf } from '../keys/search/query.ts'
import { keyHandlers } from '../keys/service.ts'
import { insertVersion, rotating } from '../keys/versions.ts'
import { existing, exportable, orExisting } from '../keys/wanted.ts'
import { decode, type KeySpec, type Material } from '../material/index.ts'
import { DATA_TYPES, type secrets } from './contract.ts'

type DataType = (typeof DATA_TYPES)[number]

/** The kinds of object that are secrets and no keys. */
const TYPES: readonly string[] = ['Secret Data', 'Opaque Object']

export const secretHandlers: Handlers<Context, typeof secrets> = {
  async list(context, { query }) {
    const asked = query.objectType?.filter((type) =>
      TYPES.some((one) => one.toLowerCase() === type.toLowerCase()),
    )
    const objectTypes = query.objectType?.length ? (asked?.length ? asked : ['none']) : TYPES
    return listPage(context, query, { ...queryOf(query), objectTypes }, query.fields)
  },

  async create(context, { query, body: sent }) {
    demandMaker(context)
    const body = await withOwners(context, sent)
    const { caller, now, services, transact, read } = context
    const name = nameFor(body.name)
    const dataType = typeOf(body.dataType)
    context.note({ key: name, dataType })
    if (query.returnExisting) {
      const known = await existing(context, body.name)
      if (known) return existingSecret(context, known)
    }
    if (query.includeMaterial && body.unexportable)
      throw new Fault('forbidden', 'the secret is not exportable, so no answer holds its material')
    const material = materialFrom(dataType, body.material)
    try {
      const { meta, ownerId } = ownedMeta(context, body.meta, body.assignSelfAsOwner)
      const at = stamp(now())
      const activation = timeOf('activationDate', body.activationDate) ?? at
      const deactivation = timeOf('deactivationDate', body.deactivationDate) ?? null
      demandOrder(['activationDate', activation], ['deactivationDate', deactivation])
      const spec = specFor(material)
      const draft = filled(
        {
          ...emptyKey(caller.domain, at),
          key_id: newId(body.idSize),
          name,
          object_type: dataType === 'blob' ? 'Opaque Object' : 'Secret Data',
          data_type: dataType,
          algorithm: spec.algorithm,
          size: spec.size,
          owner_id: ownerId,
          meta: storedMeta(meta),
          labels: storedLabels(mergeLabels({}, body.labels ?? {})),
          aliases: JSON.stringify(firstAliases(name, body.aliases)),
          description: body.description ?? '',
          unexportable: body.unexportable ? 1 : 0,
          never_exportable: body.unexportable ? 1 : 0,
          never_exported: query.includeMaterial ? 0 : 1,
          undeletable: body.undeletable ? 1 : 0,
          activation_date: activation,
          deactivation_date: deactivation,
          state: activation > at ? 'Pre-Active' : 'Active',
        },
        spec,
        material,
      )
      draft.material = wrapMaterial(services.envelope, draft, material)
      const row = await orExisting(
        context,
        query.returnExisting ? body.name : undefined,
        transact((tx) => insertKey(tx, read, draft)),
      )
      noteKey(context, row)
      if (row.id !== draft.id) return existingSecret(context, row)
      return {
        ...answer(context, row),
        ...(body.idSize && { idSize: body.idSize }),
        ...(query.includeMaterial && shown(context, row)),
      }
    } finally {
      material.secret.wipe()
    }
  },

  async get(context, input) {
    await demandSecret(context, input)
    return keyHandlers.get(context, input)
  },

  async update(context, input) {
    await demandSecret(context, input)
    return keyHandlers.update(context, input)
  },

  async delete(context, input) {
    await demandSecret(context, input)
    return keyHandlers.delete(context, input)
  },

  async export(context, { params, query }) {
    await demandSecret(context, { params, query })
    const reference = { id: params.id, type: query.type, version: query.version }
    const row = await context.transact(async (tx) => {
      const found = await exportable(context, reference)
      noteKey(context, found)
      return found.never_exported === 0 ? found : tx.update('keys', found, { never_exported: 0 })
    })
    return { ...answer(context, row), ...shown(context, row) }
  },

  async destroy(context, input) {
    await demandSecret(context, input)
    return keyHandlers.destroy(context, input)
  },

  async createVersion(context, { params, query, body }) {
    const { read, services, transact } = context
    await demandSecret(context, { params, query })
    context.note({ key: params.id })
    const reference = { id: params.id, type: query.type, version: query.version }
    const newest = async () => {
      const row = await rotatable(context, reference)
      if (query.includeMaterial) demandExportable(row)
      return row
    }
    const found = await newest()
    const material = materialFrom(typeOf(found.data_type ?? undefined), body.material)
    try {
      const next = { spec: specFor(material), material }
      const row = await rotating(found, () =>
        transact(async (tx) => {
          const made = await insertVersion(tx, services, read, await newest(), next, { body })
          return query.includeMaterial
            ? tx.update('keys', made, { never_exported: 0, never_exportable: 0 })
            : made
        }),
      )
      noteKey(context, row)
      return { ...answer(context, row), ...(query.includeMaterial && shown(context, row)) }
    } finally {
      material.secret.wipe()
    }
  },

  async listVersions(context, input) {
    await demandSecret(context, input)
    return keyHandlers.listVersions(context, input)
  },
}

const isSecret = ({ object_type }: KeyRow): boolean => TYPES.includes(object_type)

function existingSecret(context: Context, row: KeyRow): Key {
  if (!isSecret(row))
    throw new Fault('conflict', `there is a key ${quote(row.name)}, which is no secret`)
  return answer(context, row)
}

/** A key is no secret: here it is not there. */
async function demandSecret(
  { caller, read }: Context,
  {
    params,
    query,
  }: {
    readonly params: { readonly id: string }
    readonly query: { readonly type?: string | undefined; readonly version?: number | undefined }
  },
): Promise<void> {
  const row = await findRow(read, caller.domain, {
    id: params.id,
    type: query.type,
    version: query.version,
  })
  if (!row || !isSecret(row)) throw notFound('secret', params.id)
}

function typeOf(text = 'blob'): DataType {
  const found = DATA_TYPES.find((type) => type === text.toLowerCase())
  if (!found)
    throw new Fault(
      'invalid-parameter',
      `dataType: ${quote(text)} is not one of ${DATA_TYPES.join(', ')}`,
    )
  return found
}

const ENCODINGS = { blob: 'base64url', password: 'utf8', seed: 'hex' } as const

const MADE_BYTES = 32
const MADE_CHARACTERS = 24
/** Without characters that are taken for each other: about 140 bits. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#%+-_.'

/** What was sent, or made at random. Whoever asked for it wipes it. */
function materialFrom(dataType: DataType, sent: string | undefined): Material {
  const bytes =
    sent === undefined || sent === ''
      ? made(dataType)
      : decode(standard(dataType, sent), ENCODINGS[dataType], 'material')
  try {
    if (bytes.length === 0) throw new Fault('invalid-parameter', 'material: is empty')
    return { form: 'opaque', secret: new Secret(bytes) }
  } finally {
    bytes.fill(0)
  }
}

/** Base64 in its usual alphabet is taken for base64url: each says the same bytes. */
const standard = (dataType: DataType, text: string): string =>
  dataType === 'blob' ? text.replaceAll('+', '-').replaceAll('/', '_') : text

function made(dataType: DataType): Buffer {
  if (dataType !== 'password') return randomBytes(MADE_BYTES)
  const bytes = Buffer.alloc(MADE_CHARACTERS)
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = ALPHABET.charCodeAt(randomInt(ALPHABET.length))
  return bytes
}

const specFor = ({ secret }: Material): KeySpec => ({
  algorithm: 'OPAQUE',
  size: secret.length * 8,
})

/** The secret itself, in the encoding of its kind. */
function shown({ services }: Context, row: KeyRow): Partial<Key> {
  const { secret } = openMaterial(services.envelope, row)
  try {
    const encoding = ENCODINGS[typeOf(row.data_type ?? undefined)]
    return { material: secret.reveal().toString(encoding), encoding }
  } finally {
    secret.wipe()
  }
}
