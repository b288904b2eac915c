import { passwordColumns } from './clients/passwords.ts'
import { syslogKeyColumn } from './profiles/syslog.ts'

/** Where transparent encryption keeps bytes of the envelope, for the rotation of its keys. */
export const wrappedColumns = [...passwordColumns, syslogKeyColumn]
