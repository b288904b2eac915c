import { cteClientScenarios } from './cte/index.ts'
import { conforms } from './suite.ts'

conforms('clients of transparent encryption as their clients know them', cteClientScenarios)
