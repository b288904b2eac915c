import { hkdfSync } from 'node:crypto'
import { Fault, quote } from '../../kit/fault.ts'
import { importMaterial, octetsOf, readSpec } from '../material/index.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import type { CreateBody } from './contract-bodies.ts'
import { askedSpec, type Given, type GivenFields, passwordOf } from './given-fields.ts'
import { usableKey } from './usable.ts'
import { isWrapped, unwrapGiven } from './wrapping.ts'

/** The material that a request brings or says how to derive; undefined when it leaves it to the server. */
export async function givenMaterial(
  context: KeyContext,
  body: GivenFields,
): Promise<Given | undefined> {
  if (body.hkdfCreateParameters) {
    if (body.material !== undefined)
      throw new Fault('invalid-parameter', 'material: does not go with hkdfCreateParameters')
    return derived(context, body, body.hkdfCreateParameters)
  }
  if (body.material === undefined || body.material === '') {
    if (body.objectType?.toLowerCase() === 'certificate' && body.emptyMaterial !== true)
      throw new Fault('invalid-parameter', 'material: a certificate needs it')
    return undefined
  }
  if (isWrapped(body)) return unwrapGiven(context, body, body.material)
  const { rules } = vaultOf(context.services)
  const { spec, material } = await importMaterial(
    askedSpec(body),
    {
      material: body.material,
      format: body.format,
      encoding: body.encoding,
      objectType: body.objectType,
      certType: body.certType,
      password: await passwordOf(context, body),
    },
    rules,
  )
  return { spec, material }
}

const HKDF_HASHES: ReadonlyMap<string, string> = new Map([
  ['hmac-sha1', 'sha1'],
  ['hmac-sha224', 'sha224'],
  ['hmac-sha256', 'sha256'],
  ['hmac-sha384', 'sha384'],
  ['hmac-sha512', 'sha512'],
])

/** RFC 5869, from a stored symmetric key. */
async function derived(
  context: KeyContext,
  body: GivenFields,
  {
    ikmKeyName,
    hashAlgorithm = 'hmac-sha256',
    salt,
    info,
  }: NonNullable<CreateBody['hkdfCreateParameters']>,
): Promise<Given> {
  if (ikmKeyName === undefined)
    throw new Fault('invalid-parameter', 'hkdfCreateParameters.ikmKeyName: is required')
  const hash = HKDF_HASHES.get(hashAlgorithm.toLowerCase())
  if (hash === undefined)
    throw new Fault(
      'invalid-parameter',
      `hkdfCreateParameters.hashAlgorithm: ${quote(hashAlgorithm)} is not one of ${[...HKDF_HASHES.keys()].join(', ')}`,
    )
  const spec = readSpec(body, vaultOf(context.services).rules)
  const { key } = await usableKey(context, { id: ikmKeyName }, 'derive')
  if (key.type !== 'secret')
    throw new Fault('invalid-parameter', `key ${quote(ikmKeyName)} is not symmetric`)
  const bytes = Buffer.from(
    hkdfSync(hash, key, hexOf('salt', salt), hexOf('info', info), octetsOf(spec)),
  )
  try {
    const { material } = await importMaterial(body, {
      material: bytes.toString('hex'),
      encoding: 'hex',
    })
    return { spec, material }
  } finally {
    bytes.fill(0)
  }
}

function hexOf(name: string, text = ''): Buffer {
  if (!/^([0-9a-f]{2})*$/i.test(text))
    throw new Fault('invalid-parameter', `hkdfCreateParameters.${name}: must be hexadecimal`)
  return Buffer.from(text, 'hex')
}
