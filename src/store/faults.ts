/** What the store answers when it cannot do its work; said to clients, so without the cause. */
export const DAMAGED = 'the database is damaged; restore it from a backup'
export const NO_ANSWER = 'the database does not answer'
export const NOT_WRITTEN = 'the database could not write'
export const NOT_KNOWN =
  'the connection to the database was lost while writing: whether this was done is not known'
export const DISK_FULL = 'there is no space left on the disk of the database'
export const RESERVE_USED =
  'there is no space left on the disk of the database, nor in the reserve of the audit log'
export const CLOSED = 'the store is closed'
