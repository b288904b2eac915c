import { Fault } from '../kit/fault.ts'
import { x509 } from './library.ts'

/** PEM whose line ends arrived as the two characters backslash and n, with real ones. */
export const withLineEnds = (pem: string): string => pem.replaceAll(/\\r?\\n/g, '\n')

/**
 * The certificate that a list filter holds, by what rows are found by. Text that is no certificate is in no row:
 * a filter narrows a list and is never an error.
 */
export async function certificateFilter(
  pem: string | undefined,
): Promise<{ sha256?: string; serialNumber?: string }> {
  if (pem === undefined) return {}
  const { readCertificate } = await x509()
  try {
    const { facts } = readCertificate(withLineEnds(pem))
    return { sha256: facts.sha256Fingerprint, serialNumber: facts.serialNumber }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { sha256: 'none', serialNumber: 'none' }
  }
}
