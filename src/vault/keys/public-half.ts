import { Fault } from '../../kit/fault.ts'
import { defaultMask, type KeySpec, type Material, publicHalf } from '../material/index.ts'
import type { KeyContext } from '../vault.ts'
import { firstAliases } from './aliases.ts'
import { bit, filled, specColumns } from './columns.ts'
import type { CreateBody } from './contract-bodies.ts'
import { timeOf } from './dates.ts'
import { futureOrActive, readState } from './first-state.ts'
import { storedLabels } from './labels.ts'
import { withTotal } from './limits.ts'
import { storedMeta } from './meta.ts'
import { givenId, nameFor, newIdLike } from './names.ts'
import { wrapMaterial } from './opened.ts'
import { ownedMeta } from './owner.ts'
import { labelsOf } from './rights.ts'
import { emptyKey, type NewKey } from './rows.ts'

const MOST_CHARACTERS = 256

/** The public key `N-pub` beside the private key `N` (reference 2.1). */
export function publicDraft(
  context: KeyContext,
  {
    publicKeyName,
    publicKeyParameters: given = {} as NonNullable<CreateBody['publicKeyParameters']>,
  }: CreateBody,
  main: NewKey,
  spec: KeySpec,
  material: Material,
): NewKey {
  const half = publicHalf(material)
  const asked = given.name ?? publicKeyName
  const name = asked === undefined ? `${main.name}-pub` : nameFor(asked, 'publicKeyParameters.name')
  if (name.length > MOST_CHARACTERS)
    throw new Fault(
      'invalid-parameter',
      `name: with "-pub" for the public key it is longer than ${MOST_CHARACTERS} characters`,
    )
  if (name === main.name)
    throw new Fault('invalid-parameter', 'publicKeyParameters.name: is the name of the private key')
  const state = readState(given.state)
  const { meta, ownerId } =
    given.meta === undefined
      ? { meta: main.meta === null ? undefined : JSON.parse(main.meta), ownerId: main.owner_id }
      : ownedMeta(context, given.meta)
  const activation = timeOf('publicKeyParameters.activationDate', given.activationDate)
  const row: NewKey = {
    ...emptyKey(main.domain_id, main.created_at),
    key_id: given.id === undefined ? newIdLike(main.key_id) : givenId(given.id),
    name,
    object_type: 'Public Key',
    ...specColumns(spec),
    owner_id: ownerId,
    usage_mask: given.usageMask || defaultMask(spec, true),
    meta: storedMeta(meta),
    labels: storedLabels(withTotal(labelsOf(main), 0)),
    aliases: JSON.stringify(firstAliases(name, given.aliases)),
    unexportable: bit(given.unexportable),
    never_exportable: bit(given.unexportable),
    undeletable: bit(given.undeletable),
    activation_date: state === 'Pre-Active' ? null : (activation ?? main.activation_date),
    deactivation_date:
      timeOf('publicKeyParameters.deactivationDate', given.deactivationDate) ??
      main.deactivation_date,
    archive_date: timeOf('publicKeyParameters.archiveDate', given.archiveDate) ?? null,
    state:
      state ??
      (activation === undefined ? main.state : futureOrActive(activation, main.created_at)),
  }
  const whole = filled(row, spec, half)
  try {
    return { ...whole, material: wrapMaterial(context.services.envelope, whole, half) }
  } finally {
    half.secret.wipe()
  }
}
