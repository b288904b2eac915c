import { certificateScenarios } from './certificates/index.ts'
import { conforms } from './suite.ts'

conforms('the certificate authority as its clients know it', certificateScenarios)
