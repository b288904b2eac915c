import type { KeyObject } from 'node:crypto'
import { x509 } from '../library.ts'
import { subjectOf } from '../subject.ts'
import type { AskedExtensions } from '../x509/index.ts'

type Asked = Parameters<typeof subjectOf>[0] &
  AskedExtensions & { readonly signatureAlgorithm?: string | undefined }

/** A certificate request in PEM, signed by a private key that its holder keeps. A fault for what it cannot say. */
export async function requestForKey(key: KeyObject, asked: Asked): Promise<string> {
  const { buildAskingRequest } = await x509()
  return buildAskingRequest(key, subjectOf(asked), asked)
}
