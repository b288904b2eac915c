/** A published vector as something to try on a server. */
export interface Case {
  readonly name: string
  readonly file: string
  /** `acceptable`: both are right. */
  readonly due: 'valid' | 'invalid' | 'acceptable'
  /** Why it is none of ours. */
  readonly left?: string
  /** Whether the server accepts it, and gives what the vector says. */
  try(client: Client): Promise<boolean>
}

/** What cases need of a server. */
export interface Client {
  /** The name of the imported key; undefined where it is refused. */
  import(fields: Readonly<Record<string, unknown>>): Promise<string | undefined>
  /** The answer of a call of /crypto; undefined where it is refused with 400. */
  post(operation: string, body: object): Promise<Readonly<Record<string, string>> | undefined>
  /** Whether a signature or MAC holds. */
  verifies(
    operation: 'signv' | 'macv',
    query: Readonly<Record<string, string>>,
    body: Buffer,
  ): Promise<boolean>
}
