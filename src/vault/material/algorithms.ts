import { getCiphers } from 'node:crypto'

/** The bits of a usage mask (reference 5). */
export const usage = {
  sign: 1,
  verify: 2,
  encrypt: 4,
  decrypt: 8,
  wrap: 16,
  unwrap: 32,
  export: 64,
  mac: 128,
  macVerify: 256,
  derive: 512,
  keyAgreement: 2048,
  hide: 1048576,
  unhide: 2097152,
} as const

/**
 * What a key can do at all, whatever its mask allows. KMIP has no bits of their own for a key encapsulation: these uses
 * go with `wrap` and `unwrap`.
 */
export type Use =
  | 'encrypt'
  | 'decrypt'
  | 'sign'
  | 'verify'
  | 'mac'
  | 'macVerify'
  | 'wrap'
  | 'unwrap'
  | 'derive'
  | 'hide'
  | 'unhide'
  | 'encapsulate'
  | 'decapsulate'

export const maskOf = (use: Use): number => {
  if (use === 'encapsulate') return usage.wrap
  if (use === 'decapsulate') return usage.unwrap
  // A private key that derives does so by agreement: either bit stands for it.
  return use === 'derive' ? usage.derive | usage.keyAgreement : usage[use]
}

type Family = 'cipher' | 'hmac' | 'rsa' | 'ec' | 'ml-kem' | 'ml-dsa' | 'slh-dsa' | 'opaque'

export interface AlgorithmRow {
  readonly family: Family
  /** In bits; empty where any size will do, or where the curve or the parameter set decides. */
  readonly sizes: readonly number[]
  readonly defaultSize: number
  /** Any whole number of octets from this size up. */
  readonly anySizeFrom?: number
  readonly isAsymmetric: boolean
  /** Of a secret or private key. */
  readonly uses: readonly Use[]
  readonly mask: number
  /** Of the public key beside it. */
  readonly publicUses: readonly Use[]
  readonly publicMask: number
  /** How OpenSSL spells its ciphers: the part before the mode, by size. */
  readonly cipher?: (size: number) => string
  /** Octets in a block. */
  readonly block?: number
  /** The digest of a MAC, as OpenSSL spells it. */
  readonly digest?: string
}

const cipherUses = ['encrypt', 'decrypt', 'wrap', 'unwrap', 'derive'] as const
const cipherMask = usage.encrypt | usage.decrypt | usage.wrap | usage.unwrap
const none = { isAsymmetric: false, publicUses: [], publicMask: 0 } as const

const hmac = (digest: string, sizes: readonly number[], defaultSize: number) =>
  ({
    ...none,
    family: 'hmac',
    sizes,
    defaultSize,
    digest,
    uses: ['mac', 'macVerify', 'derive'],
    mask: usage.mac | usage.macVerify,
  }) as const

const signature = {
  isAsymmetric: true,
  // Beside what only a private key can: what its public half could do, for callers that know the pair by one name.
  uses: ['sign', 'verify'],
  mask: usage.sign,
  publicUses: ['verify'],
  publicMask: usage.verify,
} as const

/** Every algorithm by the name that answers carry (reference 3.1); requests may spell it in any case. */
export const algorithms = {
  AES: {
    ...none,
    family: 'cipher',
    sizes: [128, 192, 256],
    defaultSize: 256,
    // FF1 is defined on AES alone (SP 800-38G §4.3 asks for an approved block cipher of 128 bits).
    // Its MAC is CMAC, for keys whose mask asks for it.
    uses: [...cipherUses, 'hide', 'unhide', 'mac', 'macVerify'],
    mask: cipherMask,
    cipher: (size) => `aes-${size}`,
    block: 16,
  },
  TDES: {
    ...none,
    family: 'cipher',
    sizes: [128, 192],
    defaultSize: 192,
    uses: ['encrypt', 'decrypt', 'derive'],
    mask: usage.encrypt | usage.decrypt,
    cipher: (size) => (size === 128 ? 'des-ede' : 'des-ede3'),
    block: 8,
  },
  ARIA: {
    ...none,
    family: 'cipher',
    sizes: [128, 192, 256],
    defaultSize: 256,
    uses: ['encrypt', 'decrypt', 'derive'],
    mask: usage.encrypt | usage.decrypt,
    cipher: (size) => `aria-${size}`,
    block: 16,
  },
  SEED: {
    ...none,
    family: 'cipher',
    sizes: [128],
    defaultSize: 128,
    uses: ['encrypt', 'decrypt', 'derive'],
    mask: usage.encrypt | usage.decrypt,
    cipher: () => 'seed',
    block: 16,
  },
  'HMAC-SHA1': { ...hmac('sha1', [], 160), anySizeFrom: 128 },
  'HMAC-SHA224': hmac('sha224', [128, 192, 224], 224),
  'HMAC-SHA256': hmac('sha256', [128, 192, 256], 256),
  'HMAC-SHA384': hmac('sha384', [192, 288, 384], 384),
  'HMAC-SHA512': hmac('sha512', [256, 384, 512], 512),
  RSA: {
    family: 'rsa',
    sizes: [1024, 2048, 3072, 4096],
    defaultSize: 2048,
    isAsymmetric: true,
    uses: ['sign', 'verify', 'encrypt', 'decrypt', 'wrap', 'unwrap'],
    mask: usage.sign | usage.decrypt | usage.unwrap,
    publicUses: ['verify', 'encrypt', 'wrap'],
    publicMask: usage.verify | usage.encrypt | usage.wrap,
  },
  EC: {
    family: 'ec',
    sizes: [],
    defaultSize: 384,
    isAsymmetric: true,
    uses: ['sign', 'verify', 'derive', 'unwrap'],
    mask: usage.sign | usage.keyAgreement,
    publicUses: ['verify', 'wrap'],
    publicMask: usage.verify | usage.keyAgreement,
  },
  'ML-KEM': {
    family: 'ml-kem',
    sizes: [512, 768, 1024],
    defaultSize: 768,
    isAsymmetric: true,
    uses: ['decapsulate'],
    mask: usage.unwrap,
    publicUses: ['encapsulate'],
    publicMask: usage.wrap,
  },
  'ML-DSA': { ...signature, family: 'ml-dsa', sizes: [44, 65, 87], defaultSize: 65 },
  'SLH-DSA': { ...signature, family: 'slh-dsa', sizes: [], defaultSize: 128 },
  OPAQUE: {
    ...none,
    family: 'opaque',
    sizes: [],
    defaultSize: 256,
    anySizeFrom: 8,
    uses: [],
    mask: 0,
  },
} as const satisfies Record<string, AlgorithmRow>

export type AlgorithmName = keyof typeof algorithms

export const algorithmRow = (name: AlgorithmName): AlgorithmRow => algorithms[name]

interface CurveRow {
  readonly size: number
  /** As node:crypto calls its kind of key. */
  readonly type: 'ec' | 'ed25519' | 'ed448' | 'x25519' | 'x448'
  /** What names it in a key: the curve of id-ecPublicKey, or the algorithm itself (RFC 5480, 5639, 8410). */
  readonly oid: string
}

const curve = (size: number, oid: string): CurveRow => ({ size, type: 'ec', oid })

/** The curves of EC by the spelling of reference 3.1; the last three are ours, where it has none. */
export const curves: Readonly<Record<string, CurveRow>> = {
  secp224k1: curve(224, '1.3.132.0.32'),
  secp224r1: curve(224, '1.3.132.0.33'),
  secp256k1: curve(256, '1.3.132.0.10'),
  secp384r1: curve(384, '1.3.132.0.34'),
  secp521r1: curve(521, '1.3.132.0.35'),
  prime256v1: curve(256, '1.2.840.10045.3.1.7'),
  brainpoolP224r1: curve(224, '1.3.36.3.3.2.8.1.1.5'),
  brainpoolP224t1: curve(224, '1.3.36.3.3.2.8.1.1.6'),
  brainpoolP256r1: curve(256, '1.3.36.3.3.2.8.1.1.7'),
  brainpoolP256t1: curve(256, '1.3.36.3.3.2.8.1.1.8'),
  brainpoolP384r1: curve(384, '1.3.36.3.3.2.8.1.1.11'),
  brainpoolP384t1: curve(384, '1.3.36.3.3.2.8.1.1.12'),
  brainpoolP512r1: curve(512, '1.3.36.3.3.2.8.1.1.13'),
  brainpoolP512t1: curve(512, '1.3.36.3.3.2.8.1.1.14'),
  curve25519: { size: 256, type: 'x25519', oid: '1.3.101.110' },
  curve448: { size: 448, type: 'x448', oid: '1.3.101.111' },
  ed25519: { size: 256, type: 'ed25519', oid: '1.3.101.112' },
  ed448: { size: 456, type: 'ed448', oid: '1.3.101.113' },
}

/** FIPS 205 table 2: `s` signs small, `f` signs fast. The size is the security in bits. */
export const slhDsaSets: readonly string[] = ['sha2', 'shake'].flatMap((hash) =>
  [128, 192, 256].flatMap((size) => [`${hash}-${size}s`, `${hash}-${size}f`]),
)

const known: ReadonlySet<string> = new Set(getCiphers())

/** Whether the OpenSSL of this Node has the cipher: SEED lives in its legacy provider, which Node leaves out. */
export const hasCipher = (row: AlgorithmRow): boolean =>
  row.cipher === undefined || known.has(`${row.cipher(row.defaultSize)}-ecb`)

/** Whether this Node's OpenSSL knows a cipher by this whole name. */
export const hasMode = (name: string): boolean => known.has(name)
