/** The `ciphertrust-*` commands for programs. */
export {
  begin,
  type Command,
  type CommandFailure,
  type Credentials,
  commandNamed,
  commands,
  type Exchange,
  type FailureKind,
  type Host,
  isCommandFailure,
  type Outcome,
  type Output,
} from './commands/index.ts'
export { runCommand } from './run.ts'
