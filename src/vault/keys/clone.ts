import type { Context } from '../../context.ts'
import { stamp } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import { firstAliases } from './aliases.ts'
import type { Drafts } from './create.ts'
import { type Meta, mergeMeta, readMeta, storedMeta } from './meta.ts'
import { newId } from './names.ts'
import { openMaterial, wrapMaterial } from './opened.ts'
import { ownedMeta } from './owner.ts'
import { emptyKey, type NewKey } from './rows.ts'

/** A new key of the same material, metadata and labels; its life begins now. */
export function clonedFrom(
  context: Pick<Context, 'caller' | 'may' | 'now' | 'services'>,
  source: KeyRow,
  {
    meta: given,
    idSize,
  }: { readonly meta?: Meta | undefined; readonly idSize?: number | undefined },
  name: string,
): Drafts {
  const at = stamp(context.now())
  const { ownerId: _, owner_id: __, ...inherited } = readMeta(source.meta) ?? {}
  const { meta, ownerId } = ownedMeta(context, mergeMeta(inherited, given ?? {}))
  const main: NewKey = {
    ...emptyKey(source.domain_id, at),
    key_id: newId(idSize),
    name,
    object_type: source.object_type,
    algorithm: source.algorithm,
    size: source.size,
    curve: source.curve,
    xts: source.xts,
    form: source.form,
    public_key: source.public_key,
    owner_id: ownerId,
    usage_mask: source.usage_mask,
    unexportable: source.unexportable,
    never_exported: source.never_exported,
    never_exportable: source.never_exportable,
    meta: storedMeta(meta),
    labels: source.labels,
    aliases: JSON.stringify(firstAliases(name)),
    cert_type: source.cert_type,
    cert_fields: source.cert_fields,
    data_type: source.data_type,
    description: source.description,
    activation_date: at,
    sha1_fingerprint: source.sha1_fingerprint,
    sha256_fingerprint: source.sha256_fingerprint,
    check_value: source.check_value,
    default_iv: source.default_iv,
  }
  const material = openMaterial(context.services.envelope, source)
  try {
    return { main: { ...main, material: wrapMaterial(context.services.envelope, main, material) } }
  } finally {
    material.secret.wipe()
  }
}
