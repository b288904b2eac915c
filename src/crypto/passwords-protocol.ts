/** One piece of work for the process that hashes passwords: with `phc` to check, without to hash. */
export interface Job {
  readonly password: string
  readonly phc?: string
}

/** The PHC string, or whether the password is right. */
export type Value = string | boolean

/** OWASP's first choice for Argon2id, in KiB and passes. `algorithm` 2 is Argon2id. */
export const COST = {
  algorithm: 2,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
  outputLen: 32,
} as const
