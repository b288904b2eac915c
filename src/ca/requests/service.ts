import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { keyAsked, keyToMake } from '../keys.ts'
import { x509 } from '../library.ts'
import { subjectOf } from '../subject.ts'
import type { KeyRules } from '../x509/index.ts'
import type { certificateRequests } from './contract.ts'

export function certificateRequestHandlers(
  rules: KeyRules,
): Handlers<Context, typeof certificateRequests> {
  return {
    async create(context, { body }) {
      context.note({ subject: body.cn, name: body.name })
      const { buildRequest, encryptPrivateKey, generateKey, readPrivateKey } = await x509()
      const { password, privateKeyBytes } = body
      const asked = keyToMake(body)
      const key =
        privateKeyBytes === undefined
          ? await generateKey(asked.algorithm, asked.size, rules)
          : readPrivateKey(privateKeyBytes, { ...keyAsked(body), password }, rules)
      const csr = await buildRequest(key, subjectOf(body))
      return { csr, key: encryptPrivateKey(key, body.encryptionAlgo, password) }
    },
  }
}
