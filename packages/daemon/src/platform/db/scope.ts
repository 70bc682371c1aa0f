/** Names of scope rows that a job locks, such as `system` or `wallet:<id>`; exclusive wins where a name is in both. */
export type Scope = {
  readonly shared?: readonly string[]
  readonly exclusive?: readonly string[]
  /** It counts, and records evidence, in a group with others that share its commit; see `group.ts`. */
  readonly isGrouped?: boolean
  /** A stop: it goes before all jobs that wait. */
  readonly isUrgent?: boolean
  /** Of locks that are held: on whose behalf. Each has connections of its own, and waits for nobody else's. */
  readonly holder?: string
}

export type Lock = { readonly name: string; readonly exclusive: boolean }

/** The scope's locks in the one order in which every job takes them, so that no two jobs wait for each other. */
export function lockOrder({ shared = [], exclusive = [] }: Scope): Lock[] {
  const locks = new Map<string, boolean>()
  for (const name of shared) locks.set(checked(name), false)
  for (const name of exclusive) locks.set(checked(name), true)
  return [...locks].map(([name, exclusive]) => ({ name, exclusive })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

// Names go into SQL text as they are.
const form = /^[\w:.-]{1,200}$/

export function checked(name: string): string {
  if (!form.test(name))
    throw new Error(`expected a scope name of letters, digits and _ : . -, got ${JSON.stringify(name)}`)
  return name
}
