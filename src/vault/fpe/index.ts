export { createFf1 } from './ff1.ts'
export { createFf31 } from './ff3-1.ts'
export { checkLength, type Fpe } from './fpe.ts'
