import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Time, text } from '../../kit/wire.ts'
import { maybe } from '../contract.ts'

/** What a domain allows of cryptography, beyond or short of what is usual. All is off until somebody sets it. */
const strictIv = {
  description:
    'Refuses an IV that the caller chose: of GCM the second time for a key version, of CTR always.',
}
const allowRsaPkcs1 = {
  description: 'RSA encrypts, decrypts and unwraps with PKCS #1 v1.5, which is then the default.',
}
const allowFf31 = {
  description: 'Hides and unhides text with FF3-1 too, which NIST has withdrawn.',
}

const CryptoSettings = z.object({
  strictIv: z.boolean().meta(strictIv),
  allowRsaPkcs1: z.boolean().meta(allowRsaPkcs1),
  allowFf31: z.boolean().meta(allowFf31),
  updatedAt: Time.optional().meta({ description: 'Absent while nobody has set anything.' }),
})

const params = z.object({
  id: text(128).meta({ description: 'Id of the domain, or `root`.' }),
})

export const cryptoSettings = {
  get: endpoint({
    method: 'GET',
    path: '/v1/domains/:id/crypto-settings',
    summary: 'Read what a domain allows of cryptography',
    access: { action: 'ReadCryptoSettings', resource: 'domains:crypto-settings' },
    audit: false,
    params,
    status: 200,
    reply: CryptoSettings,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/domains/:id/crypto-settings',
    summary: 'Change what a domain allows of cryptography',
    description: 'What is left out stays as it is. Holds on every node within a second.',
    access: { action: 'UpdateCryptoSettings', resource: 'domains:crypto-settings' },
    audit: 'Update crypto settings',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object({
      strictIv: maybe(z.boolean()).meta(strictIv),
      allowRsaPkcs1: maybe(z.boolean()).meta(allowRsaPkcs1),
      allowFf31: maybe(z.boolean()).meta(allowFf31),
    }),
    status: 200,
    reply: CryptoSettings,
  }),
}
