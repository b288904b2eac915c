import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { startApi } from '../../../test/support/api.ts'

const BAD_VALUE = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }
const PASSWORD = 'a password for the key'

describe('a key pair with its certificate request', () => {
  const api = startApi('sqlite')
  const make = (fields: object = {}) => api.post('/ca/csr', { cn: 'host.example.com', ...fields })

  /** Whether the request is for this key: it is certified, and the certificate compared. */
  const belongsTo = async (csr: string, key: string, passphrase?: string) => {
    const { resources } = await api.get('/ca/local-cas?state=active&limit=1')
    const { cert } = await api.post(`/ca/local-cas/${resources[0].id}/certs`, {
      csr,
      purpose: 'client',
      duration: 1,
    })
    return new X509Certificate(cert).checkPrivateKey(
      createPrivateKey(passphrase === undefined ? key : { key, passphrase }),
    )
  }

  test('is P-256 in the SEC 1 form, and nothing else is answered', async () => {
    const made = await make({ name: 'a label' })
    expect(Object.keys(made)).toEqual(['csr', 'key'])
    expect(made.csr).toMatch(
      /^-----BEGIN CERTIFICATE REQUEST-----\n[\s\S]*-----END CERTIFICATE REQUEST-----\n$/,
    )
    expect(made.key).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/)
    expect(await belongsTo(made.csr, made.key)).toBe(true)
  })

  test('is RSA in the PKCS #1 form, with names and alternative names', async () => {
    const made = await make({
      algorithm: 'RSA',
      names: [{ C: 'US', O: 'Org' }],
      dnsNames: ['host.example.com'],
      ipAddresses: ['10.0.0.1'],
    })
    expect(made.key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/)
    expect(createPrivateKey(made.key).asymmetricKeyDetails?.modulusLength).toBe(2048)
    expect(await belongsTo(made.csr, made.key)).toBe(true)
  })

  test.each([
    [undefined, 'AES-256-CBC'],
    ['AES256', 'AES-256-CBC'],
    ['AES192', 'AES-192-CBC'],
    ['AES128', 'AES-128-CBC'],
    ['TDES', 'DES-EDE3-CBC'],
  ])('is encrypted with its password by %s', async (encryptionAlgo, name) => {
    const made = await make({ password: PASSWORD, encryptionAlgo })
    expect(made.key).toContain(`Proc-Type: 4,ENCRYPTED\nDEK-Info: ${name},`)
    expect(await belongsTo(made.csr, made.key, PASSWORD)).toBe(true)
    expect(() => createPrivateKey({ key: made.key, passphrase: 'another' })).toThrow()
  })

  test('may be made from a key that is sent', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 })
    const privateKeyBytes = privateKey.export({ type: 'pkcs8', format: 'pem' })
    for (const fields of [{}, { algorithm: 'RSA', size: 3072 }]) {
      const made = await make({ privateKeyBytes, ...fields })
      expect(createPrivateKey(made.key).equals(privateKey)).toBe(true)
      expect(await belongsTo(made.csr, made.key)).toBe(true)
    }
    for (const fields of [{ algorithm: 'ECDSA' }, { algorithm: 'RSA', size: 2048 }])
      expect(await api.post('/ca/csr', { cn: 'x', privateKeyBytes, ...fields }, 400)).toMatchObject(
        BAD_VALUE,
      )
  })

  test.each([
    ['no common name', { cn: undefined }],
    ['an unknown algorithm', { algorithm: 'EC' }],
    ['a size that is none', { algorithm: 'RSA', size: 1536 }],
    ['an unknown encryption', { password: PASSWORD, encryptionAlgo: 'DES' }],
    ['bytes that are no key', { privateKeyBytes: 'AAAA' }],
  ])('is refused with %s', async (_what, fields) => {
    expect(await api.post('/ca/csr', { cn: 'x', ...fields }, 400)).toMatchObject(BAD_VALUE)
  })

  test('leaves neither key nor password behind', async () => {
    const before = (await api.get('/ca/local-cas?limit=1')).total
    await make({ password: PASSWORD })
    expect((await api.get('/ca/local-cas?limit=1')).total).toBe(before)
    const { resources } = await api.get('/audit/records?limit=1')
    expect(resources[0].message).toBe('Create certificate request')
    expect(JSON.stringify(resources)).not.toContain(PASSWORD)
  })
})
