import 'reflect-metadata'
import { type KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'

/**
 * The certificates of the server's own HTTPS: a CA made at first start, and the server's certificate under it.
 * Loaded only when one has to be made, since the library costs more time than the rest of a start.
 */
x509.cryptoProvider.set(webcrypto as Crypto)

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
/** Clients with slow clocks must find it valid at once. */
const BACKDATED_MS = DAY_MS
const CA_DAYS = 3650
/** Below the 398 days that browsers accept. */
const SERVER_DAYS = 397

/** A self-signed P-256 CA certificate that may sign server certificates only one level below. */
export async function makeCaCertificate(key: KeyObject, name: string, now: Date): Promise<string> {
  const keys = await pairOf(key)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return certificate.toString('pem')
}

/** The server's certificate for these DNS names and addresses. */
export async function makeServerCertificate(
  key: KeyObject,
  names: readonly string[],
  ca: { readonly certificate: string; readonly key: KeyObject },
  now: Date,
): Promise<string> {
  const issuer = new x509.X509Certificate(ca.certificate)
  const { publicKey } = await pairOf(key)
  const { privateKey: signingKey } = await pairOf(ca.key)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${names[0] ?? 'localhost'}`,
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(Math.min(now.getTime() + SERVER_DAYS * DAY_MS, issuer.notAfter.getTime())),
    signingAlgorithm: P256,
    publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return certificate.toString('pem')
}

/** The top bit stays clear: a set one costs DER another octet, and RFC 5280 section 4.1.2.2 allows twenty. */
function serialNumber(): string {
  const bytes = randomBytes(20)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function pairOf(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const jwk = key.export({ format: 'jwk' })
  const { d: _, ...publicJwk } = jwk
  const { subtle } = webcrypto
  return {
    privateKey: await subtle.importKey('jwk', jwk, P256, false, ['sign']),
    publicKey: await subtle.importKey('jwk', publicJwk, P256, true, ['verify']),
  }
}
