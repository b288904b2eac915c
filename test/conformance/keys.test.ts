import { keyScenarios } from './keys/index.ts'
import { conforms } from './suite.ts'

conforms('keys as their clients know them', keyScenarios)
