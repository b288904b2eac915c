import { identityScenarios } from './identity/index.ts'
import { conforms } from './suite.ts'

conforms('the identity API as its clients know it', identityScenarios)
