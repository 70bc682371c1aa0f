import {
  type AllOperations,
  type Command,
  inputSchema,
  isIdText,
  nameKey,
  type Operation,
  operations,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'
import { allWallets } from './wallets.ts'

type Row = Readonly<Record<string, unknown>>
type Input = Record<string, unknown>
/** Rows of the newest that are looked through for a name. */
const MOST = 1_000

/** The fields of a command that take an id alone, and were given something else. */
export function unknownIds({ places }: Pick<Command, 'places'>, op: Operation, input: Input): string[] {
  const { properties = {} } = inputSchema(op)
  const isId = (field: string) => (properties[field] as { format?: string } | undefined)?.format === 'uuid'
  return places.filter((field) => isId(field) && typeof input[field] === 'string' && !isIdText(input[field]))
}

/**
 * The input with ids in place of names, and of the short ids that tables show: both as the list of the same noun has them.
 * CommandError where nothing, or more than one thing, is called so.
 */
export async function withIds(command: Command, api: WAIaaSClient, input: Input): Promise<Input> {
  const op = operations[command.operation as keyof AllOperations]
  const found = { ...input }
  const [noun = '', ...more] = command.name.split(' ')
  for (const field of unknownIds(command, op, input)) {
    const given = String(input[field])
    // What a wallet has, such as an owner, is in no list of wallets.
    if (field !== 'id' && field !== `${noun}Id`)
      throw new CommandError(
        `expected the ${field.replace(/Id$/, ' id')}, got "${given.slice(0, 60)}"`,
        `waiaas ${[noun, ...more.slice(0, -1)].join(' ')} --help lists the command that shows it`,
      )
    found[field] = await idOf(noun, api, given)
  }
  return found
}

/** The id of the one that is called so in the list of a noun. CommandError where nothing, or more than one thing, is. */
export async function idOf(noun: string, api: WAIaaSClient, given: string): Promise<string> {
  const list = Object.entries(operations as Record<string, Operation>).find(
    ([, op]) => op.command === `${noun} list`,
  )?.[0]
  if (list === undefined) throw new CommandError(`expected the id of a ${noun}, got "${given.slice(0, 60)}"`)
  const { rows, isWhole } = await rowsOf(api, list as keyof AllOperations)
  // Of a part of a list nobody knows whether a name is said once.
  const matches = rows.filter((row) => endsIn(row, given) || (isWhole && isCalled(row, given)))
  const ids = [...new Set(matches.map(({ id }) => String(id)))]
  if (ids.length === 1) return ids[0]!
  if (ids.length === 0)
    throw new CommandError(`no ${noun} is called "${given.slice(0, 60)}"`, `waiaas ${noun} list shows what there is`)
  throw new CommandError(`${ids.length} are called "${given.slice(0, 60)}": ${ids.join(', ')}`, 'give the id of one')
}

const endsIn = ({ id }: Row, given: string): boolean => /^[0-9a-f]{12}$/.test(given) && String(id).endsWith(`-${given}`)
const isCalled = ({ name }: Row, given: string): boolean => typeof name === 'string' && nameKey(name) === nameKey(given)

/** The rows of a list, page by page, as far as anybody looks. */
async function rowsOf(api: WAIaaSClient, list: keyof AllOperations): Promise<{ rows: Row[]; isWhole: boolean }> {
  // An operation's method takes its input and answers a page.

  const call = api[list] as (input: Input) => Promise<Row>
  const rows: Row[] = []
  let cursor: unknown
  do {
    const page = await call(cursor === undefined ? {} : { cursor })
    const some = Object.values(page).find((field) => Array.isArray(field)) as Row[] | undefined
    rows.push(...(some ?? []))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined && rows.length < MOST)
  return { rows, isWhole: cursor === undefined }
}

/** A list with the names of wallets in place of their ids, where its rows have ids alone. */
export async function withWalletNames(api: WAIaaSClient, answer: unknown): Promise<unknown> {
  const [field, rows] = Object.entries((answer ?? {}) as Row).find(([, one]) => isListOfWallets(one)) ?? []
  if (field === undefined) return answer
  const names = new Map((await allWallets(api)).map(({ id, name }) => [id, name]))
  const named = (rows as Row[]).map((row) => ({ ...row, walletId: names.get(String(row.walletId)) ?? row.walletId }))
  return { ...(answer as Row), [field]: named }
}

const isListOfWallets = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.some((row) => typeof row?.walletId === 'string') &&
  value.every((row) => row?.walletName === undefined)
