import { X509Certificate } from 'node:crypto'
import type { Material } from '../material/index.ts'

/** The names of reference 2.2 for the parts of a distinguished name. */
const SINGLE: Readonly<Record<string, string>> = { CN: 'cn', SN: 'sn' }
const SEVERAL: Readonly<Record<string, string>> = {
  O: 'o',
  OU: 'ou',
  emailAddress: 'mail',
  C: 'c',
  ST: 'st',
  street: 'street',
  L: 'l',
  UID: 'uid',
  title: 't',
  DC: 'dc',
  dnQualifier: 'dnq',
}

/** What a certificate says of itself, as `certFields` has it. */
export function certificateFields(material: Material): Readonly<Record<string, unknown>> {
  const der = material.secret.reveal()
  const certificate = new X509Certificate(der)
  const alternative = alternativeNames(certificate.subjectAltName)
  return {
    certType: 'X.509',
    certLength: der.length,
    x509SerialNumber: BigInt(`0x${certificate.serialNumber}`).toString(),
    serialNumber: certificate.serialNumber,
    dsalg: certificate.signatureAlgorithm ?? '',
    issuerDNFields: nameFields(certificate.issuer),
    subjectDNFields: nameFields(certificate.subject),
    ...(alternative && { subjectANFields: alternative }),
  }
}

/** Node writes a name as lines of `CN=value`, with a plus between the parts of one RDN. */
function nameFields(name: string | undefined): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {}
  for (const line of (name ?? '').split('\n')) {
    const at = line.indexOf('=')
    if (at < 0) continue
    const [type, value] = [line.slice(0, at), line.slice(at + 1)]
    const single = SINGLE[type]
    const several = SEVERAL[type]
    if (single) fields[single] = value
    else if (several)
      fields[several] = [...((fields[several] as string[] | undefined) ?? []), value]
  }
  return fields
}

const KINDS: Readonly<Record<string, string>> = {
  DNS: 'dns',
  'IP Address': 'ipAddress',
  URI: 'uri',
  email: 'emailAddress',
}

function alternativeNames(
  text: string | undefined,
): Readonly<Record<string, string[]>> | undefined {
  if (text === undefined) return undefined
  const names: Record<string, string[]> = {}
  for (const [, kind = '', quoted, bare] of text.matchAll(
    /(?:^|, )([A-Za-z ]+):(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g,
  )) {
    const field = KINDS[kind]
    if (field) names[field] = [...(names[field] ?? []), quoted ?? bare ?? '']
  }
  return names
}
