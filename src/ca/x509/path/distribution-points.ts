import { type Der, expectTag, NotDer, readDer, tags } from '../../../crypto/der.ts'
import { type Certificate, extensionOf } from '../certificate.ts'
import { oids } from '../oids.ts'
import { nameOf } from './validate.ts'

/** Where the revocation of a certificate can be looked up (RFC 5280 §4.2.1.13). */
export interface DistributionPoint {
  /** Each in a form that equal names share; undefined where the point has no name. */
  readonly names: readonly string[] | undefined
  /** Bits of the reasons that lists there cover. */
  readonly reasons: number
  /** The names of whoever signs the lists, when it is not the certificate's issuer. */
  readonly issuerNames: readonly string[] | undefined
}

/** keyCompromise to aACompromise: bits 1 to 8 of ReasonFlags. */
export const ALL_REASONS = 0b1_1111_1110

/** The points of a certificate, and the one that every certificate has: its issuer's own list. */
export function pointsOf(certificate: Certificate): DistributionPoint[] {
  const own = {
    names: [directoryKey(nameOf(certificate.issuer))],
    reasons: ALL_REASONS,
    issuerNames: undefined,
  }
  const extension = extensionOf(certificate, oids.crlDistributionPoints)
  if (!extension) return [own]
  const { children } = expectTag(readDer(extension.value), tags.sequence, 'crlDistributionPoints')
  return [...children.map((point) => readPoint(point, certificate.issuer)), own]
}

function readPoint(point: Der, certificateIssuer: Der): DistributionPoint {
  const { children } = expectTag(point, tags.sequence, 'a distribution point')
  const field = (tag: number) => children.find((one) => one.tag === tag)
  const [name, reasons, issuer] = [field(0xa0), field(0x81), field(0xa2)]
  if (!name && !issuer) throw new NotDer('a distribution point has neither name nor issuer')
  const signer = issuer?.children.find(({ tag }) => tag === 0xa4)?.children[0]
  return {
    names: name && pointNames(name, signer ?? certificateIssuer),
    reasons: reasons ? readReasons(reasons) : ALL_REASONS,
    issuerNames: issuer?.children.map(nameKey),
  }
}

/** DistributionPointName: full names, or one part to be put behind the name of whoever signs the list. */
export function pointNames(point: Der, signer: Der): string[] {
  const [choice, ...more] = point.children
  if (!choice || more.length > 0) throw new NotDer('the name of a distribution point is odd')
  if (choice.tag === 0xa0) return choice.children.map(nameKey)
  if (choice.tag !== 0xa1) throw new NotDer('the name of a distribution point is odd')
  const relative = { ...choice, tag: tags.set }
  return [directoryKey(nameOf({ ...signer, children: [...signer.children, relative] }))]
}

/** A directory name, given in the form that equal names share. */
export const directoryKey = (name: string): string => `directory:${name}`

/** A GeneralName as text under which equal names are the same. */
export function nameKey(name: Der): string {
  if (name.tag === 0xa4)
    return directoryKey(nameOf(expectTag(name.children[0], tags.sequence, 'a directory name')))
  return `${name.tag}:${Buffer.from(name.content).toString('hex')}`
}

/** ReasonFlags: bit n of the number is bit n of the flags. */
export function readReasons({ content }: Der): number {
  let reasons = 0
  for (const [at, octet] of content.subarray(1, 3).entries())
    for (let bit = 0; bit < 8; bit++)
      if ((octet & (0x80 >> bit)) !== 0) reasons |= 1 << (at * 8 + bit)
  return reasons & ALL_REASONS
}
