/**
 * Argon2id for user passwords (19 MiB, t=2, p=1), in a child process at low priority so that a storm of sign-ins
 * does not slow other calls. Work waits in a bounded queue; past the bound Fault 'too-many-requests'.
 */
export interface PasswordHasher {
  /** A PHC string. */
  hash(password: string): Promise<string>
  verify(phc: string, password: string): Promise<boolean>
  close(): Promise<void>
}
