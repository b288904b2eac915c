import 'reflect-metadata'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as peculiar from '@peculiar/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  openssl,
  subjectFields,
  type TestCa,
  testCa,
  validFor,
  write,
} from '../../../test/support/x509.ts'
import { forgeCertificate } from '../../../test/support/x509-forge.ts'
import { explicit, implicit, integer, oid, sequence, setOf, text } from '../../crypto/der.ts'
import { buildRequest, generateKey, issue, prepareCertificate, readRequest } from './index.ts'
import { oids } from './oids.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-x509-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let ca: TestCa
let csr: string
beforeAll(async () => {
  ca = await testCa('ECDSA', 256)
  csr = await buildRequest(await generateKey('ECDSA'), subjectFields('leaf'))
})
const prepare = async (
  purpose: 'server' | 'ca',
  issuer: Pick<TestCa, 'certificate' | 'key'>,
  request = csr,
) => prepareCertificate(await readRequest(request), purpose, issuer, validFor(1), {})

describe('below a CA with a path length', () => {
  const limited = async (pathLength: bigint) =>
    forgeCertificate(ca, (template) => ({
      ...template,
      extensions: template.extensions.map((one) =>
        one.oid === oids.basicConstraints
          ? { ...one, value: sequence(Buffer.from([1, 1, 255]), integer(pathLength)) }
          : one,
      ),
    }))

  test('of 0 no CA is made, and a server is', async () => {
    const issuer = { certificate: await limited(0n), key: ca.key }
    await expect(prepare('ca', issuer)).rejects.toThrow('path length is 0')
    await prepare('server', issuer)
  })

  test('of 2 a CA gets 1', async () => {
    const issuer = { certificate: await limited(2n), key: ca.key }
    const pem = await issue(await prepare('ca', issuer), ca.key)
    const constraints = new peculiar.X509Certificate(pem).getExtension(
      peculiar.BasicConstraintsExtension,
    )
    expect(constraints).toMatchObject({ ca: true, pathLength: 1 })
  })
})

describe('below a CA with name constraints', () => {
  const subtree = (tag: number, value: string | Buffer) =>
    sequence(implicit(tag, typeof value === 'string' ? Buffer.from(value, 'latin1') : value))
  const directory = sequence(
    explicit(4, sequence(setOf(sequence(oid('2.5.4.10'), text(0x0c, 'ORG  one'))))),
  )
  const constraints = sequence(
    explicit(
      0,
      subtree(2, 'example.com'),
      subtree(1, '.example.com'),
      subtree(7, Buffer.from('0a000000ff000000', 'hex')),
      directory,
    ),
    explicit(1, subtree(2, 'secret.example.com')),
  )
  const attempt = async (
    more: Parameters<typeof subjectFields>[1],
    purpose: 'server' | 'ca' = 'server',
    cn = 'leaf',
  ) => {
    const certificate = await forgeCertificate(ca, (template) => ({
      ...template,
      extensions: [
        ...template.extensions,
        { oid: oids.nameConstraints, critical: true, value: constraints },
      ],
    }))
    const request = await buildRequest(
      await generateKey('ECDSA'),
      subjectFields(cn, { names: [{ O: 'Org One' }], ...more }),
    )
    const issuer = { certificate, key: ca.key }
    const pem = await issue(await prepare(purpose, issuer, request), ca.key)
    const root = write(folder, 'constrained.pem', certificate)
    expect(openssl('verify', '-CAfile', root, write(folder, 'under.pem', pem))).toContain('OK')
    return pem
  }

  test('names inside are issued, and OpenSSL agrees', async () => {
    await attempt({
      dnsNames: ['example.com', 'a.b.EXAMPLE.com'],
      emailAddresses: ['a@mail.example.com'],
      ipAddresses: ['10.1.2.3'],
    })
  })

  test.each([
    ['a host outside', { dnsNames: ['example.org'] }],
    ['a host that only ends alike', { dnsNames: ['badexample.com'] }],
    ['an excluded host', { dnsNames: ['x.secret.example.com'] }],
    ['a wildcard that stands for an excluded host', { dnsNames: ['*.example.com'] }],
    ['an e-mail address outside', { emailAddresses: ['a@example.org'] }],
    ['an address outside', { ipAddresses: ['11.0.0.1'] }],
    ['an address of the other family', { ipAddresses: ['::1'] }],
    ['a subject outside', { names: [{ O: 'Other' }] }],
  ])('%s is refused', async (_, more) => {
    await expect(attempt(more)).rejects.toThrow('name constraints')
  })

  test('a CN that reads as a host outside is refused where no alternative name is one', async () => {
    await expect(attempt({}, 'server', 'www.example.org')).rejects.toThrow('name constraints')
  })

  test('a CA carries the same constraints on', async () => {
    const pem = await attempt({}, 'ca')
    const carried = new peculiar.X509Certificate(pem).getExtension(oids.nameConstraints)
    expect(carried && Buffer.from(carried.value)).toEqual(constraints)
    expect(carried?.critical).toBe(true)
  })
})
