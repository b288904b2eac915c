import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, startApi } from '../../../test/support/api.ts'

const WEB = '/configs/interfaces/web'
const CERTIFICATE = `${WEB}/certificate`
let folder: string

const openssl = (...args: string[]) => {
  const run = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${run.stderr}`)
}
const file = (name: string) => readFileSync(join(folder, name), 'utf8')
const base64 = (name: string) => readFileSync(join(folder, name)).toString('base64')

/** A root, an intermediate and a server certificate for localhost, made by OpenSSL. */
function makeChain(): void {
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    'root.key',
    '-out',
    'root.pem',
    '-subj',
    '/CN=outside root',
    '-days',
    '900',
  )
  openssl('req', ...ec, '-keyout', 'mid.key', '-out', 'mid.csr', '-subj', '/CN=outside mid')
  writeFileSync(
    join(folder, 'mid.ext'),
    'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n',
  )
  openssl(
    'x509',
    '-req',
    '-in',
    'mid.csr',
    '-CA',
    'root.pem',
    '-CAkey',
    'root.key',
    '-CAcreateserial',
    '-out',
    'mid.pem',
    '-days',
    '800',
    '-extfile',
    'mid.ext',
  )
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'own.key',
    '-out',
    'own.csr',
    '-subj',
    '/CN=localhost',
  )
  sign('own.csr', 'own.pem')
  writeFileSync(join(folder, 'issuers.pem'), file('mid.pem') + file('root.pem'))
}
function sign(csr: string, out: string, usage = 'serverAuth'): void {
  writeFileSync(
    join(folder, 'own.ext'),
    `subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=${usage}\n`,
  )
  openssl(
    'x509',
    '-req',
    '-in',
    csr,
    '-CA',
    'mid.pem',
    '-CAkey',
    'mid.key',
    '-CAcreateserial',
    '-out',
    out,
    '-days',
    '90',
    '-extfile',
    'own.ext',
  )
}
const archive = (name: string, password: string, ...more: string[]) =>
  openssl(
    'pkcs12',
    '-export',
    '-inkey',
    'own.key',
    '-in',
    'own.pem',
    '-certfile',
    'issuers.pem',
    '-out',
    name,
    '-passout',
    `pass:${password}`,
    ...more,
  )

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystead-given-'))
  makeChain()
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a certificate that is given', () => {
  const api = startApi('sqlite')
  const put = (body: object, path = CERTIFICATE): Promise<Answer> => api.send('PUT', path, body)
  const good = async (body: object) => {
    const answer = await put(body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    return answer.body
  }
  const refused = async (body: object, sentence: string) => {
    const before = await api.get(CERTIFICATE)
    const answer = await put(body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(400)
    expect(`${answer.body.codeDesc} ${answer.body.message}`).toContain(sentence)
    expect(await api.get(CERTIFICATE)).toEqual(before)
  }
  /** Connects as a client that trusts this CA only. */
  const shown = async (ca: string) => {
    const { port } = new URL(api.server.url)
    const socket = connect({ host: 'localhost', port: Number(port), ca })
    await once(socket, 'secureConnect')
    const { serialNumber } = new X509Certificate(socket.getPeerCertificate().raw)
    socket.destroy()
    return serialNumber
  }
  const serial = (name: string) => new X509Certificate(file(name)).serialNumber

  beforeEach(async () => {
    await api.post(`${WEB}/auto-gen-server-cert`, undefined, 200)
  })

  test('in PEM with its issuers and its key between is served at once, and ca.pem names its root', async () => {
    const text = file('own.pem') + file('own.key') + file('issuers.pem')
    const { certificates } = await good({ certificate: text })
    expect(certificates).toBe(file('own.pem') + file('issuers.pem'))
    expect(await api.get(CERTIFICATE)).toEqual({ certificates })
    expect(await shown(file('root.pem'))).toBe(serial('own.pem'))
    await expect.poll(() => readFileSync(api.server.caFile, 'utf8')).toBe(file('root.pem'))
    // Names and CA of the server's own choice do not push it away.
    await api.patch(WEB, { local_auto_gen_attributes: { cn: 'other' } })
    expect(await shown(file('root.pem'))).toBe(serial('own.pem'))
    await api.patch(WEB, { local_auto_gen_attributes: {} })
  })

  test.each([
    ['under PKCS #8', ['pkcs8', '-topk8', '-v2', 'aes256']],
    ['in the traditional form', ['rsa', '-traditional', '-aes256']],
  ])(
    'with a key that is encrypted %s is opened with the password',
    async (_what, [command = '', ...more]) => {
      openssl(command, '-in', 'own.key', '-out', 'locked.key', '-passout', 'pass:Locked-1', ...more)
      const text = file('own.pem') + file('issuers.pem') + file('locked.key')
      await refused({ certificate: text, password: 'wrong' }, 'cannot be read')
      await good({ certificate: text, password: 'Locked-1' })
      expect(await shown(file('root.pem'))).toBe(serial('own.pem'))
    },
  )

  test.each([
    ['of today', []],
    ['with a checksum of SHA-512', ['-macalg', 'sha512', '-iter', '30000']],
    [
      'of older programs',
      ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    ],
    ['whose certificates are in the open', ['-certpbe', 'NONE']],
  ])('in a PKCS #12 archive %s is taken', async (_what, more) => {
    archive('own.p12', 'Pässword-1', ...more)
    const body = { certificate: base64('own.p12'), format: 'PKCS12' }
    await refused({ ...body, password: 'wrong' }, 'password of the archive is wrong')
    const { certificates } = await good({ ...body, password: 'Pässword-1' })
    expect(certificates).toBe(file('own.pem') + file('issuers.pem'))
    expect(await shown(file('root.pem'))).toBe(serial('own.pem'))
  })

  test('for the request that was made here needs no key to come along', async () => {
    await api.get(`${WEB}/csr`, 404)
    const asked = { cn: 'localhost', dns_names: ['localhost'], names: [{ O: 'Org' }] }
    const { csr } = await api.post(`${WEB}/csr`, asked, 200)
    expect(await api.get(`${WEB}/csr`)).toEqual({ csr })
    writeFileSync(join(folder, 'kept.csr'), csr)
    sign('kept.csr', 'kept.pem')
    await refused(
      { certificate: file('own.pem') + file('issuers.pem') },
      'key of the certificate is not here',
    )
    await good({ certificate: file('kept.pem') + file('issuers.pem') })
    expect(await shown(file('root.pem'))).toBe(serial('kept.pem'))
    await api.get(`${WEB}/csr`, 404)
    // The same key once more, certified anew.
    sign('kept.csr', 'again.pem')
    await good({ certificate: file('again.pem') + file('issuers.pem') })
    expect(await shown(file('root.pem'))).toBe(serial('again.pem'))
  })

  test('that is empty does nothing, as Terraform sends it', async () => {
    const before = await api.get(CERTIFICATE)
    expect(await good({ certificate: '', generate: false })).toEqual(before)
    expect(await good({})).toEqual(before)
  })

  test('is refused, and nothing changes, when it is none for this server', async () => {
    const chain = file('own.pem') + file('issuers.pem')
    await refused({ certificate: chain + file('mid.key') }, 'not for this private key')
    await refused(
      { certificate: file('own.pem') + file('root.pem') + file('own.key') },
      'followed by the one of its issuer',
    )
    await refused({ certificate: file('own.key') }, 'no BEGIN line')
    await refused({ certificate: 'text' }, 'not PEM')
    await refused({ certificate: 'text', format: 'PKCS12' }, 'archive')
    await refused({ certificate: '!', format: 'PKCS12' }, 'base64')
    await refused({ certificate: chain + file('own.key'), generate: true }, 'not both')
    sign('own.csr', 'client.pem', 'clientAuth')
    await refused(
      { certificate: file('client.pem') + file('issuers.pem') + file('own.key') },
      'not for servers',
    )
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-keyout',
      'weak.key',
      '-out',
      'weak.pem',
      '-subj',
      '/CN=weak',
    )
    await refused({ certificate: file('weak.pem') + file('weak.key') }, 'RSA')
  })

  test('never leaves its key: no answer and no record holds it', async () => {
    await good({ certificate: file('own.pem') + file('issuers.pem') + file('own.key') })
    const secret = file('own.key').split('\n')[5] ?? ''
    const answers = [WEB, CERTIFICATE, '/audit/records?limit=-1']
    for (const path of answers) expect(JSON.stringify(await api.get(path))).not.toContain(secret)
  })
})
