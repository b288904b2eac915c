export {
  type AlgorithmName,
  algorithmRow,
  algorithms,
  curves,
  maskOf,
  slhDsaSets,
  type Use,
} from './algorithms.ts'
export { decode } from './encode.ts'
export {
  exportMaterial,
  plainBytes,
} from './export.ts'
export { createKeyGenerator, type KeyGenerator } from './generate.ts'
export {
  importBytes,
  importMaterial,
  readPassword,
  readPublicKey,
} from './import.ts'
export { macSign, verifyMacSign } from './mac-sign.ts'
export {
  checkValue,
  fingerprints,
  keyObject,
  type Material,
  type MaterialForm,
  objectTypeOf,
  publicHalf,
  publicKeyObject,
  publicKeyPem,
  using,
} from './material.ts'
export {
  can,
  cipherName,
  defaultMask,
  type KeySpec,
  octetsOf,
  readSpec,
} from './spec.ts'
export {
  unwrapBytes,
  unwrapMaterial,
  wrapBytes,
  wrapMaterial,
} from './wrap.ts'
export { readWrapping, type WrapFields } from './wrapping.ts'
