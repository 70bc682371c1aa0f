import { type Address, type Instruction, isSignerRole } from '@solana/kit'
import { Failure, type Network } from '@waiaas/contract'
import { OddAnswer } from '../answers.ts'
import { bordered } from '../border.ts'
import type { LookedUp, ProgramInstruction } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { Contradiction, ofTwo } from '../two-endpoints.ts'
import type { ReadAccount } from './accounts.ts'
import { accountsIn, finalAccountsCall } from './accounts.ts'
import { addressText } from './base58.ts'
import { lookupTableProgram } from './programs.ts'
import { isRead } from './read/all.ts'
import { parseAddress } from './recipients.ts'

// Layout: https://docs.rs/solana-address-lookup-table-interface
const KIND = 1
const DEACTIVATION_AT = 4
const ACTIVE = 2n ** 64n - 1n
const HEADER = 56
const KEY = 32

/** The entries of a table that nobody can change any more, or why it is none. */
type Table = readonly Address[] | string

export type LookupTables = ReturnType<typeof lookupTables>

/** Address lookup tables, as two endpoints tell them where two are configured. */
export function lookupTables(network: Network, witnesses: readonly Rpc[]) {
  const read = bordered(network)(tablesOf)
  const told = (tables: readonly string[]) => ofTwo(witnesses, (rpc) => read(rpc, tables))

  return {
    /** Where tables have the accounts of instructions; an account that several have is taken from the first. */
    async find(instructions: readonly ProgramInstruction[], named: readonly string[]): Promise<LookedUp[]> {
      if (named.length === 0) return []
      const tables = [...new Set(named.map(parseAddress))]
      const wanted = new Set(instructions.flatMap(({ accounts }) => accounts.map(({ address }) => address)))
      return agreed(
        network,
        tables,
        (await told(tables)).map((said) => foundIn(said, tables, wanted)),
      )
    },
    /** What stands at places of tables. Failures as those of `find`. */
    async at(places: readonly Pick<LookedUp, 'table' | 'at'>[]): Promise<LookedUp[]> {
      if (places.length === 0) return []
      const tables = [...new Set(places.map(({ table }) => parseAddress(table)))]
      return agreed(
        network,
        tables,
        (await told(tables)).map((said) => standingIn(new Map(tables.map((table, at) => [table, said[at]!])), places)),
      )
    },
    /** Why these do not stand there now as they did; undefined where they do. */
    async change(lookups: readonly LookedUp[]): Promise<string | undefined> {
      if (lookups.length === 0) return undefined
      const tables = [...new Set(lookups.map(({ table }) => table))]
      const [first, second = first] = (await told(tables)).map((said) => changeIn(said, tables, lookups))
      if (first !== second)
        throw new Contradiction(`two endpoints of ${network.id} tell different things of its lookup tables`)
      return first
    },
  }
}

type Found = readonly (string | readonly LookedUp[])[]

/** What all have found alike. Failure INVALID_TRANSACTION of what is a fault. */
function agreed({ id }: Network, tables: readonly string[], found: readonly Found[]): LookedUp[] {
  const [first = [], second = first] = found
  if (JSON.stringify(first) !== JSON.stringify(second))
    throw new Contradiction(
      `two endpoints of ${id} tell different things of the lookup tables ${tables.join(', ')}; ask again when they agree`,
    )
  return first.flatMap((one) => {
    if (typeof one === 'string') throw new Failure('INVALID_TRANSACTION', one)
    return one
  })
}

const standingIn = (said: ReadonlyMap<string, Table>, places: readonly Pick<LookedUp, 'table' | 'at'>[]): Found =>
  places.map(({ table, at }) => {
    const entries = said.get(table)!
    if (typeof entries === 'string') return entries
    const address = entries[at]
    return address ? [{ table, at, address }] : `the lookup table ${table} has nothing at place ${at}`
  })

function foundIn(said: readonly Table[], tables: readonly string[], wanted: ReadonlySet<string>) {
  const open = new Set(wanted)
  return said.map((entries, index): string | LookedUp[] => {
    if (typeof entries === 'string') return entries
    return entries.flatMap((address, at) => (open.delete(address) ? [{ table: tables[index]!, at, address }] : []))
  })
}

function changeIn(said: readonly Table[], tables: readonly string[], lookups: readonly LookedUp[]): string | undefined {
  const byName = new Map(tables.map((table, index) => [table, said[index]]))
  for (const { table, at, address } of lookups) {
    const entries = byName.get(table)
    if (typeof entries === 'string') return entries
    if (entries?.[at] !== address)
      return `the lookup table ${table} has ${entries?.[at] ?? 'nothing'} at place ${at}, where it had ${address} when this was decided on`
  }
  return undefined
}

async function tablesOf(rpc: Rpc, tables: readonly string[]): Promise<Table[]> {
  const { method, params } = finalAccountsCall(tables)
  const accounts = accountsIn([await rpc.call(method, params)], tables.length)
  return accounts.map((account, index) => tableIn(tables[index]!, account))
}

function tableIn(table: string, account: ReadAccount | null): Table {
  if (!account) return `expected an address lookup table at ${table}, got no account that is final`
  const data = Buffer.from(account.data)
  if (account.owner !== lookupTableProgram || data.length < HEADER || data.readUInt32LE(0) !== KIND)
    return `expected an address lookup table at ${table}, got another account`
  if ((data.length - HEADER) % KEY !== 0) throw new OddAnswer('a lookup table of whole addresses', data.length)
  if (data.readBigUInt64LE(DEACTIVATION_AT) !== ACTIVE)
    return `expected a lookup table that stays, got ${table}, which is being taken down; name another one, or none`
  return Array.from({ length: (data.length - HEADER) / KEY }, (_, at) =>
    addressText(data.subarray(HEADER + at * KEY, HEADER + (at + 1) * KEY)),
  )
}

/**
 * The same instructions with the accounts that tables have by their places. What signs or runs stays in the message, as
 * does each account of a program that is read: the signer believes no table, and reads only what the bytes show.
 */
export function withLookups(
  sender: Address,
  instructions: readonly Instruction[],
  lookups: readonly LookedUp[],
): readonly Instruction[] {
  if (lookups.length === 0) return instructions
  const shown = new Set<string>([sender])
  for (const { programAddress, accounts = [] } of instructions) {
    shown.add(programAddress)
    for (const { address, role } of accounts) if (isRead(programAddress) || isSignerRole(role)) shown.add(address)
  }
  const places = new Map(lookups.map((one) => [one.address, one]))
  return instructions.map((instruction) => ({
    ...instruction,
    accounts: (instruction.accounts ?? []).map((account) => {
      const place = shown.has(account.address) ? undefined : places.get(account.address)
      if (!place || isSignerRole(account.role)) return account
      // A table was named by an address.
      const lookupTableAddress = place.table as Address
      return { address: account.address, role: account.role, addressIndex: place.at, lookupTableAddress }
    }),
  }))
}
