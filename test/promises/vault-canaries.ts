import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { inParallel, type Lab } from './lab.ts'
import {
  ALL_USES,
  b64,
  type Call,
  cryptoCall,
  demand,
  KEYS,
  made,
  rawCall,
  SECRETS,
} from './vault.ts'

/** Everything secret that the installation of a lab has seen. */
export type Canaries = Map<string, Buffer>

/** A private key in the forms that it has in PEM, PKCS #8 and JWK. */
export function keepPrivate(canaries: Canaries, name: string, key: KeyObject): void {
  const { d = '' } = key.export({ format: 'jwk' })
  canaries.set(`${name}, private value`, Buffer.from(d, 'base64url'))
  const der = key.export({ format: 'der', type: 'pkcs8' })
  // Its first half is the same for every key of its kind.
  canaries.set(`${name}, PKCS #8`, der.subarray(30, 68))
  const [, line = ''] = String(key.export({ format: 'pem', type: 'pkcs8' })).split('\n')
  canaries.set(`${name}, PEM`, Buffer.from(line.slice(44)))
}

const PBE = {
  hashAlgorithm: 'hmac-sha256',
  salt: '00112233445566778899aabbccddeeff',
  iteration: 1000,
}

/** All the ways in which material, passwords of it and what it protects go in and come out, refused ones included. */
export async function liveWithKeys(lab: Lab, canaries: Canaries, rounds: number): Promise<void> {
  let count = 0
  const canary = (of: string, bytes: Buffer) => {
    canaries.set(`${of} ${++count}`, bytes)
    return bytes
  }
  const bytes = (of: string) => canary(of, randomBytes(32))
  const text = (of: string) =>
    canary(of, Buffer.from(randomBytes(18).toString('base64url'))).toString()
  const fresh = () => `canary-${++count}`
  const create = (fields: object) =>
    made(lab, KEYS, { name: fresh(), usageMask: ALL_USES, ...fields })
  /** What is refused must not stay either. */
  const refused = async ({ method, path, ...ask }: Call) => {
    const { status } = await lab.ask(method, path, { ...ask, token: await lab.admin() })
    if (status < 400 || status > 499) throw new Error(`${path} answered ${status}`)
  }
  const post = (path: string, body: unknown): Call => ({ method: 'POST', path, body })
  await inParallel(Array(rounds).keys(), 6, async (round) => {
    // Imported in every encoding, and refused for what is wrong beside it.
    const { name } = await create({ material: bytes('imported material').toString('hex') })
    await create({ material: b64(bytes('material in base64')), encoding: 'base64' })
    await made(lab, `${KEYS}/${name}/versions`, {
      material: bytes('material of a version').toString('hex'),
    })
    await refused(
      post(KEYS, { material: bytes('material of a wrong size').toString('hex'), size: 128 }),
    )
    await refused(post(KEYS, { material: [bytes('material of a wrong type').toString('hex')] }))
    await refused(
      post(
        KEYS,
        JSON.stringify({ material: bytes('material in a cut body').toString('hex') }).slice(0, -2),
      ),
    )
    await refused(
      post(KEYS, { name, material: bytes('material under a taken name').toString('hex') }),
    )
    // Generated, and shown.
    for (const path of [`${KEYS}?includeMaterial=true`, `${SECRETS}?includeMaterial=true`]) {
      const shown = await made(lab, path, { name: fresh() })
      canary('generated material', Buffer.from(shown.material, shown.encoding ?? 'hex'))
    }
    const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
    keepPrivate(canaries, `imported private key ${++count}`, ec)
    const pem = ec.export({ type: 'pkcs8', format: 'pem' })
    const pair = await create({ algorithm: 'ec', material: pem })
    const own = await create({ algorithm: 'ec', curveid: 'prime256v1' })
    const exported = await made(lab, `${KEYS}/${own.name}/export`, { format: 'pkcs8' })
    keepPrivate(canaries, `generated private key ${++count}`, createPrivateKey(exported.material))
    // Secrets, one of which is the password of an archive.
    const password = text('secret that is a password')
    const secret = await made(lab, SECRETS, {
      name: fresh(),
      dataType: 'password',
      material: password,
    })
    await made(lab, SECRETS, { dataType: 'seed', material: bytes('seed').toString('hex') })
    await made(lab, SECRETS, { dataType: 'blob', material: bytes('blob').toString('base64url') })
    await made(lab, `${SECRETS}/${secret.name}/versions`, { material: text('secret of a version') })
    await refused(post(SECRETS, { dataType: 'none', material: text('refused secret') }))
    const archive = text('password of an archive')
    const how = { format: 'pkcs12', password: b64(archive) }
    const { material } = await made(lab, `${KEYS}/${pair.name}/export`, how)
    await create({ algorithm: 'ec', material, ...how })
    const wrong = b64(text('wrong password of an archive'))
    await refused(post(KEYS, { algorithm: 'ec', material, ...how, password: wrong }))
    // Wrapped with passwords and keys, both ways.
    const wrapPBE = { ...PBE, password: text('password of a wrap') }
    const pbe = { wrappingMethod: 'pbe', wrapPBE }
    const wrapped = await made(lab, `${KEYS}/${name}/export`, pbe)
    await create({ material: wrapped.material, ...pbe })
    const other = { ...pbe, wrapPBE: { ...PBE, password: text('wrong password of a wrap') } }
    await refused(post(KEYS, { material: wrapped.material, ...other }))
    // What keys protect is nobody's to keep either.
    await demand(lab, cryptoCall('encrypt', { id: name, plaintext: b64(bytes('plaintext')) }))
    await demand(lab, cryptoCall('wrap', { id: name, plaintext: b64(bytes('wrapped plaintext')) }))
    await demand(lab, cryptoCall('hash', { data: b64(bytes('hashed data')) }))
    await demand(lab, rawCall('mac', { keyName: name }, text('MACed text')))
    const derived = await demand(lab, cryptoCall('derive', { id: name }))
    canary('derived key', Buffer.from(derived.derivedKey, 'base64'))
    const plain = b64(bytes('refused plaintext'))
    await refused(cryptoCall('encrypt', { id: name, plaintext: plain, mode: 'none' }))
    await refused(cryptoCall('encrypt', { id: 'nobody', plaintext: plain }))
    if (round % 2 === 0) await demand(lab, post(`${KEYS}/${name}/destroy`, undefined))
  })
}
