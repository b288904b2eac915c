import type { ServerSettings } from './settings/index.ts'

/**
 * What the command line asks of the server's own code. It is handed in by main.ts, so that the commands that only
 * speak to a server never load one. Every function rejects with an Error whose message is a sentence for the operator.
 */
export interface ServerCommands {
  /** Makes what is missing, starts, and resolves once the server answers. */
  startServer(settings: ServerSettings): Promise<RunningServer>
  /** Makes data folder, root key, database, certificates and the first password, and stops. Repeating it changes nothing. */
  initialise(settings: ServerSettings): Promise<Initialised>
  /** Follows every node's chain of records, from the first to its signed head, and to `head` if one is given. */
  verifyAudit(settings: ServerSettings, head?: unknown): Promise<AuditVerdict>
  /** The signed heads, to be kept where nobody who can write the database can write. */
  exportAuditHead(settings: ServerSettings): Promise<unknown>
  /** Puts a new root key in the place of the old one. Rejects while a server uses the database. */
  rotateRootKeyOffline(settings: ServerSettings): Promise<void>
}

export interface Initialised {
  /** Of the CA that the server's certificate comes from. */
  readonly caFile: string
  /** The generated password of admin, on the first start without KEYSTEAD_ADMIN_PASSWORD only. */
  readonly firstPassword: string | undefined
}

export interface RunningServer extends Initialised {
  /** The address it really listens on, as a URL. */
  readonly url: string
  /** Lets running requests finish, for at most shutdownSeconds. */
  stop(): Promise<void>
}

export interface AuditVerdict {
  /** How many there are; 0 where something does not fit, since nothing after it was looked at. */
  readonly records: number
  /** What does not fit, the first bad record named; empty: nothing was edited, dropped, inserted or reordered. */
  readonly problems: readonly string[]
}
