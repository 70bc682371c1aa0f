import {
  type Compilable,
  createQueryId,
  DummyDriver,
  InsertQueryNode,
  Kysely,
  type OperationNodeSource,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  SqliteAdapter,
  SqliteIntrospector,
  ValuesNode,
} from 'kysely'
import { SqliteCompiler } from './sqlite-compiler.ts'
import type { Tables } from './tables.ts'

export type Engine = 'sqlite' | 'postgres'

/** What a column holds: booleans are 0 or 1, JSON and money are text, instants are safe integers. */
export type SqlValue = string | number | null

/** What a query builder callback gives back: a Kysely builder, or `sql` template text. */
export type Query<R> = (Compilable<R> & OperationNodeSource) | RawBuilder<R>

type Builder = Kysely<Tables>
type Placeholders<P> = <K extends keyof P & string>(name: K) => P[K]
/** `R = void` is for statements whose rows nobody reads: any builder will do. */
// biome-ignore lint/suspicious/noConfusingVoidType: it is a type argument, tested for here
type Result<R> = [R] extends [void] ? unknown : R

declare const types: unique symbol

/** A query that is built and compiled once per engine, with parameters by name. Made by `statement`. */
export type Statement<P, R> = {
  readonly [types]?: (params: P) => R
  readonly build: (db: Builder, p: (name: string) => Placeholder) => Query<unknown>
  /** By engine and number of rows of values; undefined where there is no such form. */
  readonly compiled: Record<Engine, Map<number, Compiled | undefined>>
}

export type AnyStatement = Statement<never, unknown>

/** Parameters of a statement without any. */
export type NoParams = Record<never, never>

/** SQL text of one engine and where each of its positional values comes from. */
export type Compiled = {
  readonly sql: string
  /** Name under which Postgres keeps the prepared statement; undefined for a query that is used once. */
  readonly name: string | undefined
  readonly slots: readonly Slot[]
}

type Slot = { readonly param: string } | { readonly constant: SqlValue }

/**
 * Declares a query once; `p('name')` stands for a parameter and has its type. Result columns are checked against `R`.
 * In an upsert write `excluded.name` for the new value: then `many` takes many rows at once.
 * `count` is a number on both engines; `sum` of integers is text on Postgres, so cast it: `cast(sum(x) as bigint)`.
 */
export function statement<P extends { [K in keyof P]: SqlValue }, R = void>(
  build: (db: Builder, p: Placeholders<P>) => Query<Result<R>>,
): Statement<P, R> {
  // A placeholder takes the place of a value only while the query is built, so it may pass for the value's type.
  return { build: build as unknown as Statement<P, R>['build'], compiled: { sqlite: new Map(), postgres: new Map() } }
}

class Placeholder {
  readonly param: string
  constructor(param: string) {
    this.param = param
  }
}

const builders: Record<Engine, Builder> = {
  sqlite: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteCompiler(),
    },
  }),
  postgres: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
}

/** The statement's SQL for one engine; compiled at first use. */
export function compiledFor(statement: AnyStatement, engine: Engine): Compiled {
  const known = statement.compiled[engine].get(1)
  if (known) return known
  const compiled = compile(root(statement, engine), engine, `s${++named}`)
  statement.compiled[engine].set(1, compiled)
  return compiled
}

/** The insert with `count` rows of values, or undefined when it has parameters outside its values. */
export function compiledForRows(statement: AnyStatement, count: number, engine: Engine): Compiled | undefined {
  const forms = statement.compiled[engine]
  if (!forms.has(count)) forms.set(count, compileRows(statement, count, engine))
  return forms.get(count)
}

function compileRows(statement: AnyStatement, count: number, engine: Engine): Compiled | undefined {
  const node = root(statement, engine)
  if (!InsertQueryNode.is(node) || !node.values || !ValuesNode.is(node.values)) return undefined
  const [row, second] = node.values.values
  if (!row || second) return undefined
  const values = ValuesNode.create(Array<typeof row>(count).fill(row))
  const compiled = compile(InsertQueryNode.cloneWith(node, { values }), engine, `s${++named}`)
  const single = compiledFor(statement, engine)
  return compiled.slots.length === count * single.slots.length ? compiled : undefined
}

/** Compiles a query that is built anew each time, such as a list with optional filters. */
export const compileOnce = (build: (db: Builder) => Query<unknown>, engine: Engine): Compiled =>
  compile(build(builders[engine]).toOperationNode() as Root, engine, undefined)

type Root = Parameters<ReturnType<Builder['getExecutor']>['compileQuery']>[0]

// The root node of any builder is one of those in Root; only the builders' common interface is wider.
const root = (statement: AnyStatement, engine: Engine): Root =>
  statement.build(builders[engine], (name) => new Placeholder(name)).toOperationNode() as Root

let named = 0

function compile(node: Root, engine: Engine, name: string | undefined): Compiled {
  const { sql, parameters } = builders[engine].getExecutor().compileQuery(node, createQueryId())
  const slots = parameters.map(
    (value): Slot => (value instanceof Placeholder ? value : { constant: checked(value, sql) }),
  )
  return { sql, name, slots }
}

/** Positional values of one row of parameters, appended to `into`. Throws on a missing or unstorable value. */
export function bind(compiled: Compiled, params: unknown, into: SqlValue[] = []): SqlValue[] {
  // Statement<P, R> says which names there are; each value is checked below all the same.
  const named = params as Record<string, unknown>
  for (const slot of compiled.slots) {
    if ('param' in slot) {
      const value = named?.[slot.param]
      into.push(typeof value === 'string' ? value : checked(value, `parameter ${slot.param} of ${compiled.sql}`))
    } else into.push(slot.constant)
  }
  return into
}

function checked(value: unknown, where: string): SqlValue {
  if (typeof value === 'string' || value === null || Number.isSafeInteger(value)) return value as SqlValue
  const came = typeof value === 'number' ? `the number ${value}` : value === undefined ? 'nothing' : `a ${typeof value}`
  throw new TypeError(`expected text, a safe integer or null, got ${came}: ${where}`)
}
