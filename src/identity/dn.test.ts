import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dnOfSubject, normalDn, sameDn } from './dn.ts'

describe('distinguished names', () => {
  test('come back in the fixed order, whichever way they were written', () => {
    expect(normalDn('OU=dev,O=Thales,L=Austin,ST=TX,C=US')).toBe(
      'C=US,ST=TX,L=Austin,O=Thales,OU=dev',
    )
    expect(normalDn('cn=jo , ou=dev,DC=example, c=US')).toBe('C=US,OU=dev,DC=example,CN=jo')
    expect(normalDn('')).toBe('')
  })

  test('are compared as sets of typed values, letter by letter', () => {
    expect(sameDn('OU=a,OU=b,CN=jo', 'CN=jo,OU=b,OU=a,OU=a')).toBe(true)
    expect(sameDn('CN=jo', 'CN=Jo')).toBe(false)
    expect(sameDn('CN=jo,OU=a', 'CN=jo')).toBe(false)
  })

  test('keep a comma in a value, and never take it for the next part', () => {
    expect(normalDn('O=Foo\\, Inc,CN=jo')).toBe('O=Foo\\, Inc,CN=jo')
    expect(normalDn('O=Foo\\2C Inc,CN=jo')).toBe('O=Foo\\, Inc,CN=jo')
    expect(normalDn('CN=L\\C4\\8Di')).toBe('CN=Lči')
    expect(sameDn('CN=a\\,OU=b', 'CN=a,OU=b')).toBe(false)
  })

  test('are refused where they could be read two ways', () => {
    for (const bad of ['jo', 'CN', 'CN=', '=jo', 'CN=a,,O=b', 'CN=a+OU=b', 'CN="a,b"', 'CN=a;O=b'])
      expect(() => normalDn(bad), bad).toThrow('is not a distinguished name')
    for (const bad of ['CN=a\\', 'CN=a\\z', 'CN=\\ff', 'CN=#0403', '/C=US/CN=jo', 'CN=a\\00'])
      expect(() => normalDn(bad), bad).toThrow('is not a distinguished name')
  })

  test('name a type by any of its names, or by its identifier', () => {
    expect(normalDn('emailAddress=jo@example.com,2.5.4.3=jo,S=TX,OID.2.5.4.6=US')).toBe(
      'C=US,ST=TX,E=jo@example.com,CN=jo',
    )
    expect(sameDn('userid=jo', '0.9.2342.19200300.100.1.1=jo')).toBe(true)
    expect(sameDn('SN=jo', 'serialNumber=jo')).toBe(false)
  })

  test('are the same for the parts of a certificate, which are never read as text', () => {
    const [O, CN] = ['2.5.4.10', '2.5.4.3']
    const subject = [
      { oid: O, value: 'Foo, Inc,CN=al' },
      { oid: CN, value: 'jo' },
      { oid: '1.2.3.4', value: ' x#' },
    ]
    expect(dnOfSubject(subject)).toBe(normalDn('CN=jo,1.2.3.4=\\ x\\#,O=Foo\\, Inc\\,CN\\=al'))
    expect(dnOfSubject([{ oid: CN, value: 'a,O=b' }])).not.toBe(normalDn('CN=a,O=b'))
  })

  test('any values survive being written, and the normal form is its own', () => {
    const type = fc.constantFrom('C', 'ST', 'L', 'O', 'OU', 'CN', 'DC', 'UID')
    const value = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => !text.includes('\0'))
    const hex = (text: string) =>
      [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
    fc.assert(
      fc.property(fc.array(fc.tuple(type, value), { minLength: 1, maxLength: 6 }), (pairs) => {
        const written = pairs.map(([type, value]) => `${type}=${hex(value)}`)
        const normal = normalDn(written.join(','))
        expect(normalDn(normal)).toBe(normal)
        expect(normalDn(written.toReversed().join(','))).toBe(normal)
      }),
    )
  })

  test('two different sets of values never have one normal form', () => {
    const value = fc.string({
      unit: fc.constantFrom('a', ',', '=', '\\', ' ', '#', 'O'),
      minLength: 1,
      maxLength: 5,
    })
    const hex = (text: string) =>
      [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
    fc.assert(
      fc.property(value, value, value, (one, two, three) => {
        const pair = normalDn(`O=${hex(one)},CN=${hex(two)}`)
        expect(sameDn(pair, normalDn(`CN=${hex(three)}`))).toBe(false)
        expect(sameDn(`CN=${hex(one)}`, `CN=${hex(two)}`)).toBe(one === two)
      }),
    )
  })
})
