/** Members that the documents list and a server does not send, or only at times: why a context may lack them. */
export interface NotSent {
  readonly member: string
  readonly reason: string
  /** Of these commands alone; otherwise of all. */
  readonly commands?: readonly string[]
}

export const notSent: readonly NotSent[] = [
  { member: 'connection', reason: 'Part of the request to make a user, never of an answer.' },
  { member: 'application', reason: 'A legacy of CM; answers since 2024 leave it out.' },
  { member: 'devAccount', reason: 'A legacy of CM; answers since 2024 leave it out.' },
  {
    member: 'messages',
    reason: 'There only when the server has a warning, such as a filter that it does not know.',
  },
  { member: 'user_metadata', reason: 'There only when something is in it.' },
  {
    member: 'app_metadata',
    reason: 'There only when something is in it, as in the predefined groups.',
  },
  { member: 'client_metadata', reason: 'There only when something is in it.' },
  { member: 'users_count', reason: 'Left out while a group has no users.' },
  { member: 'expires_at', reason: 'There only when the account has an end.' },
  {
    member: 'password_policy',
    reason: 'There only when a policy other than the global one is set.',
  },
  { member: 'csr', reason: 'There while a CA waits for its certificate; empty after that.' },
  {
    member: 'auth_domain',
    reason: 'Left out of the answer to an update.',
    commands: ['ciphertrust-user-update'],
  },
]
