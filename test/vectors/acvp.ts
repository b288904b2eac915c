import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Case, Client } from './cases.ts'
import { rawPublicPem } from './wycheproof.ts'

/**
 * Vectors of NIST's ACVP server (usnistgov/ACVP-Server, `gen-val/json-files`) from the folder that KEYSTEAD_ACVP names:
 * a folder for each algorithm, with its `internalProjection.json`, which holds questions and answers.
 */

// biome-ignore lint/suspicious/noExplicitAny: files of others, whose fields go by their schema
type Fields = Readonly<Record<string, any>>

interface Schema {
  left(group: Fields, test: Fields): string | undefined
  try(client: Client, group: Fields, test: Fields): Promise<boolean>
}

const hex = (text = '') => Buffer.from(text, 'hex')
const b64 = (text = '') => hex(text).toString('base64')
const AFT = ({ testType }: Fields) => (testType === 'AFT' ? undefined : 'only single cases')

/** Both ways, as far as the vector says them. */
const cipher = (mode: string): Schema => ({
  left: AFT,
  async try(client, _, { key, iv, pt, ct }) {
    const id = await client.import({ algorithm: 'aes', material: key })
    const given = { id, mode, pad: 'none', ...(iv !== undefined && { iv: b64(iv) }) }
    const made = await client.post('encrypt', { ...given, plaintext: b64(pt) })
    const opened = await client.post('decrypt', { ...given, ciphertext: b64(ct) })
    return made?.['ciphertext'] === b64(ct) && opened?.['plaintext'] === b64(pt)
  },
})

const keyWrap = (wrappingEncryptionAlgo: string): Schema => ({
  left: (group) =>
    AFT(group) ??
    (group['kwCipher'] === 'cipher' && group['payloadLen'] % 8 === 0
      ? undefined
      : 'the inverse cipher, and parts of octets, are not offered'),
  async try(client, _, { key, pt, ct }) {
    const id = await client.import({ algorithm: 'aes', material: key })
    const opened = await client.post('unwrap', { id, wrappingEncryptionAlgo, ciphertext: b64(ct) })
    return opened !== undefined && opened['plaintext'] === b64(pt)
  },
})

const signature = (algorithm: string, typeOf: (parameterSet: string) => string): Schema => ({
  left: ({ parameterSet, signatureInterface = 'external', preHash = 'pure' }, { context }) =>
    signatureInterface !== 'external' || preHash !== 'pure' || context
      ? 'only messages themselves, without a context'
      : parameterSet === undefined
        ? 'no parameter set'
        : undefined,
  async try(client, group, test) {
    const material = rawPublicPem(typeOf(group['parameterSet']), test['pk'] ?? group['pk'])
    const keyName = material && (await client.import({ algorithm, material, usageMask: 2 }))
    if (!keyName) return false
    const signed = hex(test['signature'])
    const query = { keyName, signatureLength: String(signed.length) }
    return client.verifies('signv', query, Buffer.concat([signed, hex(test['message'])]))
  },
})

const schemas: readonly (readonly [folder: RegExp, schema: Schema])[] = [
  [/^ACVP-AES-CBC-1/, cipher('cbc')],
  [/^ACVP-AES-ECB-1/, cipher('ecb')],
  [/^ACVP-AES-KW-1/, keyWrap('AES/AESKEYWRAP')],
  [/^ACVP-AES-KWP-1/, keyWrap('AES/AESKEYWRAPPADDING')],
  [/^ML-DSA-sigVer-/, signature('ml-dsa', (set) => set.toLowerCase())],
  [/^SLH-DSA-sigVer-/, signature('slh-dsa', (set) => set.toLowerCase())],
]

export const acvpFolder = process.env['KEYSTEAD_ACVP']

export function acvpCases(folder: string): Case[] {
  if (!existsSync(folder)) throw new Error(`KEYSTEAD_ACVP: ${folder} is missing`)
  return readdirSync(folder).flatMap((name) => {
    const [, schema] = schemas.find(([of]) => of.test(name)) ?? []
    const path = join(folder, name, 'internalProjection.json')
    if (!schema || !existsSync(path)) return []
    const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as { testGroups: Fields[] }
    return testGroups.flatMap((group) =>
      (group['tests'] as Fields[]).map((test): Case => {
        const left = schema.left(group, test)
        return {
          name: `${name} ${group['tgId']}/${test['tcId']}`,
          file: name,
          due: test['testPassed'] === false ? 'invalid' : 'valid',
          ...(left !== undefined && { left }),
          try: (client) => schema.try(client, group, test),
        }
      }),
    )
  })
}
