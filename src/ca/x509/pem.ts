export * from '../../crypto/pem.ts'
