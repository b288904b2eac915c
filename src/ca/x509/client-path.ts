import { readPem } from '../../crypto/pem.ts'
import { invalid } from '../../crypto/refuse.ts'
import { firstCertificate, parseCertificate } from './certificate.ts'
import { oids } from './oids.ts'
import { findPath } from './path/build.ts'
import { orRefused, PathRefused, readable } from './path/refused.ts'

const DIGITAL_SIGNATURE = 0
const MAX_TEXT = 256 * 1024

/**
 * Whether a chain of certificates in PEM, a client's own first, leads to one of these CAs today and allows client
 * authentication. Returns the CA it leads to; a fault says why there is none.
 */
export async function findClientPath<Ca extends { readonly cert: string }>(
  pem: string,
  cas: readonly Ca[],
  { at, allowRsa1024 }: { readonly at: Date; readonly allowRsa1024: boolean },
): Promise<Ca> {
  const [target, ...between] = readPem(pem, 'the certificate', MAX_TEXT)
    .filter(({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE')
    .map(({ der }) => der)
  if (!target) throw invalid('the text holds no certificate')
  const anchors = cas.map((ca) => ({ ca, certificate: firstCertificate(ca.cert) }))
  try {
    const { certificates } = await findPath({
      target: orRefused('the certificate', () => parseCertificate(target)),
      between: readable(between, parseCertificate),
      anchors: anchors.map(({ certificate }) => certificate),
      rules: {
        at,
        purpose: oids.clientAuth,
        usage: DIGITAL_SIGNATURE,
        leastRsaBits: allowRsa1024 ? 1024 : 2048,
      },
    })
    const found = anchors.find(({ certificate }) => certificate === certificates[0])
    if (!found) throw new Error('a path ends at a CA that nobody named')
    return found.ca
  } catch (error) {
    if (error instanceof PathRefused) throw invalid(error.message, { cause: error })
    throw error
  }
}
