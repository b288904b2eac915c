import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, TextFilter, text } from '../../kit/wire.ts'
import { KeyLink, maybe, maybeText, Reference } from '../contract.ts'

const params = z.object({ id: text(64) })
const fits = { wrongBody: 'invalid-parameter', anyCase: true } as const
const index = maybe(z.number().int().min(0).max(1_000_000))

export const keyLinks = {
  list: endpoint({
    method: 'GET',
    path: '/v1/vault/links',
    summary: 'List links between keys',
    description: 'From keys that the caller may read.',
    access: 'self',
    audit: false,
    query: Page.extend({
      type: TextFilter.optional(),
      source: text(512).optional().meta({ description: 'Id, name, URI or alias of a key.' }),
      target: text(512).optional().meta({ description: 'Id, name, URI or alias of a key.' }),
      index: text(10).regex(/^\d*$/).optional(),
    }),
    status: 200,
    reply: pageOf(KeyLink),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/vault/links',
    summary: 'Link a key to another',
    access: 'self',
    audit: 'Create link',
    ...fits,
    body: z.object({
      type: text(32),
      source: Reference,
      idTypeSource: maybeText(16),
      target: Reference,
      idTypeTarget: maybeText(16),
      index,
    }),
    status: 201,
    reply: KeyLink,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/vault/links/:id',
    summary: 'Read one link',
    access: 'self',
    audit: false,
    params,
    status: 200,
    reply: KeyLink,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/vault/links/:id',
    summary: 'Change a link',
    access: 'self',
    audit: 'Update link',
    ...fits,
    params,
    body: z.object({
      type: maybeText(32),
      target: maybeText(512),
      idTypeTarget: maybeText(16),
      index,
    }),
    status: 200,
    reply: KeyLink,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/vault/links/:id',
    summary: 'Delete a link',
    access: 'self',
    audit: 'Delete link',
    params,
    status: 204,
    reply: Empty,
  }),
}
