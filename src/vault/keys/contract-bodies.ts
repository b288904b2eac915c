import { z } from 'zod'
import { text } from '../../kit/wire.ts'
import {
  AliasesIn,
  LabelsIn,
  lifeDates,
  Material,
  MetaIn,
  maybe,
  maybeText,
  Name,
  rotation,
  wrapFields,
} from '../contract.ts'

export const Integer = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1)

const identity = {
  uuid: maybeText(36),
  muid: maybeText(128),
  keyId: maybeText(20).meta({ description: 'A decimal number.' }),
}

const usageLimits = maybe(
  z.object({
    total: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).meta({
      description: 'Uses of the key that protect something; 0: as many as anybody likes.',
    }),
  }),
).meta({ description: 'How often the key may encrypt, sign, MAC, wrap or derive.' })

export const createFields = {
  name: maybe(Name).meta({ description: 'Made when not given.' }),
  algorithm: maybeText(64),
  size: maybe(Integer).meta({ description: 'In bits.' }),
  curveid: maybeText(64).meta({ description: 'Of `ec` keys.' }),
  usageMask: maybe(Integer),
  usage: maybeText(32).meta({ description: 'Deprecated; see usageMask.' }),
  meta: maybe(MetaIn),
  assignSelfAsOwner: maybe(z.boolean()),
  objectType: maybeText(32),
  certType: maybeText(16),
  material: maybe(Material).meta({ secret: true, description: 'Generated when not given.' }),
  emptyMaterial: maybe(z.boolean()),
  id: maybeText(128),
  ...identity,
  generateKeyId: maybe(z.boolean()),
  idSize: maybe(Integer).meta({ description: 'Hexadecimal digits of the id.' }),
  aliases: maybe(AliasesIn),
  labels: maybe(LabelsIn),
  description: maybe(text(4096)),
  state: maybeText(32),
  ...lifeDates,
  destroyDate: maybeText(40),
  compromiseDate: maybeText(40),
  compromiseOccurrenceDate: maybeText(40),
  revocationReason: maybeText(64),
  revocationMessage: maybeText(1024),
  ...rotation,
  undeletable: maybe(z.boolean()),
  unexportable: maybe(z.boolean()),
  neverExportable: maybe(z.boolean()),
  neverExported: maybe(z.boolean()),
  xts: maybe(z.boolean()).meta({ description: 'Two halves, for XTS and CBC-CS1.' }),
  defaultIV: maybeText(32),
  usageLimits,
  templateId: maybeText(256).meta({ description: 'A key template: id or name.' }),
  publicKeyName: maybeText(256).meta({
    description: 'As `publicKeyParameters.name`, which goes before it.',
  }),
  publicKeyParameters: maybe(
    z.object({
      name: maybeText(256),
      usageMask: maybe(Integer),
      meta: maybe(MetaIn),
      state: maybeText(32),
      aliases: maybe(AliasesIn),
      activationDate: maybeText(40),
      deactivationDate: maybeText(40),
      archiveDate: maybeText(40),
      unexportable: maybe(z.boolean()),
      undeletable: maybe(z.boolean()),
      id: maybeText(128),
    }),
  ).meta({ description: 'For the public key beside a private one.' }),
  hkdfCreateParameters: maybe(
    z.object({
      ikmKeyName: maybeText(512),
      hashAlgorithm: maybeText(32),
      salt: maybeText(2048),
      info: maybeText(2048),
    }),
  ).meta({ description: 'Derives the key from a stored one.' }),
  ...wrapFields,
}

export const CreateBody = z.object(createFields)
export type CreateBody = z.output<typeof CreateBody>

export const VersionBody = z.object({
  material: maybe(Material).meta({ secret: true }),
  ...wrapFields,
  defaultIV: maybeText(32),
  aliases: maybe(AliasesIn),
  offset: maybe(z.number().int()).meta({
    description: 'Seconds by which the dates of the old version are moved.',
  }),
  certType: maybeText(16),
  id: maybeText(128),
  idSize: maybe(Integer),
  labels: maybe(LabelsIn),
  ...identity,
})
export type VersionBody = z.output<typeof VersionBody>

export const PatchBody = z.object({
  usageLimits,
  meta: maybe(MetaIn).meta({ description: 'Merged into what is there.' }),
  unexportable: maybe(z.boolean()),
  undeletable: maybe(z.boolean()),
  ...lifeDates,
  compromiseOccurrenceDate: maybeText(40),
  ...rotation,
  aliases: maybe(AliasesIn).meta({
    description: 'A delta: `alias` and `type` add one, `index` alone deletes, all three modify.',
  }),
  muid: maybeText(128),
  keyId: maybeText(20),
  allVersions: maybe(z.boolean()).meta({ description: 'Applies `meta` to every version.' }),
  usageMask: maybe(Integer),
  labels: maybe(LabelsIn).meta({ description: 'Merged; null takes a label away.' }),
  description: maybe(text(4096)),
  revocationReason: maybeText(64).meta({ description: 'Refused: see revoke.' }),
  revocationMessage: maybeText(1024).meta({ description: 'Refused: see revoke.' }),
})
export type PatchBody = z.output<typeof PatchBody>
