import { wrappedColumn } from '../system/index.ts'
import { historyPlace, passwordPlace } from './password-rules.ts'

/** Where identity keeps bytes of the envelope, for the rotation of its keys. */
export const wrappedColumns = [
  wrappedColumn('users', 'password', passwordPlace),
  wrappedColumn('password_history', 'password', historyPlace),
]
