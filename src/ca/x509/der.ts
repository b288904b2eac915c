export * from '../../crypto/der.ts'
