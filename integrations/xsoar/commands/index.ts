export { begin, type Exchange } from './exchange.ts'
export {
  type CommandFailure,
  type FailureKind,
  failure,
  isCommandFailure,
} from './failure.ts'
export { argumentHelp } from './help.ts'
export { valuesOf } from './reading.ts'
export { type ConnectionProblem, connectionFailure, connectionProblemIn } from './refusals.ts'
export type { Credentials } from './request.ts'
export { commandNamed, commands, TEST_MODULE } from './table.ts'
export type {
  Argument,
  Command,
  Host,
  Json,
  Kind,
  Outcome,
  Output,
  OutputFile,
  Reply,
  Request,
} from './types.ts'
