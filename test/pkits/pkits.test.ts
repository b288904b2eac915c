import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Certificate, parseCertificate } from '../../src/ca/x509/certificate.ts'
import {
  type Crl,
  findPath,
  newBudget,
  notRevoked,
  orRefused,
  PathRefused,
  type PathRules,
  parseCrl,
  readable,
} from '../../src/ca/x509/path/index.ts'
import { cases, groups, type PkitsCase, type PkitsSettings } from './cases.ts'

/** The suite's files, as Debian's python3-cryptography-vectors brings them. */
const folder =
  process.env['KEYSTEAD_PKITS'] ??
  '/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data'
const isHere = existsSync(join(folder, 'certs'))

const policy = (number: number): string => `2.16.840.1.101.3.2.1.48.${number}`

const rulesOf = (settings: PkitsSettings): PathRules => ({
  // The suite's certificates run from 2010 to 2030.
  at: new Date('2024-06-01T00:00:00Z'),
  allowDsa: true,
  leastRsaBits: 1024,
  ...(settings.policies && { initialPolicies: new Set(settings.policies.map(policy)) }),
  ...(settings.explicitPolicy && { initialExplicitPolicy: true }),
  ...(settings.inhibitMapping && { initialPolicyMappingInhibit: true }),
  ...(settings.inhibitAnyPolicy && { initialAnyPolicyInhibit: true }),
})

test('the PKITS vectors are here', () => {
  if (isHere) return
  const sentence = `PKITS IS SKIPPED: ${folder} does not exist (apt-get install python3-cryptography-vectors)`
  process.stdout.write(`${sentence}\n`)
  expect(process.env['CI'], sentence).toBeUndefined()
})

describe.skipIf(!isHere)('path validation against NIST PKITS', () => {
  let between: Certificate[] = []
  let crls: Crl[] = []
  let anchor: Certificate
  const passed = new Map<string, number>()
  const run = new Map<string, number>()

  const read = <T>(kind: string, parse: (der: Uint8Array) => T): T[] =>
    readable(
      readdirSync(join(folder, kind)).map((name) => readFileSync(join(folder, kind, name))),
      parse,
    )
  const certificate = (name: string): Certificate =>
    orRefused('the certificate', () =>
      parseCertificate(readFileSync(join(folder, 'certs', `${name}.crt`))),
    )

  beforeAll(() => {
    between = read('certs', parseCertificate)
    crls = read('crls', parseCrl)
    anchor = certificate('TrustAnchorRootCertificate')
  })

  afterAll(() => {
    for (const [group, title] of Object.entries(groups))
      process.stdout.write(
        `PKITS ${group} ${title}: ${passed.get(group) ?? 0} passed of ${run.get(group) ?? 0} run\n`,
      )
  })

  /** Undefined for a path that holds, else why there is none. */
  async function refusal(
    { certificate: name, settings }: PkitsCase,
    change: Partial<PathRules> = {},
  ): Promise<string | undefined> {
    const rules = { ...rulesOf(settings), ...change }
    const anchors = [anchor]
    const budget = newBudget()
    const accept = notRevoked({ crls, between, anchors, rules }, budget)
    try {
      await findPath({
        target: certificate(name),
        between,
        anchors,
        rules: { ...rules, alsoKnown: ['2.5.29.31'] },
        accept,
        budget,
      })
      return undefined
    } catch (error) {
      if (error instanceof PathRefused) return error.message
      throw error
    }
  }

  for (const [group, title] of Object.entries(groups))
    describe(`${group} ${title}`, () => {
      const own = cases.filter(({ number }) => number.startsWith(`${group}.`))
      test.each(own)('$number $certificate $settings', async (one) => {
        run.set(group, (run.get(group) ?? 0) + 1)
        const why = await refusal(one)
        expect(why === undefined, why).toBe(one.isValid)
        passed.set(group, (passed.get(group) ?? 0) + 1)
      })
    })

  test('every part of every group is run', () => {
    expect(new Set(cases.map(({ number }) => number)).size).toBe(247)
    expect([...run.values()].reduce((sum, count) => sum + count, 0)).toBe(cases.length)
  })

  test('the harness notices a validation that forgets revocation, policies or dates', async () => {
    const one = (number: string): PkitsCase => {
      const found = cases.find((each) => each.number === number)
      if (!found) throw new Error(`${number} is no case`)
      return found
    }
    const { certificate: revoked } = one('4.4.3')
    const search = { between, anchors: [anchor], rules: rulesOf({}) }
    await expect(findPath({ ...search, target: certificate(revoked) })).resolves.toBeDefined()
    expect(await refusal({ ...one('4.8.2b'), settings: {} })).toBeUndefined()
    const later = { at: new Date('2031-01-01T00:00:00Z') }
    expect(await refusal(one('4.1.1'), later)).toMatch('has expired')
  })
})
