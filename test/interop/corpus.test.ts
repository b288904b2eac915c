import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePem } from '../../src/crypto/pem.ts'
import { scale } from '../promises/promise.ts'
import { apiOf } from '../support/api.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import {
  type Chain,
  type Corpus,
  classicKeys,
  issuersOf,
  latticeKeys,
  makeCorpus,
} from './corpus.ts'
import {
  complaint,
  Files,
  isInstalled,
  nssRevocation,
  outcomeOf,
  type Verifier,
  verifiers,
} from './verifiers.ts'

/** Every kind of certificate, revocation list and OCSP answer that the server makes, before independent judges. */

const folder = mkdtempSync(join(tmpdir(), 'keystead-interop-'))
let server: TestServer
let corpus: Corpus
let files: Files

beforeAll(async () => {
  // strongSwan asks this address too, and finds nobody there.
  server = await startTestServer('sqlite', { pki: true, pkiUrl: 'http://127.0.0.1:9' })
  const api = apiOf(() => server)
  corpus = await makeCorpus(api, {
    classic: classicKeys,
    lattice: latticeKeys,
    // No divisor of the ways in which leaves differ, so that every way is met.
    share: scale(5, 1),
  })
  api.close()
  files = new Files(folder, corpus)
}, 600_000)
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const isClassic = ({ leafKey, issuer }: Chain) =>
  ![leafKey, issuer.key].some(({ name }) => name.startsWith('ML-DSA'))

/** Runs `judge` for all, a few at a time, and gathers what each has to say. */
async function gather<Item>(
  items: readonly Item[],
  judge: (item: Item) => Promise<string | undefined>,
): Promise<string[]> {
  const left = [...items]
  const said: string[] = []
  const next = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      const problem = await judge(item)
      if (problem !== undefined) said.push(problem)
    }
  }
  await Promise.all([next(), next(), next()])
  return said
}

const nameOf = (chain: Chain): string =>
  `${chain.leafKey.name} ${chain.purpose} with names ${chain.names}, ${chain.revoked ? 'revoked, ' : ''}under ${issuersOf(
    chain,
  )
    .map(({ key }) => key.name)
    .join(', ')}`

/** Printed as a row of docs/interop.md. */
function told(verifier: string, judged: number, refused: number, remark: string): void {
  process.stdout.write(`interop | ${verifier} | ${judged - refused} of ${judged} | ${remark} |\n`)
}

async function judged(verifier: Verifier, of: Corpus, its: Files): Promise<void> {
  if (!(await present(verifier))) return
  await verifier.prepare?.(its, of)
  const classic = of.chains.filter(isClassic)
  const chains = classic.filter((chain) => !verifier.gap?.covers(chain))
  const problems = await gather(chains, async (chain) => {
    const { ok, said } = await verifier.judge(its, chain)
    const due = !(chain.revoked && verifier.revocation)
    return ok === due ? undefined : `${nameOf(chain)}: ${said.slice(-600)}`
  })
  const left = classic.length - chains.length
  const gaps = verifier.gap && left > 0 ? `${left} not put to it: ${verifier.gap.what}` : ''
  told(verifier.name, chains.length, problems.length, gaps)
  expect(problems).toEqual([])
}

describe('what the server issues', { timeout: 600_000 }, () => {
  test('is chains of every kind of key, purpose, names and depth, in all at least 500', () => {
    expect(corpus.chains.length).toBeGreaterThan(scale(100, 500))
    const kinds = (of: (chain: Chain) => unknown) => new Set(corpus.chains.map(of)).size
    expect(kinds(({ leafKey }) => leafKey.name)).toBe(10)
    expect(kinds(({ issuer }) => issuer.key.name)).toBe(10)
    expect(kinds(({ names }) => names)).toBe(6)
    expect(kinds((chain) => issuersOf(chain).length)).toBe(4)
    expect(corpus.chains.filter(({ revoked }) => revoked).length).toBeGreaterThan(scale(20, 100))
  })

  test.each(verifiers.map((verifier) => [verifier.name, verifier] as const))(
    'is accepted by %s, and what was revoked is refused',
    (_, verifier) => judged(verifier, corpus, files),
  )

  test('is refused by NSS too when it was revoked, where the lists name no distribution point', async () => {
    const plain = await startTestServer('sqlite', { pki: true })
    const api = apiOf(() => plain)
    try {
      const classic = classicKeys.filter(({ name }) => ['RSA 2048', 'P-256'].includes(name))
      const small = await makeCorpus(api, { classic, lattice: [] })
      await judged(nssRevocation, small, new Files(join(folder, 'plain'), small))
    } finally {
      api.close()
      await plain.stop()
    }
  })

  test.each([
    ['OpenSSL', 'openssl', 'openssl', /verify OK/],
    ['GnuTLS', 'certtool', 'gnutls-bin', /Signature status: verified|verified/i],
  ] as const)(
    'comes with lists that %s finds signed by their CA',
    async (name, program, packages, good) => {
      if (!(await present({ program, package: packages }))) return
      const classic = corpus.authorities.filter(({ key }) => !key.name.startsWith('ML-DSA'))
      const problems = await gather(classic, async (ca) => {
        const [file, crl] = [files.ca(ca), files.crl(ca)]
        const args =
          program === 'openssl'
            ? ['crl', '-inform', 'DER', '-in', crl, '-CAfile', file, '-noout']
            : ['--verify-crl', '--load-ca-certificate', file, '--inder', '--infile', crl]
        // certtool reads CA and list in one form: both in DER.
        if (program === 'certtool') args[2] = files.caDer(ca)
        const { ok, said } = await outcomeOf(program, ...args)
        return ok && good.test(said) ? undefined : `${ca.key.name}: ${said.slice(-300)}`
      })
      told(`${name}, lists`, classic.length, problems.length, '')
      expect(problems).toEqual([])
    },
  )

  test('is refused by each of them when one bit of it is another', async () => {
    const good = corpus.chains.find(
      (chain) => !chain.revoked && isClassic(chain) && chain.issuer.parent,
    )
    if (!good) throw new Error('there is no such chain')
    const der = Buffer.from(new X509Certificate(good.leaf).raw)
    // The last byte belongs to the signature.
    der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1)
    const pem = writePem('CERTIFICATE', der)
    const forged: Chain = { ...good, id: 'forged', leaf: pem }
    for (const verifier of verifiers) {
      // An OCSP answer is about a serial number, whoever signed what bears it.
      if (/OCSP/.test(verifier.name) || !(await present(verifier))) continue
      expect(await verifier.judge(files, forged), verifier.name).toMatchObject({ ok: false })
    }
  })

  test('is accepted by OpenSSL 3.5 in Node, link by link, where its keys are ML-DSA', async () => {
    const chains = corpus.chains.filter((chain) => !isClassic(chain))
    const problems = await gather(chains, async (chain) => {
      const path = [chain.leaf, ...issuersOf(chain).map(({ cert }) => cert)]
      const certificates = path.map((pem) => new X509Certificate(pem))
      const broken = certificates.findIndex((certificate, at) => {
        const issuer = certificates[at + 1] ?? certificate
        return !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)
      })
      return broken < 0 ? undefined : `${nameOf(chain)}: link ${broken}`
    })
    told(
      'OpenSSL 3.5 in Node, ML-DSA',
      chains.length,
      problems.length,
      'signatures and names of each link',
    )
    expect(problems).toEqual([])
  })

  test('is DER that dumpasn1 has nothing against', async () => {
    if (!(await present({ program: 'dumpasn1', package: 'dumpasn1' }))) return
    const all = [
      ...corpus.chains.map((chain) => files.leafDer(chain)),
      ...corpus.chains.map((chain) => files.ocsp(chain)),
      ...corpus.authorities.map((ca) => files.caDer(ca)),
      ...corpus.authorities.map((ca) => files.crl(ca)),
    ]
    let guesses = 0
    const problems = await gather(all, async (file) => {
      const found = await complaint(file)
      if (found === 'perhaps wrong inside an octet string') guesses++
      return found === 'wrong' ? file : undefined
    })
    told(
      'dumpasn1',
      all.length,
      problems.length,
      'certificates, lists and OCSP answers, ML-DSA too',
    )
    expect(problems).toEqual([])
    // Key identifiers and hashes that happen to begin like DER are rare; an extension that is no DER would be in all.
    expect(guesses / all.length).toBeLessThan(0.03)
    // A sequence of an integer with one octet too many (X.690 section 8.3.2).
    const padded = join(folder, 'padded.der')
    writeFileSync(padded, Buffer.from('300402020005', 'hex'))
    expect(await complaint(padded)).toBe('wrong')
  })
})

/** Where checks are meant to be whole, all judges have to be there. */
async function present({ program, package: packages }: Pick<Verifier, 'program' | 'package'>) {
  if (await isInstalled(program)) return true
  if (process.env['CI']) throw new Error(`${program} is missing: apt-get install ${packages}`)
  process.stdout.write(`SKIPPED: ${program} is not installed (Debian: ${packages})\n`)
  return false
}
