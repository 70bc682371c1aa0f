import { type Base, formatUnits, isFailure, type Network, remaining, toBase } from '@waiaas/contract'
import { type Cache, cache } from '../../platform/cache.ts'
import type { Draft } from '../build.ts'
import { doubted, type Precheck, type Promised, totalOf } from '../follow.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import { readBody } from './draft.ts'
import { type Code, codeOf, readCode } from './gas.ts'
import { quantity, readQuantity } from './hex.ts'
import { balancesOf, type Holder } from './multicall.ts'
import { parseTransfer } from './read/erc20.ts'
import { revertOf } from './revert.ts'
import { NO_RECIPIENT, type Transaction } from './transaction.ts'

export type PrecheckParts = {
  readonly network: Network
  readonly rpc: Rpc
  readonly balances: Cache<Base>
  readonly readBalance: (address: string) => Promise<Base>
  /** The newest block that a node has shown. */
  readonly head: () => Promise<number>
  readonly clock: () => number
}

type Item = { readonly tx: Omit<Transaction, 'nonce'>; readonly need: bigint }
/** What an account is to spend. */
type Spending = { readonly sender: string; readonly items: readonly Item[] }
type Funds = { readonly balance: Base; readonly inflight: Base }
/** What an account is at a block, beside what is promised to its earlier transactions. */
type Account = Funds & { readonly code: Code; readonly block: string }
/** What one look found; `unclear` where a node could not tell. */
type Found = Precheck | null | 'unclear'
type Transfer = {
  readonly index: number
  readonly token: string
  readonly to: string
  readonly amount: Base
  readonly data: string
}

/** Finds drafts that would fail if they were sent now, one after the other. */
export function prechecker(parts: PrecheckParts) {
  const { network, rpc, balances, readBalance, head, clock } = parts
  // Only successes are remembered: a token may refuse today and not tomorrow.
  const passed = cache<true>({ freshMs: 60_000, staleMs: 60_000, clock })
  // A delegation (EIP-7702) of a sender should be seen soon, so this is not the minutes that do for recipients.
  const own = cache<Code>({ freshMs: 12_000, staleMs: 12_000, clock })

  /** As it was known lately, or as some node says. */
  async function lately(sender: string, promised: readonly Promised[]): Promise<Account> {
    const key = sender.toLowerCase()
    const code = await own.get(key, () => readCode(rpc, sender))
    const cached = balances.peek(key)
    const isFresh = cached !== undefined && cached.ageMs < network.blockMs
    const balance = isFresh ? cached.value : await balances.renew(key, () => readBalance(sender))
    return { code, balance, inflight: totalOf(promised), block: 'latest' }
  }

  /** As it is at the newest block: the balance may be from before money came in, and the promises from before they were kept. */
  async function now(sender: string, promised: readonly Promised[]): Promise<Account> {
    const block = quantity(await head())
    const { balance, nonce, code } = await readAccount(rpc, sender, block)
    balances.put(sender.toLowerCase(), balance)
    own.put(sender.toLowerCase(), code)
    const open = promised.filter((attempt) => attempt.nonce === null || attempt.nonce >= nonce)
    return { code, balance, inflight: totalOf(open), block }
  }

  async function look(account: Account, { sender, items }: Spending): Promise<Found[]> {
    const foreign = foreignCode(sender, account.code)
    if (foreign) return items.map(() => foreign)
    const results: Found[] = covered(network, items, account)
    const transfers = items.flatMap(({ tx }, index): Transfer[] => {
      const call = results[index] === null && tx.to !== NO_RECIPIENT ? parseTransfer(tx.data) : undefined
      return call ? [{ index, token: tx.to, to: call.to, amount: call.amount, data: tx.data }] : []
    })
    if (transfers.length === 0) return results
    const holder = { owner: sender, block: account.block }
    for (const [index, found] of await tokens({ rpc, passed }, holder, transfers)) results[index] = found
    return results
  }

  return async (
    sender: string,
    drafts: readonly Draft[],
    promised: readonly Promised[],
  ): Promise<(Precheck | null)[]> => {
    const items = drafts.map((draft) => {
      const tx = readBody(draft)
      return { tx, need: tx.value + draft.maxFee }
    })
    const first = (await look(await lately(sender, promised), { sender, items })).map(unlessUnclear)
    if (first.every((fault) => fault === null)) return first
    try {
      const sure = await look(await now(sender, promised), { sender, items })
      return sure.map((found, index) =>
        found === 'unclear' ? doubted(first[index]!, 'no node can tell of the newest block') : found,
      )
    } catch (error) {
      if (!(error instanceof RpcError || isFailure(error, 'CHAIN_ERROR'))) throw error
      return first.map((fault) => doubted(fault, `the newest block cannot be read: ${error.message.slice(0, 300)}`))
    }
  }
}

const unlessUnclear = (found: Found): Precheck | null => (found === 'unclear' ? null : found)

function foreignCode(sender: string, code: Code): Precheck | undefined {
  if (code.kind === 'none') return undefined
  const what = code.kind === 'delegated' ? `is delegated to ${code.to} (EIP-7702)` : 'has contract code'
  return {
    code: 'INVALID_TRANSACTION',
    message: `the account ${sender} ${what}, so that a transaction could do more than it says; nothing is sent from it`,
  }
}

/** A node that has not got this block answers with an error. */
async function readAccount(rpc: Rpc, address: string, block: string) {
  const methods = ['eth_getTransactionCount', 'eth_getBalance', 'eth_getCode']
  const answers = await rpc.batch(methods.map((method) => ({ method, params: [address, block] })))
  const [nonce, balance, code] = answers.map((answer) => {
    if ('error' in answer) throw answer.error
    return answer.result
  })
  return { nonce: readQuantity(nonce), balance: toBase(readQuantity(balance)), code: codeOf(code) }
}

function covered(network: Network, items: readonly Item[], { balance, inflight }: Funds): (Precheck | null)[] {
  let free = balance - inflight
  const units = (amount: bigint) => `${formatUnits(amount, network.native.decimals)} ${network.native.symbol}`
  return items.map(({ need }) => {
    if (need <= free) {
      free -= need
      return null
    }
    const promised = inflight > 0n ? `, ${units(inflight)} of it promised to earlier transactions` : ''
    return {
      code: 'INSUFFICIENT_BALANCE',
      message: `expected ${units(need)} for value and highest fee, the balance is ${units(balance)}${promised}`,
    }
  })
}

async function tokens(
  { rpc, passed }: { rpc: Rpc; passed: Cache<true> },
  { owner, block }: Holder,
  transfers: readonly Transfer[],
): Promise<Map<number, Found>> {
  const found = new Map<number, Found>()
  const addresses = [...new Set(transfers.map(({ token }) => token))]
  const balances = await balancesOf(rpc, { owner, block }, addresses)
  const free = new Map(addresses.map((token, index) => [token, balances[index]]))
  const dry: Transfer[] = []
  for (const transfer of transfers) {
    const balance = free.get(transfer.token)
    if (balance !== undefined && balance < transfer.amount) found.set(transfer.index, tooFew(transfer, balance))
    else {
      if (balance !== undefined) free.set(transfer.token, remaining(balance, transfer.amount))
      if (!passed.peek(keyOf(owner, transfer))) dry.push(transfer)
    }
  }
  const answers = await rpc.batch(
    dry.map(({ token, data }) => ({ method: 'eth_call', params: [{ from: owner, to: token, data }, block] })),
  )
  for (const [position, answer] of answers.entries()) {
    const transfer = dry[position]!
    const refused = 'error' in answer ? revertOf(answer.error) : refusedByResult(answer.result)
    if (refused) found.set(transfer.index, refused)
    else if ('result' in answer) passed.put(keyOf(owner, transfer), true)
    // Any other error is the node's, and says nothing about the transfer.
    else found.set(transfer.index, 'unclear')
  }
  return found
}

const keyOf = (owner: string, { token, to }: Transfer): string => `${owner.toLowerCase()} ${token} ${to}`

const tooFew = ({ token, amount }: Transfer, balance: Base): Precheck => ({
  code: 'INSUFFICIENT_BALANCE',
  message: `expected ${amount} base units of the token ${token}, the balance is ${balance}`,
})

// Old tokens return nothing when they succeed; others return false in place of a revert.
function refusedByResult(result: unknown): Precheck | undefined {
  if (typeof result !== 'string' || !/^0x0{64}$/.test(result)) return undefined
  return { code: 'INVALID_TRANSACTION', message: 'the token would refuse it: transfer returns false' }
}
