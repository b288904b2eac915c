import { invalid, reading } from '../../crypto/refuse.ts'
import {
  basicConstraintsOf,
  firstCertificate,
  isIssuedBy,
  KEY_CERT_SIGN,
  keyUsageOf,
  subjectOf,
} from './certificate.ts'
import { comparableName } from './names.ts'
import { requestKey, requestSubject } from './request.ts'

/** Whether this certificate makes the pending CA of this request a CA below this parent (reference 5.5). A fault says why not. */
export function checkInstall(certificatePem: string, csrPem: string, parentPem: string): void {
  reading('the certificate', () => {
    const certificate = firstCertificate(certificatePem)
    const parent = firstCertificate(parentPem)
    if (!Buffer.from(requestKey(csrPem)).equals(certificate.spki))
      throw invalid('the key of the certificate is not the key of the CA’s request')
    if (!basicConstraintsOf(certificate).isCa)
      throw invalid(
        'the certificate is no CA certificate: its basic constraints do not say CA:TRUE',
      )
    // The reference asks for the bit, so that a certificate without the extension does not pass.
    if (keyUsageOf(certificate)?.has(KEY_CERT_SIGN) !== true)
      throw invalid('the key usage of the certificate does not hold certificate signing')
    if (comparableName(subjectOf(certificate)) !== comparableName(requestSubject(csrPem)))
      throw invalid('the subject of the certificate is not the subject of the CA’s request')
    if (!basicConstraintsOf(parent).isCa) throw invalid('the parent is no CA')
    if (!isIssuedBy(certificate, parent))
      throw invalid('the certificate was not signed by the parent')
  })
}
