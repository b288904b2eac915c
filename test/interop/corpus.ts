import type { Api } from '../support/api.ts'
import { fetchPki, ocspRequest, postOcsp } from '../support/revocation.ts'

/** Chains of every kind that the server issues, made through its API, with their revocation lists and OCSP answers. */

export interface KeyKind {
  /** As it is printed: `RSA 2048`. */
  readonly name: string
  readonly algorithm: string
  readonly size?: number
}

export const classicKeys: readonly KeyKind[] = [
  { name: 'RSA 2048', algorithm: 'RSA', size: 2048 },
  { name: 'RSA 3072', algorithm: 'RSA', size: 3072 },
  { name: 'RSA 4096', algorithm: 'RSA', size: 4096 },
  { name: 'P-256', algorithm: 'ECDSA', size: 256 },
  { name: 'P-384', algorithm: 'ECDSA', size: 384 },
  { name: 'P-521', algorithm: 'ECDSA', size: 521 },
  { name: 'Ed25519', algorithm: 'Ed25519' },
]

export const latticeKeys: readonly KeyKind[] = [44, 65, 87].map((set) => ({
  name: `ML-DSA-${set}`,
  algorithm: `ML-DSA-${set}`,
}))

export type Purpose = 'server' | 'client'
export const purposes: readonly Purpose[] = ['server', 'client']

/** What stands in the subject alternative name. */
export const nameKinds = {
  none: {},
  dns: { dnsNames: ['host.example.com', 'www.example.com'] },
  wildcard: { dnsNames: ['*.example.com'] },
  email: { emailAddresses: ['someone@example.com'] },
  addresses: { ipAddresses: ['192.0.2.7', '2001:db8::7'] },
  all: {
    dnsNames: ['host.example.com', 'xn--bcher-kva.example'],
    emailAddresses: ['someone@example.com', 'other@example.org'],
    ipAddresses: ['198.51.100.9'],
  },
} as const
export type NameKind = keyof typeof nameKinds

export interface Authority {
  readonly id: string
  readonly cert: string
  readonly key: KeyKind
  readonly parent: Authority | undefined
}

export interface Chain {
  readonly id: string
  readonly leaf: string
  readonly serial: string
  readonly leafKey: KeyKind
  readonly issuer: Authority
  readonly purpose: Purpose
  readonly names: NameKind
  readonly revoked: boolean
}

export interface Corpus {
  readonly authorities: readonly Authority[]
  readonly chains: readonly Chain[]
  /** DER by the id of the authority. */
  readonly crls: ReadonlyMap<string, Buffer>
  /** DER by the id of the chain. */
  readonly ocsp: ReadonlyMap<string, Buffer>
}

/** From the issuer of the leaf up to the root. */
export function issuersOf(chain: Chain): Authority[] {
  const found: Authority[] = []
  for (let next: Authority | undefined = chain.issuer; next; next = next.parent) found.push(next)
  return found
}

/** Every fifth leaf is revoked: verifiers have to refuse these for that reason. */
const REVOKED_EVERY = 5

const DEEPEST = 4

export interface CorpusOptions {
  readonly classic: readonly KeyKind[]
  readonly lattice: readonly KeyKind[]
  /** One of so many leaves is made, the CAs all the same. */
  readonly share?: number
}

export async function makeCorpus(
  api: Api,
  { classic, lattice, share = 1 }: CorpusOptions,
): Promise<Corpus> {
  const authorities: Authority[] = []
  const chains: Chain[] = []

  const newAuthority = async (key: KeyKind, parent?: Authority): Promise<Authority> => {
    const level = parent ? `Issuing CA ${authorities.length}` : `Root CA ${authorities.length}`
    const { id, csr } = await api.post('/ca/local-cas', {
      cn: `${level} ${key.name}`,
      names: [{ C: 'DE', O: 'Käufer & Söhne', OU: 'PKI' }],
      algorithm: key.algorithm,
      size: key.size,
    })
    const cas = `/ca/local-cas/${id}`
    if (!parent) {
      const { cert } = await api.post(`${cas}/self-sign`, { duration: 3650 }, 200)
      return kept({ id, cert, key, parent })
    }
    const { cert } = await api.post(`/ca/local-cas/${parent.id}/certs`, {
      csr,
      purpose: 'ca',
      duration: 3000,
    })
    await api.post(`${cas}/install`, { cert, parent_id: parent.id }, 200)
    return kept({ id, cert, key, parent })
  }
  const kept = (authority: Authority): Authority => {
    authorities.push(authority)
    return authority
  }

  let asked = 0
  const requests = new Map<string, string>()
  const requestFor = async (key: KeyKind, names: NameKind): Promise<string> => {
    const of = `${key.name} ${names}`
    const made = requests.get(of)
    if (made !== undefined) return made
    const { csr } = await api.post('/ca/csr', {
      cn: names === 'email' ? 'Someone' : 'host.example.com',
      names: [{ C: 'DE', L: 'Zürich', O: 'Example' }],
      algorithm: key.algorithm,
      size: key.size,
      ...nameKinds[names],
    })
    requests.set(of, csr)
    return csr
  }

  const newLeaf = async (
    issuer: Authority,
    leafKey: KeyKind,
    purpose: Purpose,
    names: NameKind,
  ) => {
    if (asked++ % share > 0) return
    const csr = await requestFor(leafKey, names)
    const certs = `/ca/local-cas/${issuer.id}/certs`
    const made = await api.post(certs, { csr, purpose, duration: 365 })
    const revoked = chains.length % REVOKED_EVERY === REVOKED_EVERY - 1
    if (revoked) await api.post(`${certs}/${made.id}/revoke`, { reason: 'keyCompromise' }, 200)
    chains.push({
      id: made.id,
      leaf: made.cert,
      serial: made.serialNumber,
      leafKey,
      issuer,
      purpose,
      names,
      revoked,
    })
  }

  const kinds = Object.keys(nameKinds) as NameKind[]
  let next = 0
  for (const key of classic) {
    let issuer: Authority | undefined
    for (let depth = 1; depth <= DEEPEST; depth++) {
      issuer = await newAuthority(key, issuer)
      for (const purpose of purposes)
        for (const names of kinds) {
          const leafKey = classic[next++ % classic.length] ?? key
          await newLeaf(issuer, leafKey, purpose, names)
        }
    }
  }
  // Every kind of key below every other.
  for (const rootKey of classic) {
    const root = authorities.find(({ key, parent }) => key === rootKey && !parent)
    for (const key of classic) {
      if (key === rootKey || !root) continue
      const issuer = await newAuthority(key, root)
      for (const purpose of purposes)
        for (const names of ['all', 'dns'] as const)
          await newLeaf(issuer, classic[next++ % classic.length] ?? key, purpose, names)
    }
  }
  for (const key of lattice) {
    let issuer: Authority | undefined
    for (let depth = 1; depth <= DEEPEST; depth++) {
      issuer = await newAuthority(key, issuer)
      for (const purpose of purposes)
        for (const names of kinds)
          await newLeaf(issuer, lattice[next++ % lattice.length] ?? key, purpose, names)
    }
  }
  return { authorities, chains, ...(await published(api, authorities, chains)) }
}

async function published(
  api: Api,
  authorities: readonly Authority[],
  chains: readonly Chain[],
): Promise<Pick<Corpus, 'crls' | 'ocsp'>> {
  const base = api.server.running.pki
  const crls = new Map<string, Buffer>()
  for (const { id } of authorities) {
    const { status, body } = await fetchPki(base, `/pki/${id}/crl`)
    if (status !== 200) throw new Error(`the CRL answered ${status}`)
    crls.set(id, body)
  }
  const ocsp = new Map<string, Buffer>()
  for (const { id, issuer, serial } of chains) {
    const { status, body } = await postOcsp(base, issuer.id, ocspRequest(issuer.cert, [serial]))
    if (status !== 200) throw new Error(`OCSP answered ${status}`)
    ocsp.set(id, body)
  }
  return { crls, ocsp }
}
