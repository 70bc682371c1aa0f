/** One flag of a command. `list` may be repeated, `json` takes JSON text, `either` plain text or a JSON object, `time` unix seconds or what a person says, which stays text, `boolean` also has a `--no-` form. */
export type Flag = {
  readonly field: string
  readonly name: string
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'json' | 'either' | 'time'
  readonly required: boolean
  readonly summary: string
  /** What it says where no value follows. */
  readonly alone?: string
}
/** One CLI command. `places` are the fields that may also be given without a flag, in this order. */
export type Command = {
  readonly name: string
  readonly operation: string
  readonly summary: string
  readonly flags: readonly Flag[]
  readonly places: readonly string[]
  /** What it says of itself: the values of fields that have no flag. */
  readonly fixed: Readonly<Record<string, string>>
  /** What somebody could type, from the name on. */
  readonly example: string
}
