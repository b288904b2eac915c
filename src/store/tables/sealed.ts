/** What every sealed row ends with. `seal` is a MAC over the table, and every other sealed column. */
export interface Sealed {
  version: number
  seal: Uint8Array
}

type Plain<Value> = Value extends string ? 'text' : Value extends number ? 'integer' : 'bytes'
type Kind<Value> = null extends Value ? `${Plain<NonNullable<Value>>}?` : Plain<Value>

/** Columns outside their row's seal, since every use writes them; they have a seal of their own. */
interface Unsealed {
  refresh_tokens: 'last_used_at' | 'use_seal'
}

type SealedColumn<Tables, Table extends keyof Tables> = Exclude<
  keyof Tables[Table],
  'seal' | (Table extends keyof Unsealed ? Unsealed[Table] : never)
>

/** Every sealed table with its primary key and each column under its seal. One that is left out does not compile. */
export type SealsOf<Tables> = {
  readonly [Table in keyof Tables as Tables[Table] extends Sealed ? Table : never]: {
    readonly key: readonly (keyof Tables[Table])[]
    readonly columns: { [Column in SealedColumn<Tables, Table>]: Kind<Tables[Table][Column]> }
  }
}
