import type { z } from 'zod'
import { inPieces } from '../turn.ts'

/** What of an answer fits its schema, and where something had to be left out for that. */
type Fitted = { readonly data: unknown; readonly cut: readonly string[] }
type Path = readonly PropertyKey[]

/**
 * An answer by its schema. What is stored is told even where a part of it does not fit: such a field is null, or else
 * left out, or else so is what holds it, up to an entry of a list. Undefined when nothing of that helps.
 */
export function fit(schema: z.ZodType, answer: unknown): Fitted | undefined {
  let parsed = schema.safeParse(answer)
  if (parsed.success) return { data: parsed.data, cut: [] }
  const rest: unknown = structuredClone(answer)
  const cut = new Set(pathsOf(parsed.error.issues).map((path) => path.map(String).join('.')))
  while (!parsed.success) {
    if (!leaveOut(rest, pathsOf(parsed.error.issues))) return undefined
    parsed = schema.safeParse(rest)
  }
  return { data: parsed.data, cut: [...cut] }
}

/** As `fit`; a page with a long list is looked at piece by piece, with turns for others between. */
export async function fitPage(schema: z.ZodType, answer: unknown): Promise<Fitted | undefined> {
  if (!isNode(answer) || !Array.isArray(answer.items) || answer.items.length === 0) return fit(schema, answer)
  const parts = await inPieces(answer.items, (items, from) => [{ fitted: fit(schema, { ...answer, items }), from }])
  const all = parts.flatMap(({ fitted, from }) => (fitted ? [{ ...fitted, from }] : []))
  if (all.length < parts.length) return undefined
  return {
    data: { ...(all[0]!.data as Page), items: all.flatMap(({ data }) => (data as Page).items) },
    cut: [...new Set(all.flatMap(({ cut, from }) => cut.map((path) => inWhole(path, from))))],
  }
}
const inWhole = (path: string, from: number): string =>
  path.replace(/^items\.(\d+)/, (_, at) => `items.${from + Number(at)}`)
type Page = { readonly items: readonly unknown[] }

/** Where a schema found something wrong; in a union, by the option that is missed by the least. */
function pathsOf(issues: readonly z.core.$ZodIssue[]): Path[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue.path]
    const [nearest = []] = [...issue.errors].sort((one, other) => one.length - other.length)
    return pathsOf(nearest).map((path) => [...issue.path, ...path])
  })
}

/** Takes away a little more at each path; whether there was anything to take. */
function leaveOut(root: unknown, paths: readonly Path[]): boolean {
  // All are looked up first: several paths may lead to the same place.
  const places = new Map<Node, Set<PropertyKey>>()
  for (const path of paths) {
    const place = placeOf(root, path)
    if (place) places.set(place.parent, (places.get(place.parent) ?? new Set()).add(place.key))
  }
  for (const [parent, keys] of places) {
    if (Array.isArray(parent)) parent.splice(0, parent.length, ...parent.filter((_, index) => !keys.has(index)))
    else for (const key of keys) drop(parent, key)
  }
  return places.size > 0
}

function drop(parent: Node, key: PropertyKey): void {
  if (parent[key] === null) delete parent[key]
  else parent[key] = null
}

type Node = Record<PropertyKey, unknown>

/** The innermost thing on the path that is still there, in what holds it; undefined for the whole. */
function placeOf(root: unknown, path: Path): { parent: Node; key: PropertyKey } | undefined {
  const key = path.at(-1)
  if (key === undefined) return undefined
  const parent = path.slice(0, -1).reduce<unknown>((at, step) => (isNode(at) ? at[step] : undefined), root)
  return isNode(parent) && parent[key] !== undefined ? { parent, key } : placeOf(root, path.slice(0, -1))
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null
