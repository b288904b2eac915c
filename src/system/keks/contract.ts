import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, Time, text } from '../../kit/wire.ts'

/** What may be known of a key-encryption key; never the key. */
export const Kek = z.object({
  id: z.string().max(64),
  createdAt: Time,
  version: z.number().int().meta({ description: 'Counts up with each rotation of the domain.' }),
  active: z.boolean().meta({ description: 'Whether this is the newest, which wraps what is new.' }),
  state: z.enum(['active', 'retiring']).meta({
    description: '`retiring`: replaced, and gone once nothing can need it any more.',
  }),
})

const DomainId = text(128).meta({ description: 'Id of the domain, or `root`.' })

export const keks = {
  list: endpoint({
    method: 'GET',
    path: '/v1/domains/:id/keks',
    summary: 'List the key-encryption keys of a domain, newest first',
    access: { action: 'ReadDomainKek', resource: 'domains:keks' },
    audit: false,
    params: z.object({ id: DomainId }),
    query: Page,
    status: 200,
    reply: pageOf(Kek),
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/domains/:id/keks/:kek_id',
    summary: 'Read one key-encryption key of a domain',
    access: { action: 'ReadDomainKek', resource: 'domains:keks' },
    audit: false,
    params: z.object({ id: DomainId, kek_id: text(64) }),
    status: 200,
    reply: Kek,
  }),
  rotate: endpoint({
    method: 'POST',
    path: '/v1/domains/:id/rotate-kek',
    summary: 'Put a new key-encryption key in the place of the one in use, while running',
    description:
      'Everything of the domain is wrapped anew before the answer; the old key goes later.',
    access: { action: 'RotateDomainKek', resource: 'domains:keks' },
    audit: 'Rotate domain KEK',
    params: z.object({ id: DomainId }),
    status: 200,
    reply: Kek,
  }),
  retryRotation: endpoint({
    method: 'POST',
    path: '/v1/domains/:id/retry-kek-rotation',
    summary: 'Finish a rotation that was cut short, without making another key',
    description: 'Without effect where nothing is left to do.',
    access: { action: 'RotateDomainKek', resource: 'domains:keks' },
    audit: 'Retry domain KEK rotation',
    params: z.object({ id: DomainId }),
    status: 200,
    reply: Kek,
  }),
}
