import { z } from 'zod'
import { subjectFields } from '../../ca/contract.ts'
import { endpoint } from '../../kit/endpoint.ts'
import { text } from '../../kit/wire.ts'
import { maybe, maybeText } from '../contract.ts'

const Integer = z
  .number()
  .int()
  .min(-1)
  .max(2 ** 31 - 1)
const names = z.array(text(64)).max(64)

export const vaultRequests = {
  create: endpoint({
    method: 'POST',
    path: '/v1/vault/csr',
    summary: 'Make a certificate request for a key of the vault',
    description: 'For a key that is there (`keyID`), or for one that is made (`keyGenParams`).',
    access: 'self',
    audit: 'Create certificate request for a key',
    wrongBody: 'invalid-parameter',
    anyCase: true,
    body: z.object({
      keyID: maybeText(512).meta({ description: 'A private key: id, name, URI or alias.' }),
      keyIDType: maybeText(16).meta({
        description: '`id`, `name`, `uri` or `alias`; inferred when not given.',
      }),
      keyVersion: maybe(Integer).meta({ description: 'The newest when not given.' }),
      keyGenParams: maybe(
        z.object({
          algorithm: maybeText(64).meta({ description: '`RSA` when not given, or `EC`.' }),
          size: maybe(Integer),
          curveid: maybeText(64),
          keyName: maybeText(256).meta({ description: 'Made when not given.' }),
        }),
      ).meta({
        description:
          'Of the key to make: `algorithm` (`RSA` or `EC`), `size`, `curveid`, `keyName`.',
      }),
      csrParams: z.object({
        ...subjectFields,
        keyUsage: maybe(names).meta({
          description:
            '`digitalSignature`, `contentCommitment`, `keyEncipherment`, `dataEncipherment`, `keyAgreement`, `keyCertSign`, `crlSign`, `encipherOnly`, `decipherOnly`.',
        }),
        extendedKeyUsage: maybe(names).meta({
          description: '`serverAuth`, `clientAuth`, `codeSigning`, `emailProtection`, and others.',
        }),
        isCA: maybe(z.boolean()),
        maxPathLen: maybe(Integer).meta({ description: 'Of a CA; -1 or left out: none.' }),
        subjectKeyIdentifierHash: maybe(z.boolean()).meta({
          description: 'Adds an identifier of the key.',
        }),
        signatureAlgorithm: maybeText(32).meta({
          description: '`sha256WithRSA`, `ecdsaWithSHA384` and so on; by the key when not given.',
        }),
      }),
    }),
    status: 201,
    reply: z.object({
      csr: text(65_536),
      keyID: z.string().max(256),
      keyVersion: z.number().int(),
    }),
  }),
}
