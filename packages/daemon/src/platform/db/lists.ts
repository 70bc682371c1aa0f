import type { Handle } from './handle.ts'
import type { Statement } from './statement.ts'

/** How many entries of a list one statement takes. */
const AT_ONCE = 16
type Name = `id${number}`
const names = Array.from({ length: AT_ONCE }, (_, index): Name => `id${index}`)

/** Parameters of a statement over a list of ids. */
export type Ids = { readonly [K in Name]: string }

/** The list, for the right side of an `in`. */
export const idsIn = (p: (name: Name) => string): string[] => names.map((name) => p(name))

/** The parameters of each statement that a list takes. The last one is filled with its last id, which `in` reads as once. */
function idLists(ids: readonly string[]): Ids[] {
  const lists: Ids[] = []
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const last = Math.min(at + AT_ONCE, ids.length) - 1
    lists.push(Object.fromEntries(names.map((name, index) => [name, ids[Math.min(at + index, last)]!])))
  }
  return lists
}

/** All rows of a list. */
export async function rowsIn<R>(db: Handle, statement: Statement<Ids, R>, ids: readonly string[]): Promise<R[]> {
  const rows: R[] = []
  for (const list of idLists(ids)) rows.push(...(await db.all(statement, list)))
  return rows
}

/** Changes all of a list; how many that were. */
export async function changeIn(
  db: Handle,
  statement: Statement<Ids & { at: number }, void>,
  { ids, at }: { readonly ids: readonly string[]; readonly at: number },
): Promise<number> {
  let changes = 0
  for (const list of idLists(ids)) changes += (await db.run(statement, { ...list, at })).changes
  return changes
}
