import { createPublicKey, type KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  commonName,
  issueFor,
  pair,
  subjectFields,
  type TestCa,
  testCa,
} from '../../../test/support/x509.ts'
import { templateOf } from '../../../test/support/x509-forge.ts'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  text,
  time,
  tlv,
} from '../../crypto/der.ts'
import { describeKey, signWith } from './algorithms.ts'
import { type Extension, firstCertificate } from './certificate.ts'
import { rehearse, type Template, writeCertificate, writeTbs } from './draft.ts'
import { buildRequest, generateKey, type Purpose, type ReadRequest, readRequest } from './index.ts'
import { lint } from './lint.ts'
import { oids } from './oids.ts'

let ca: TestCa
let key: KeyObject
let request: ReadRequest
const drafts = new Map<Purpose, Template>()

beforeAll(async () => {
  ca = await testCa('ECDSA', 256, subjectFields('Root', { names: [{ C: 'US' }] }))
  key = await generateKey('RSA', 2048)
  const names = { dnsNames: ['a.example'], emailAddresses: ['a@example.com'], ipAddresses: ['::1'] }
  const csr = await buildRequest(key, subjectFields('leaf', names))
  request = await readRequest(csr)
  const distribution = { crl: 'http://pki.example/crl', ocsp: 'http://pki.example/ocsp' }
  for (const purpose of ['server', 'client', 'ca'] as const)
    drafts.set(purpose, templateOf(await issueFor(csr, purpose, ca, { distribution })))
})

type Change = (template: Template) => Template
/** Signed by the throw-away key, as every draft is before the CA's own key is touched. */
function findings(purpose: Purpose, change: Change): Promise<string[]> {
  const template = drafts.get(purpose)
  if (!template) throw new Error(`no draft for ${purpose}`)
  const issuer = firstCertificate(ca.certificate)
  const { signature: row } = describeKey(ca.key)
  return rehearse(writeTbs(change(template)), row, { request, purpose, issuer, rules: {} })
}

const put =
  (dotted: string, change: (extension: Extension) => Extension | readonly Extension[]): Change =>
  (template) => ({
    ...template,
    extensions: template.extensions.flatMap((one) => (one.oid === dotted ? change(one) : [one])),
  })
const value = (dotted: string, bytes: Uint8Array) =>
  put(dotted, (one) => ({ ...one, value: bytes }))
const drop = (dotted: string) => put(dotted, () => [])
const flip = (dotted: string) => put(dotted, (one) => ({ ...one, critical: !one.critical }))
const add =
  (dotted: string, bytes: Uint8Array, critical = false): Change =>
  (template) => ({
    ...template,
    extensions: [...template.extensions, { oid: dotted, critical, value: bytes }],
  })
const set =
  (fields: Partial<Template>): Change =>
  (template) => ({ ...template, ...fields })
const day = (iso: string) => time(new Date(iso))
const usage = (octet: number) => bitString(Buffer.from([octet]), 0)
const names = (...parts: readonly Uint8Array[]) => value(oids.subjectAltName, sequence(...parts))
const dns = (name: string) => implicit(2, Buffer.from(name, 'latin1'))
const others = [
  implicit(1, Buffer.from('a@example.com')),
  implicit(7, Buffer.from(`${'00'.repeat(15)}01`, 'hex')),
]
const rdn = (dotted: string, shown: string, tag = 0x13) => setOf(pair(dotted, shown, tag))

describe('the lint', () => {
  test.each(['server', 'client', 'ca'] as const)(
    'finds nothing in a draft for %s as it is',
    async (purpose) => {
      expect(await findings(purpose, (template) => template)).toEqual([])
    },
  )

  test.each<[string, string, Purpose, Change]>([
    ['version 1', 'the version is not 3', 'server', set({ version: 0n })],
    ['version 4', 'the version is not 3', 'server', set({ version: 3n })],
    [
      'serial number 0',
      'the serial number is not between 1 and 2^128 - 1',
      'server',
      set({ serialNumber: integer(0n) }),
    ],
    [
      'a negative serial number',
      'the serial number is not between 1 and 2^128 - 1',
      'server',
      set({ serialNumber: Buffer.from([2, 1, 0x80]) }),
    ],
    [
      'a serial number of 129 bits',
      'the serial number is not between 1 and 2^128 - 1',
      'server',
      set({ serialNumber: integer(1n << 128n) }),
    ],
    [
      'a serial number of 21 octets',
      'the serial number is not between 1 and 2^128 - 1',
      'server',
      set({ serialNumber: integer(1n << 160n) }),
    ],
    [
      'a padded serial number',
      'our reader cannot read it: the serial number is not the shortest',
      'server',
      set({ serialNumber: Buffer.from([2, 2, 0, 1]) }),
    ],
    [
      'another algorithm inside than outside',
      'the signature algorithms inside and outside differ',
      'server',
      set({ algorithm: sequence(oid('1.2.840.10045.4.3.3')) }),
    ],
    [
      'an algorithm with odd parameters',
      'the signature algorithms inside and outside differ',
      'server',
      set({ algorithm: sequence(oid('1.2.840.10045.4.3.2'), Buffer.from([5, 0])) }),
    ],
    [
      'GeneralizedTime before 2050',
      'a time is UTCTime after 2049 or GeneralizedTime before 2050',
      'server',
      set({ notAfter: text(0x18, '20270101000000Z') }),
    ],
    [
      'a fraction of a second',
      'notAfter is not a time in whole seconds, UTC',
      'server',
      set({ notAfter: text(0x18, '20270101000000.5Z') }),
    ],
    [
      'a time with an offset',
      'notAfter is not a time in whole seconds, UTC',
      'server',
      set({ notAfter: text(0x17, '270101000000+0100') }),
    ],
    [
      'a time without seconds',
      'notAfter is not a time in whole seconds, UTC',
      'server',
      set({ notAfter: text(0x17, '2701010000Z') }),
    ],
    [
      'the 31st of February',
      'notAfter is no date',
      'server',
      set({ notAfter: text(0x17, '270231000000Z') }),
    ],
    [
      'notAfter before notBefore',
      'notAfter is not after notBefore',
      'server',
      (template) => ({ ...template, notBefore: template.notAfter, notAfter: template.notBefore }),
    ],
    [
      'notBefore before the issuer’s',
      'notBefore is before the issuer’s',
      'server',
      set({ notBefore: day('2001-01-01') }),
    ],
    [
      'notAfter after the issuer’s',
      'notAfter is after the issuer’s',
      'server',
      set({ notAfter: day('2049-01-01') }),
    ],
    [
      'UTCTime for what is after 2049',
      'notAfter is not after notBefore',
      'server',
      set({ notAfter: text(0x17, '500101000000Z') }),
    ],
    [
      'another issuer',
      'the issuer is not the subject of the CA',
      'server',
      set({ issuer: commonName('Other') }),
    ],
    [
      'the issuer’s name in another string type',
      'the issuer is not the subject of the CA',
      'server',
      set({ issuer: sequence(rdn('2.5.4.6', 'US'), rdn('2.5.4.3', 'Root', 0x0c)) }),
    ],
    [
      'an empty issuer',
      'the issuer is not the subject of the CA',
      'server',
      set({ issuer: sequence() }),
    ],
    [
      'another subject',
      'the subject is not the request’s',
      'server',
      set({ subject: sequence(rdn('2.5.4.3', 'other')) }),
    ],
    [
      'a subject as UTF8String where PrintableString fits',
      'the subject is not in the profile’s form',
      'server',
      set({ subject: commonName('leaf') }),
    ],
    [
      'a subject with a NUL',
      'holds a control character',
      'server',
      set({ subject: commonName('le\0af') }),
    ],
    [
      'a CN of 65 characters',
      'is longer than 64 characters',
      'server',
      set({ subject: commonName('x'.repeat(65), 0x13) }),
    ],
    [
      'a subject as T61String',
      'the subject is not in the profile’s form',
      'server',
      set({ subject: commonName('leaf', 0x14) }),
    ],
    [
      'a CA without subject',
      'the subject is not the request’s',
      'ca',
      set({ subject: sequence() }),
    ],
    [
      'a part of the name out of DER’s order',
      'the subject is not in the profile’s form',
      'server',
      set({
        subject: sequence(
          tlv(0x31, pair('2.5.4.11', 'bb', 0x13), pair('2.5.4.11', 'a', 0x13)),
          rdn('2.5.4.3', 'leaf'),
        ),
      }),
    ],
    [
      'another key',
      'the key is not the request’s',
      'server',
      (template) => ({
        ...template,
        spki: createPublicKey(ca.key).export({ type: 'spki', format: 'der' }),
      }),
    ],
    [
      'no key identifier',
      'the subject key identifier is missing or another key’s',
      'server',
      drop(oids.subjectKeyIdentifier),
    ],
    [
      'another’s key identifier',
      'the subject key identifier is missing or another key’s',
      'server',
      value(oids.subjectKeyIdentifier, octetString(Buffer.alloc(20, 1))),
    ],
    [
      'a critical key identifier',
      'extension 2.5.29.14 is critical',
      'server',
      flip(oids.subjectKeyIdentifier),
    ],
    [
      'no issuer’s key identifier',
      'the authority key identifier is missing',
      'server',
      drop(oids.authorityKeyIdentifier),
    ],
    [
      'another issuer’s key identifier',
      'the authority key identifier is not the issuer’s',
      'server',
      value(oids.authorityKeyIdentifier, sequence(implicit(0, Buffer.alloc(20, 1)))),
    ],
    [
      'an issuer’s key identifier that is empty',
      'the authority key identifier is not the issuer’s',
      'server',
      value(oids.authorityKeyIdentifier, sequence()),
    ],
    [
      'a critical issuer’s key identifier',
      'extension 2.5.29.35 is critical',
      'server',
      flip(oids.authorityKeyIdentifier),
    ],
    [
      'CA:TRUE on a server',
      'basicConstraints do not fit the purpose',
      'server',
      value(oids.basicConstraints, sequence(boolean(true))),
    ],
    [
      'CA:FALSE written out',
      'basicConstraints do not fit the purpose',
      'ca',
      value(oids.basicConstraints, sequence(boolean(false))),
    ],
    [
      'a path length on a server',
      'a path length stands on what is no CA',
      'server',
      value(oids.basicConstraints, sequence(integer(0n))),
    ],
    [
      'a negative path length',
      'the path length is odd',
      'ca',
      value(oids.basicConstraints, sequence(boolean(true), Buffer.from([2, 1, 0xff]))),
    ],
    [
      'CA:TRUE as 1',
      'CA is neither true nor false',
      'ca',
      value(oids.basicConstraints, sequence(Buffer.from([1, 1, 1]))),
    ],
    [
      'a CA without basic constraints',
      'basicConstraints do not fit the purpose',
      'ca',
      drop(oids.basicConstraints),
    ],
    [
      'basic constraints that are not critical',
      'extension 2.5.29.19 is not critical',
      'ca',
      flip(oids.basicConstraints),
    ],
    ['a server without key usage', 'keyUsage is missing', 'server', drop(oids.keyUsage)],
    [
      'key usage that is not critical',
      'extension 2.5.29.15 is not critical',
      'server',
      flip(oids.keyUsage),
    ],
    [
      'key usage without any bit',
      'keyUsage lacks what the purpose needs',
      'server',
      value(oids.keyUsage, bitString(Buffer.alloc(0))),
    ],
    [
      'certificate signing on a server',
      'keyUsage has more than the purpose allows',
      'server',
      value(oids.keyUsage, usage(0xa4)),
    ],
    [
      'CRL signing on a client',
      'keyUsage has more than the purpose allows',
      'client',
      value(oids.keyUsage, usage(0x82)),
    ],
    [
      'key agreement on a server',
      'keyUsage has more than the purpose allows',
      'server',
      value(oids.keyUsage, usage(0xa8)),
    ],
    [
      'key encipherment on a client',
      'keyUsage has more than the purpose allows',
      'client',
      value(oids.keyUsage, usage(0xa0)),
    ],
    [
      'a server’s RSA key without key encipherment',
      'keyUsage lacks what the purpose needs',
      'server',
      value(oids.keyUsage, usage(0x80)),
    ],
    [
      'a CA without CRL signing',
      'keyUsage lacks what the purpose needs',
      'ca',
      value(oids.keyUsage, usage(0x04)),
    ],
    [
      'a CA that may sign contracts',
      'keyUsage has more than the purpose allows',
      'ca',
      value(oids.keyUsage, usage(0x46)),
    ],
    [
      'a server without extended usage',
      'extKeyUsage is not what the purpose gives',
      'server',
      drop(oids.extKeyUsage),
    ],
    [
      'a server that is a client',
      'extKeyUsage is not what the purpose gives',
      'server',
      value(oids.extKeyUsage, sequence(oid(oids.clientAuth))),
    ],
    [
      'a server that is a client too',
      'extKeyUsage is not what the purpose gives',
      'server',
      value(oids.extKeyUsage, sequence(oid(oids.serverAuth), oid(oids.clientAuth))),
    ],
    [
      'any extended usage',
      'extKeyUsage is not what the purpose gives',
      'client',
      value(oids.extKeyUsage, sequence(oid('2.5.29.37.0'))),
    ],
    [
      'no extended usage in the list',
      'extKeyUsage is not what the purpose gives',
      'server',
      value(oids.extKeyUsage, sequence()),
    ],
    [
      'a critical extended usage',
      'extension 2.5.29.37 is critical',
      'server',
      flip(oids.extKeyUsage),
    ],
    [
      'extended usage on a CA',
      'extKeyUsage is not what the purpose gives',
      'ca',
      add(oids.extKeyUsage, sequence(oid(oids.serverAuth))),
    ],
    [
      'no alternative names though asked for',
      'the alternative names are missing',
      'server',
      drop(oids.subjectAltName),
    ],
    ['an empty list of alternative names', 'subjectAltName is empty', 'server', names()],
    [
      'critical alternative names beside a subject',
      'subjectAltName is critical with a subject, or not critical without',
      'server',
      flip(oids.subjectAltName),
    ],
    [
      'one alternative name more',
      'the alternative names are not the request’s',
      'server',
      names(dns('a.example'), dns('evil.example'), ...others),
    ],
    [
      'another alternative name',
      'the alternative names are not the request’s',
      'server',
      names(dns('evil.example'), ...others),
    ],
    [
      'a name of two',
      'is not a DNS name',
      'server',
      names(dns('a.example, DNS:b.example'), ...others),
    ],
    ['a name with a NUL', 'is not a DNS name', 'server', names(dns('a.example\0'), ...others)],
    ['a wildcard for all', 'is not a DNS name', 'server', names(dns('*'), ...others)],
    [
      'a URI among the names',
      'neither a DNS name',
      'server',
      names(dns('a.example'), ...others, implicit(6, Buffer.from('http://x'))),
    ],
    [
      'an address of 5 octets',
      'an IP address is neither 4 nor 16 octets long',
      'server',
      names(dns('a.example'), implicit(7, Buffer.alloc(5))),
    ],
    [
      'an extension that is there twice',
      'extension 2.5.29.17 is there twice',
      'server',
      put(oids.subjectAltName, (one) => [one, one]),
    ],
    [
      'an extension that nobody knows',
      'extension 1.2.3.4 is not in the profile',
      'server',
      add('1.2.3.4', Buffer.from([5, 0])),
    ],
    [
      'a Netscape type',
      'extension 2.16.840.1.113730.1.1 is not in the profile',
      'server',
      add('2.16.840.1.113730.1.1', Buffer.from([3, 2, 6, 0x40])),
    ],
    [
      'an extension that is no DER',
      'a length reaches past the end',
      'server',
      value(oids.subjectKeyIdentifier, Buffer.from([4, 9, 1])),
    ],
    [
      'name constraints on a server',
      'name constraints stand on what is no CA',
      'server',
      add(oids.nameConstraints, sequence(explicit(0, sequence(dns('a.example')))), true),
    ],
    [
      'name constraints that its issuer has not',
      'the name constraints are not the issuer’s',
      'ca',
      add(oids.nameConstraints, sequence(explicit(0, sequence(dns('a.example')))), true),
    ],
    [
      'an empty list of places for its CRL',
      'a list of addresses is empty',
      'server',
      value(oids.crlDistributionPoints, sequence()),
    ],
    [
      'a critical place for its CRL',
      'extension 2.5.29.31 is critical',
      'server',
      flip(oids.crlDistributionPoints),
    ],
    [
      'an OCSP responder on a file',
      'an address is not HTTP',
      'server',
      value(
        oids.authorityInfoAccess,
        sequence(sequence(oid(oids.ocsp), implicit(6, Buffer.from('file:///x')))),
      ),
    ],
    [
      'no extensions at all',
      'the subject key identifier is missing or another key’s',
      'server',
      set({ extensions: [] }),
    ],
  ])('refuses %s: %s', async (_, finding, purpose, change) => {
    expect((await findings(purpose, change)).join('; ')).toContain(finding)
  })

  test('refuses the issuer’s own key, and a weak one', async () => {
    const own = createPublicKey(ca.key)
    const weakKey = createPublicKey(await generateKey('RSA', 1024, { allowRsa1024: true }))
    for (const [publicKey, sentence] of [
      [own, 'issuer’s own'],
      [weakKey, '1024 bits'],
    ] as const) {
      const { signature: row } = describeKey(ca.key)
      const spki = publicKey.export({ type: 'spki', format: 'der' })
      const template = drafts.get('server')
      if (!template) throw new Error('no draft')
      const found = await rehearse(writeTbs({ ...template, spki }), row, {
        request: { ...request, publicKey },
        purpose: 'server',
        issuer: firstCertificate(ca.certificate),
        rules: {},
      })
      expect(found.join()).toContain(sentence)
    }
  })

  test('refuses a signature of another key, another algorithm outside, and what is no certificate', async () => {
    const template = drafts.get('server')
    if (!template) throw new Error('no draft')
    const signer = createPublicKey(ca.key)
    const issuer = firstCertificate(ca.certificate)
    const expected = { request, purpose: 'server', issuer, signer, rules: {} } as const
    const { signature: row } = describeKey(ca.key)
    const tbs = writeTbs(template)
    const signed = async (data: Uint8Array, by = ca.key) => signWith(row, data, by)
    expect(lint(writeCertificate(tbs, row, await signed(tbs)), expected)).toEqual([])
    const another = await signed(tbs, await generateKey('ECDSA'))
    expect(lint(writeCertificate(tbs, row, another), expected)).not.toEqual([])
    const outside = { ...row, identifier: sequence(oid('1.2.840.10045.4.3.3')) }
    expect(lint(writeCertificate(tbs, outside, await signed(tbs)), expected).join()).toContain(
      'differ',
    )
    expect(lint(Buffer.from('no certificate'), expected)).not.toEqual([])
  })
})
