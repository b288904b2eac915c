import { Fault } from '../../kit/fault.ts'
import {
  algorithmRow,
  checkValue,
  fingerprints,
  type KeySpec,
  type Material,
  publicKeyPem,
} from '../material/index.ts'
import { certificateFields } from './certificate-fields.ts'
import type { NewKey } from './rows.ts'

export const bit = (flag: boolean | undefined): number => (flag ? 1 : 0)

export const specColumns = (spec: KeySpec) => ({
  algorithm: spec.algorithm as string,
  size: spec.size,
  curve: spec.curve ?? null,
  xts: spec.xts ? 1 : 0,
})

/** What is known about the material without opening it. */
export function filled(key: NewKey, spec: KeySpec, material: Material): NewKey {
  const isCertificate = material.form === 'x509'
  const guessable = key.data_type === 'password'
  const digests = guessable ? undefined : fingerprints(material)
  return {
    ...key,
    form: material.form,
    empty_material: 0,
    public_key: material.publicSpki ? publicKeyPem(material) : null,
    sha1_fingerprint: digests?.sha1 ?? null,
    sha256_fingerprint: digests?.sha256 ?? null,
    check_value: hasCheckValue(spec, material) ? checkValue(spec, material) : null,
    cert_fields: isCertificate ? JSON.stringify(certificateFields(material)) : null,
    cert_type: isCertificate ? (key.cert_type ?? 'x509-pem') : null,
  }
}

const hasCheckValue = ({ algorithm }: KeySpec, { form }: Material): boolean =>
  form === 'raw' && algorithmRow(algorithm).block !== undefined

export function defaultIv(text: string | undefined): string | null {
  if (text === undefined) return null
  if (!/^[0-9a-f]{32}$/i.test(text))
    throw new Fault('invalid-parameter', 'defaultIV: must be 32 hexadecimal digits')
  return text.toLowerCase()
}

export function uuidFor(text: string | undefined): string | null {
  if (text === undefined) return null
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
    throw new Fault('invalid-parameter', 'uuid: must be a UUID in lower case')
  return text
}

export function numberFor(text: string | undefined): string | null {
  if (text === undefined) return null
  if (!/^\d{1,19}$/.test(text))
    throw new Fault('invalid-parameter', 'keyId: must be a decimal number')
  return BigInt(text).toString()
}
