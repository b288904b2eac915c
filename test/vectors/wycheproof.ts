import { createPublicKey } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Case, Client } from './cases.ts'

/**
 * Vectors of Project Wycheproof (C2SP/wycheproof, `testvectors_v1`) from the folder that KEYSTEAD_WYCHEPROOF names, as
 * cases for the REST routes. What is not offered is left out, each for a reason that is written here.
 */

type Texts = Readonly<Record<string, string>>
// biome-ignore lint/suspicious/noExplicitAny: files of others, whose fields go by their schema
type Group = Readonly<Record<string, any>>
type Test = Texts & { readonly tcId: number; readonly result: Case['due'] }

interface Schema {
  /** Why a vector is none of ours; undefined: it is. */
  left(group: Group, test: Test, file: string): string | undefined
  try(client: Client, group: Group, test: Test, file: string): Promise<boolean>
}

const hex = (text = '') => Buffer.from(text, 'hex')
const b64 = (text = '') => hex(text).toString('base64')
const AES = [128, 192, 256]
const HMAC_SIZES: Readonly<Record<string, readonly number[]>> = {
  SHA224: [128, 192, 224],
  SHA256: [128, 192, 256],
  SHA384: [192, 288, 384],
  SHA512: [256, 384, 512],
}
const DIGESTS = [
  'SHA-1',
  'SHA-224',
  'SHA-256',
  'SHA-384',
  'SHA-512',
  'SHA3-224',
  'SHA3-256',
  'SHA3-384',
  'SHA3-512',
]
const cipherOf = (file: string) => /^(aes|aria)_/.exec(file)?.[1]
const digestOf = (file: string) => /_sha(1|224|256|384|512)_/.exec(file)?.[1]

const digestLeft = ({ sha }: Group) =>
  DIGESTS.includes(sha) ? undefined : `digest ${sha} is not offered`

/** A public key that cannot be imported verifies nothing. */
const verifies = async (
  client: Client,
  algorithm: string,
  material: string,
  query: Texts,
  { msg, sig }: Test,
): Promise<boolean> => {
  const keyName = await client.import({ algorithm, material, usageMask: 2 })
  if (keyName === undefined) return false
  const signed = hex(sig)
  const signatureLength = String(signed.length)
  const whole = Buffer.concat([signed, hex(msg)])
  return client.verifies('signv', { keyName, signatureLength, ...query }, whole)
}

const schemas: Readonly<Record<string, Schema>> = {
  AeadTest: {
    left: ({ keySize, ivSize, tagSize }, _, file) =>
      !/^(aes|aria)_gcm_/.test(file)
        ? 'only GCM is offered'
        : !AES.includes(keySize)
          ? 'size of key'
          : tagSize < 96
            ? 'tags of less than 12 octets'
            : ivSize > 1024
              ? 'IVs of more than 128 octets'
              : undefined,
    async try(client, { tagSize }, { key, iv, aad, msg, ct, tag }, file) {
      const id = await client.import({ algorithm: cipherOf(file), material: key })
      if (id === undefined) return false
      const given = { id, mode: 'gcm', iv: b64(iv), aad: b64(aad), tag_len: tagSize / 8 }
      const opened = await client.post('decrypt', { ...given, ciphertext: b64(ct), tag: b64(tag) })
      return opened?.['plaintext'] === b64(msg)
    },
  },
  IndCpaTest: {
    left: ({ keySize }, _, file) =>
      !/^(aes|aria)_cbc_pkcs5_/.test(file) || !AES.includes(keySize)
        ? 'cipher not offered'
        : undefined,
    async try(client, _, { key, iv, msg, ct }, file) {
      const id = await client.import({ algorithm: cipherOf(file), material: key })
      const given = { id, mode: 'cbc', iv: b64(iv) }
      const opened = await client.post('decrypt', { ...given, ciphertext: b64(ct) })
      return opened?.['plaintext'] === b64(msg)
    },
  },
  KeywrapTest: {
    left: ({ keySize }, _, file) =>
      !/^aes_(wrap|kwp)_/.test(file) || !AES.includes(keySize) ? 'cipher not offered' : undefined,
    async try(client, _, { key, msg, ct }, file) {
      const id = await client.import({ algorithm: 'aes', material: key })
      const padding = file.startsWith('aes_kwp') ? 'PADDING' : ''
      const given = { id, wrappingEncryptionAlgo: `AES/AESKEYWRAP${padding}` }
      const opened = await client.post('unwrap', { ...given, ciphertext: b64(ct) })
      return opened?.['plaintext'] === b64(msg)
    },
  },
  MacTest: {
    left({ keySize, tagSize }, _, file) {
      const digest = digestOf(file)
      if (file.startsWith('aes_cmac_'))
        return AES.includes(keySize)
          ? tagSize === 128
            ? undefined
            : 'shortened MACs'
          : 'size of key'
      if (!file.startsWith('hmac_sha') || digest === undefined) return 'MAC not offered'
      if (digest === '1' ? keySize < 128 : !HMAC_SIZES[`SHA${digest}`]?.includes(keySize))
        return 'size of key'
      return tagSize === (digest === '1' ? 160 : Number(digest)) ? undefined : 'shortened MACs'
    },
    async try(client, _, { key, msg, tag }, file) {
      const digest = digestOf(file)
      const algorithm = digest === undefined ? 'aes' : `hmac-sha${digest}`
      const keyName = await client.import({ algorithm, material: key })
      if (keyName === undefined) return false
      return client.verifies('macv', { keyName, hash: tag ?? '' }, hex(msg))
    },
  },
  HkdfTest: {
    left: (_, { ikm, info }) =>
      hex(ikm).length < 16
        ? 'keys of less than 128 bits are not kept'
        : hex(info).length > 1024
          ? 'info of more than 1024 octets'
          : undefined,
    async try(client, _, { ikm, salt, info, size, okm }, file) {
      const id = await client.import({ algorithm: 'hmac-sha1', material: ikm })
      const derived = await client.post('derive', {
        id,
        hashAlgorithm: `hmac-sha${digestOf(file)}`,
        salt: b64(salt),
        info: b64(info),
        length: Number(size),
      })
      return derived?.['derivedKey'] === b64(okm)
    },
  },
  EcdsaVerify: {
    left: (group) =>
      digestLeft(group) ??
      (/^(secp(256r1|384r1|521r1|256k1|224r1)|brainpoolP(224|256|320|384|512)[rt]1)$/.test(
        group['publicKey'].curve,
      )
        ? undefined
        : 'curve not offered'),
    try: (client, group, test) =>
      verifies(
        client,
        'ec',
        group['publicKeyPem'],
        { hashAlgo: group['sha'], signAlgo: 'ECDSA' },
        test,
      ),
  },
  EddsaVerify: {
    left: (group) => (/25519|448/.test(group['publicKey'].curve) ? undefined : 'curve not offered'),
    try: (client, group, test) => verifies(client, 'ec', group['publicKeyPem'], {}, test),
  },
  RsassaPkcs1Verify: {
    left: (group) => digestLeft(group) ?? rsaLeft(group),
    try: (client, group, test) =>
      verifies(
        client,
        'rsa',
        group['publicKeyPem'],
        { hashAlgo: group['sha'], signPad: 'PKCS1' },
        test,
      ),
  },
  RsassaPssVerify: {
    left: (group) =>
      digestLeft(group) ??
      rsaLeft(group) ??
      (group['mgfSha'] === group['sha'] && group['mgf'] === 'MGF1'
        ? undefined
        : 'another digest for the mask'),
    try: (client, group, test) => {
      const query = { hashAlgo: group['sha'], signPad: 'PSS', saltLength: String(group['sLen']) }
      return verifies(client, 'rsa', group['publicKeyPem'], query, test)
    },
  },
  RsaesOaepDecrypt: {
    left: (group, { label }) =>
      rsaLeft(group) ??
      (group['mgfSha'] !== group['sha']
        ? 'another digest for the mask'
        : label
          ? 'labels are not offered'
          : OAEP[group['sha']] === undefined
            ? `digest ${group['sha']} is not offered`
            : undefined),
    async try(client, group, { msg, ct }) {
      const id = await client.import({ algorithm: 'rsa', material: group['privateKeyPem'] })
      const given = { id, pad: OAEP[group['sha']], ciphertext: b64(ct) }
      return (await client.post('decrypt', given))?.['plaintext'] === b64(msg)
    },
  },
  MlDsaVerify: {
    left: (_, { ctx }) => (ctx ? 'contexts are not offered' : undefined),
    try(client, { publicKey }, test, file) {
      const type = `ml-dsa-${/_(44|65|87)_/.exec(file)?.[1]}`
      const material = rawPublicPem(type, publicKey)
      return material === undefined
        ? Promise.resolve(false)
        : verifies(client, 'ml-dsa', material, {}, test)
    },
  },
}

const OAEP: Readonly<Record<string, string>> = {
  'SHA-1': 'oaep',
  'SHA-256': 'oaep256',
  'SHA-384': 'oaep384',
  'SHA-512': 'oaep512',
}

const rsaLeft = (group: Group): string | undefined => {
  const key = group['publicKey'] ?? group['privateKey']
  if (![2048, 3072, 4096].includes(group['keySize'])) return 'size of key'
  return /^0*(10001)$/.test(key?.publicExponent ?? '010001')
    ? undefined
    : 'exponents other than 65537'
}

/** PEM of a public key that is given as it goes over the wire; undefined where it is none. */
export function rawPublicPem(asymmetricKeyType: string, publicKey: string): string | undefined {
  try {
    const key = createPublicKey({
      key: hex(publicKey),
      format: 'raw-public',
      asymmetricKeyType,
    } as unknown as Parameters<typeof createPublicKey>[0])
    return String(key.export({ type: 'spki', format: 'pem' }))
  } catch {
    return undefined
  }
}

export const wycheproofFolder = process.env['KEYSTEAD_WYCHEPROOF']

/** Every vector of the folder whose kind is known; of unknown kinds the file says so. */
export function wycheproofCases(folder: string): Case[] {
  if (!existsSync(folder)) throw new Error(`KEYSTEAD_WYCHEPROOF: ${folder} is missing`)
  const files = readdirSync(folder)
    .filter((name) => /_test\.json$/.test(name))
    .sort()
  return files.flatMap((file) => {
    const { testGroups } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      testGroups: (Group & { tests: Test[] })[]
    }
    return testGroups.flatMap((group) => {
      const schema = schemas[group['type']]
      return group.tests.map((test): Case => {
        const left = schema ? schema.left(group, test, file) : `${group['type']} is not offered`
        return {
          name: `${file} ${test.tcId}`,
          file,
          due: test.result,
          ...(left !== undefined && { left }),
          try: (client) => (schema as Schema).try(client, group, test, file),
        }
      })
    })
  })
}
