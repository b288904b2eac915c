/** For what the certificates of a CA are trusted, as rows keep it and as the wire shows it (reference 3.1, 5.3). */
export interface Purposes {
  readonly allow_client_authentication?: boolean | undefined
  readonly allow_user_authentication?: boolean | undefined
}

interface PurposeColumns {
  client_authentication: number
  user_authentication: number
}

/** What changes: XSOAR sends both in the query, others in the body, which goes first. */
export function changedPurposes(query: Purposes, body: Purposes): Partial<PurposeColumns> {
  const client = body.allow_client_authentication ?? query.allow_client_authentication
  const user = body.allow_user_authentication ?? query.allow_user_authentication
  return {
    ...(client !== undefined && { client_authentication: Number(client) }),
    ...(user !== undefined && { user_authentication: Number(user) }),
  }
}

const word = (value: number | null) => (value === 0 ? ('Disabled' as const) : ('Enabled' as const))

export const presentPurposes = (row: {
  readonly client_authentication: number | null
  readonly user_authentication: number | null
}) => ({
  client_authentication: word(row.client_authentication),
  user_authentication: word(row.user_authentication),
})
