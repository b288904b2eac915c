import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { text } from '../../kit/wire.ts'

const Banner = z.object({
  value: text(16_384).meta({ description: 'The text; empty when none is set.' }),
})

const read = (
  path: '/v1/auth/banners/pre-auth' | '/v1/auth/banners/post-auth',
  summary: string,
) => ({
  method: 'GET' as const,
  path,
  summary,
  audit: false as const,
  status: 200 as const,
  reply: Banner,
})

const write = (path: '/v1/auth/banners/pre-auth' | '/v1/auth/banners/post-auth', summary: string) =>
  endpoint({
    method: 'PATCH',
    path,
    summary,
    access: { action: 'UpdateBanner', resource: 'auth:banners' },
    audit: summary,
    body: Banner,
    status: 200,
    reply: Banner,
  })

export const banners = {
  getPreAuth: endpoint({
    ...read('/v1/auth/banners/pre-auth', 'Read the banner shown before sign-in'),
    access: 'public',
  }),
  setPreAuth: write('/v1/auth/banners/pre-auth', 'Set the banner shown before sign-in'),
  getPostAuth: endpoint({
    ...read('/v1/auth/banners/post-auth', 'Read the banner shown after sign-in'),
    access: 'self',
  }),
  setPostAuth: write('/v1/auth/banners/post-auth', 'Set the banner shown after sign-in'),
}
