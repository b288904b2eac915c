import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writePem } from '../../src/crypto/pem.ts'
import { type Authority, type Chain, type Corpus, issuersOf } from './corpus.ts'

/** Independent programs that judge what the server issues; each is run as a user runs it. */

const run = promisify(execFile)

export interface Outcome {
  readonly ok: boolean
  readonly said: string
}

export async function outcomeOf(program: string, ...args: readonly string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run(program, args, { maxBuffer: 16 * 1024 * 1024 })
    return { ok: true, said: `${stdout}${stderr}` }
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = error as Error & {
      stdout?: string
      stderr?: string
    }
    return { ok: false, said: `${stdout}${stderr}` || message }
  }
}

/** The corpus as files, since that is what the programs read. */
export class Files {
  readonly folder: string
  readonly #corpus: Corpus

  constructor(folder: string, corpus: Corpus) {
    this.folder = folder
    this.#corpus = corpus
    mkdirSync(folder, { recursive: true })
  }

  #write(name: string, content: () => string | Buffer): string {
    const file = join(this.folder, name)
    if (!existsSync(file)) writeFileSync(file, content())
    return file
  }

  leaf = (chain: Chain) => this.#write(`${chain.id}.pem`, () => chain.leaf)
  leafDer = (chain: Chain) => this.#write(`${chain.id}.der`, () => derOf(chain.leaf))
  ocsp = (chain: Chain) =>
    this.#write(`${chain.id}.ocsp`, () => this.#corpus.ocsp.get(chain.id) ?? Buffer.alloc(0))
  ca = (ca: { id: string; cert: string }) => this.#write(`ca-${ca.id}.pem`, () => ca.cert)
  caDer = (ca: { id: string; cert: string }) => this.#write(`ca-${ca.id}.der`, () => derOf(ca.cert))
  crl = (ca: { id: string }) => this.#write(`ca-${ca.id}.crl`, () => this.crlDer(ca))
  crlDer = ({ id }: { id: string }): Buffer => this.#corpus.crls.get(id) ?? Buffer.alloc(0)
  root = (chain: Chain) => this.ca(issuersOf(chain).at(-1) as { id: string; cert: string })
  /** The issuers, the leaf's own first. */
  issuers = (chain: Chain) =>
    this.#write(`issuers-${chain.issuer.id}.pem`, () =>
      issuersOf(chain)
        .map(({ cert }) => cert)
        .join(''),
    )
  /** Leaf first, root last. */
  whole = (chain: Chain) =>
    this.#write(`whole-${chain.id}.pem`, () =>
      [chain.leaf, ...issuersOf(chain).map(({ cert }) => cert)].join(''),
    )
  /** The lists of all issuers. */
  crls = (chain: Chain) =>
    this.#write(`crls-${chain.issuer.id}.pem`, () =>
      issuersOf(chain)
        .map((issuer) => writePem('X509 CRL', this.crlDer(issuer)))
        .join(''),
    )
}

const derOf = (pem: string): Buffer => Buffer.from(new X509Certificate(pem).raw)

export interface Verifier {
  readonly name: string
  /** Looked for on the PATH; the Debian package that holds it. */
  readonly program: string
  readonly package: string
  /** What it cannot do, by its documentation or version: such chains are not put to it. */
  readonly gap?: { readonly what: string; covers(chain: Chain): boolean }
  /** Whether it takes revocation into account as it is called here. */
  readonly revocation: boolean
  /** Once, before the first chain. */
  prepare?(files: Files, corpus: Corpus): Promise<void>
  judge(files: Files, chain: Chain): Promise<Outcome>
}

const keysOf = (chain: Chain): string[] => [
  chain.leafKey.name,
  ...issuersOf(chain).map(({ key }) => key.name),
]
const usesEd25519 = (chain: Chain): boolean => keysOf(chain).includes('Ed25519')

const openssl: Verifier = {
  name: 'OpenSSL',
  program: 'openssl',
  package: 'openssl',
  revocation: true,
  judge: (files, chain) =>
    outcomeOf(
      'openssl',
      ...['verify', '-x509_strict', '-crl_check_all', '-purpose', `ssl${chain.purpose}`],
      ...['-CAfile', files.root(chain), '-untrusted', files.issuers(chain)],
      ...['-CRLfile', files.crls(chain), files.leaf(chain)],
    ),
}

const opensslOcsp: Verifier = {
  name: 'OpenSSL, OCSP answer',
  program: 'openssl',
  package: 'openssl',
  revocation: true,
  async judge(files, chain) {
    const { ok, said } = await outcomeOf(
      'openssl',
      ...['ocsp', '-respin', files.ocsp(chain), '-no_nonce', '-issuer', files.ca(chain.issuer)],
      ...['-cert', files.leaf(chain), '-CAfile', files.root(chain)],
      ...['-verify_other', files.issuers(chain)],
    )
    return { ok: ok && /Response verify OK/.test(said) && /: good\n/.test(said), said }
  },
}

const gnutls: Verifier = {
  name: 'GnuTLS',
  program: 'certtool',
  package: 'gnutls-bin',
  revocation: false,
  judge: (files, chain) =>
    outcomeOf(
      'certtool',
      ...['--verify', '--load-ca-certificate', files.root(chain), '--infile', files.whole(chain)],
      ...['--verify-profile', 'medium', '--verify-purpose'],
      chain.purpose === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2',
    ),
}

const gnutlsOcsp: Verifier = {
  name: 'GnuTLS, OCSP answer',
  program: 'ocsptool',
  package: 'gnutls-bin',
  revocation: true,
  async judge(files, chain) {
    const { ok, said } = await outcomeOf(
      'ocsptool',
      ...['--verify-response', '--load-response', files.ocsp(chain)],
      ...['--load-trust', files.ca(chain.issuer)],
    )
    const status = await outcomeOf('ocsptool', '-j', '--load-response', files.ocsp(chain))
    return {
      ok: ok && /Success/.test(said) && /Certificate Status: good/.test(status.said),
      said: said + status.said,
    }
  },
}

/** A database with every CA in it, and every list where `lists`; roots are trusted. */
const nssWith = (lists: boolean): Verifier => ({
  name: lists ? 'NSS, lists without a distribution point' : 'NSS',
  program: 'vfychain',
  package: 'libnss3-tools',
  gap: {
    what: 'Ed25519, which NSS does not verify in certificates',
    covers: usesEd25519,
  },
  revocation: lists,
  async prepare(files, corpus) {
    mkdirSync(nssFolder(files))
    const database = nssDatabase(files)
    await demand('certutil', '-N', '-d', database, '--empty-password')
    for (const ca of corpus.authorities.filter(knownToNss)) {
      const trust = ca.parent ? ',,' : 'CT,C,C'
      const named = ['-n', ca.id, '-t', trust, '-i', files.ca(ca)]
      await demand('certutil', '-A', '-d', database, ...named)
      if (lists) await demand('crlutil', '-I', '-d', database, '-i', files.crl(ca))
    }
  },
  async judge(files, chain) {
    const { ok, said } = await outcomeOf(
      'vfychain',
      ...['-d', nssDatabase(files), '-pp', '-u', chain.purpose === 'server' ? '1' : '0'],
      ...(lists ? ['-g', 'leaf', '-m', 'crl', '-s', 'forbidFetching'] : []),
      ...['-a', files.leaf(chain)],
    )
    return { ok: ok && /Chain is good!/.test(said), said }
  },
})

const knownToNss = (ca: Authority): boolean =>
  isClassic(ca) && ca.key.name !== 'Ed25519' && (!ca.parent || knownToNss(ca.parent))

const nssFolder = ({ folder }: Files) => join(folder, 'nss')
const nssDatabase = (files: Files) => `sql:${nssFolder(files)}`

async function demand(program: string, ...args: readonly string[]): Promise<void> {
  const { ok, said } = await outcomeOf(program, ...args)
  if (!ok) throw new Error(`${program} ${args.join(' ')}: ${said}`)
}

const isClassic = ({ key }: { readonly key: { readonly name: string } }) =>
  !key.name.startsWith('ML-DSA')

const strongswan: Verifier = {
  name: 'strongSwan pki',
  program: 'pki',
  package: 'strongswan-pki libstrongswan-standard-plugins libstrongswan-extra-plugins',
  revocation: true,
  async judge(files, chain) {
    const issuers = issuersOf(chain)
    const { ok, said } = await outcomeOf(
      'pki',
      ...['--verify', '--in', files.leaf(chain)],
      ...issuers.flatMap((ca) => ['--cacert', files.ca(ca), '--crl', files.crl(ca)]),
    )
    return { ok: ok && /certificate trusted/.test(said), said }
  },
}

const botan: Verifier = {
  name: 'botan',
  program: 'botan',
  package: 'botan',
  revocation: false,
  async judge(files, chain) {
    const { ok, said } = await outcomeOf(
      'botan',
      ...['cert_verify', files.leaf(chain), ...issuersOf(chain).map((ca) => files.ca(ca))],
    )
    return { ok: ok && /passes validation checks/.test(said), said }
  },
}

export const verifiers: readonly Verifier[] = [
  openssl,
  opensslOcsp,
  gnutls,
  gnutlsOcsp,
  nssWith(false),
  strongswan,
  botan,
]

/** Reads no list with an issuing distribution point, which RFC 5280 section 5.2.5 has critical: such ones are left out. */
export const nssRevocation = nssWith(true)

/** Whether the program is here. */
export const isInstalled = async (program: string): Promise<boolean> =>
  (await outcomeOf('sh', '-c', `command -v ${program}`)).ok

export type Complaint = 'wrong' | 'perhaps wrong inside an octet string'

/** What dumpasn1 finds against the encoding; undefined: nothing. */
export async function complaint(file: string): Promise<Complaint | undefined> {
  const finds = async (options: string): Promise<boolean> => {
    const { ok, said } = await outcomeOf('dumpasn1', options, file)
    return !ok || !/\b0 warnings, 0 errors\./.test(said)
  }
  // OCSP's `good` is an implicit NULL (RFC 6960 section 4.2.1): of no length, which needs -z.
  const z = file.endsWith('.ocsp') ? 'z' : ''
  if (!(await finds(`-s${z}`))) return undefined
  // It takes any octet string for DER that begins like DER; without looking into them it does not guess.
  return (await finds(`-se${z}`)) ? 'wrong' : 'perhaps wrong inside an octet string'
}
