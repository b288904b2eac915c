export * from '../../crypto/refuse.ts'
