import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { text } from '../../kit/wire.ts'
import { keyFields, orEmpty, Pem, subjectFields } from '../contract.ts'

export const certificateRequests = {
  create: endpoint({
    method: 'POST',
    path: '/v1/ca/csr',
    summary: 'Make a key pair and a certificate request',
    description: 'Nothing of it is kept.',
    access: { action: 'CreateCSR', resource: 'ca:csr' },
    audit: 'Create certificate request',
    wrongBody: 'invalid-parameter',
    body: z.object({
      ...subjectFields,
      ...keyFields,
      name: orEmpty(text(256)).meta({ description: 'A label.' }),
      password: orEmpty(text(1024)).meta({
        description: 'Encrypts the private key.',
        secret: true,
      }),
      encryptionAlgo: orEmpty(z.enum(['AES256', 'AES192', 'AES128', 'TDES'])).meta({
        description: 'How the private key is encrypted; AES256 when not given.',
      }),
      privateKeyBytes: orEmpty(Pem).meta({
        description: 'A private key to use, in PEM; an encrypted one is opened with the password.',
        secret: true,
      }),
    }),
    status: 201,
    reply: z.object({ csr: Pem, key: Pem.meta({ secret: true }) }),
  }),
}
