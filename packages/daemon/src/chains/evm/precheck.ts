import { type Base, formatUnits, type Network, remaining, toBase } from '@waiaas/contract'
import type { Draft } from '../build.ts'
import { type Precheck, type Promised, totalOf } from '../follow.ts'
import type { Rpc } from '../rpc.ts'
import type { Cache } from './cache.ts'
import { cache } from './cache.ts'
import { readBody } from './draft.ts'
import { type Code, readCode } from './gas.ts'
import { readQuantity } from './hex.ts'
import { balancesOf } from './multicall.ts'
import { parseTransfer } from './read/erc20.ts'
import { revertOf } from './revert.ts'
import type { Transaction } from './transaction.ts'

export type PrecheckParts = {
  readonly network: Network
  readonly rpc: Rpc
  readonly balances: Cache<Base>
  readonly readBalance: (address: string) => Promise<Base>
  readonly clock: () => number
}

type Item = { readonly tx: Omit<Transaction, 'nonce'>; readonly need: bigint }
/** What an account is to spend, beside what is promised to its earlier transactions. */
type Spending = {
  readonly sender: string
  readonly items: readonly Item[]
  readonly promised: readonly Promised[]
}
type Transfer = {
  readonly index: number
  readonly token: string
  readonly to: string
  readonly amount: Base
  readonly data: string
}

/** Finds drafts that would fail if they were sent now, one after the other. */
export function prechecker(parts: PrecheckParts) {
  // Only successes are remembered: a token may refuse today and not tomorrow.
  const passed = cache<true>({ freshMs: 60_000, staleMs: 60_000, clock: parts.clock })
  // A delegation (EIP-7702) of a sender should be seen soon, so this is not the minutes that do for recipients.
  const own = cache<Code>({ freshMs: 12_000, staleMs: 12_000, clock: parts.clock })
  return async (
    sender: string,
    drafts: readonly Draft[],
    promised: readonly Promised[],
  ): Promise<(Precheck | null)[]> => {
    const items = drafts.map((draft) => {
      const tx = readBody(draft)
      return { tx, need: tx.value + draft.maxFee }
    })
    const foreign = foreignCode(sender, await own.get(sender.toLowerCase(), () => readCode(parts.rpc, sender)))
    if (foreign) return items.map(() => foreign)
    const results = await native(parts, { sender, items, promised })
    const transfers = items.flatMap(({ tx }, index): Transfer[] => {
      const call = results[index] === null ? parseTransfer(tx.data) : undefined
      return call ? [{ index, token: tx.to, to: call.to, amount: call.amount, data: tx.data }] : []
    })
    if (transfers.length === 0) return results
    for (const [index, found] of await tokens({ ...parts, passed }, sender, transfers)) results[index] = found
    return results
  }
}

function foreignCode(sender: string, code: Code): Precheck | undefined {
  if (code.kind === 'none') return undefined
  const what = code.kind === 'delegated' ? `is delegated to ${code.to} (EIP-7702)` : 'has contract code'
  return {
    code: 'INVALID_TRANSACTION',
    message: `the account ${sender} ${what}, so that a transaction could do more than it says; nothing is sent from it`,
  }
}

async function native(
  { network, rpc, balances, readBalance }: PrecheckParts,
  { sender, items, promised }: Spending,
): Promise<(Precheck | null)[]> {
  const key = sender.toLowerCase()
  const cached = balances.peek(key)
  const isFresh = cached !== undefined && cached.ageMs < network.blockMs
  const first = isFresh ? cached.value : await balances.renew(key, () => readBalance(sender))
  const results = covered(network, items, { balance: first, inflight: totalOf(promised) })
  if (results.every((result) => result === null)) return results
  // The balance may be from before money came in, and the promises from before they were paid out of it.
  const { balance, nonce } = await readAccount(rpc, sender)
  balances.put(key, balance)
  const open = promised.filter((attempt) => attempt.nonce === null || attempt.nonce >= nonce)
  return covered(network, items, { balance, inflight: totalOf(open) })
}

async function readAccount(rpc: Rpc, address: string): Promise<{ balance: Base; nonce: bigint }> {
  // In this order what lands between the two counts twice for a moment, rather than not at all.
  const methods = ['eth_getTransactionCount', 'eth_getBalance']
  const answers = await rpc.batch(methods.map((method) => ({ method, params: [address, 'latest'] })))
  const [nonce, balance] = answers.map((answer) => {
    if ('error' in answer) throw answer.error
    return readQuantity(answer.result)
  })
  return { balance: toBase(balance!), nonce: nonce! }
}

type Funds = { readonly balance: Base; readonly inflight: Base }

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
  sender: string,
  transfers: readonly Transfer[],
): Promise<Map<number, Precheck>> {
  const found = new Map<number, Precheck>()
  const addresses = [...new Set(transfers.map(({ token }) => token))]
  const balances = await balancesOf(rpc, sender, addresses)
  const free = new Map(addresses.map((token, index) => [token, balances[index]]))
  const dry: Transfer[] = []
  for (const transfer of transfers) {
    const balance = free.get(transfer.token)
    if (balance !== undefined && balance < transfer.amount) found.set(transfer.index, tooFew(transfer, balance))
    else {
      if (balance !== undefined) free.set(transfer.token, remaining(balance, transfer.amount))
      if (!passed.peek(keyOf(sender, transfer))) dry.push(transfer)
    }
  }
  const answers = await rpc.batch(
    dry.map(({ token, data }) => ({ method: 'eth_call', params: [{ from: sender, to: token, data }, 'latest'] })),
  )
  for (const [position, answer] of answers.entries()) {
    const transfer = dry[position]!
    const refused = 'error' in answer ? revertOf(answer.error) : refusedByResult(answer.result)
    if (refused) found.set(transfer.index, refused)
    // Any other error is the node's, and says nothing about the transfer.
    else if ('result' in answer) passed.put(keyOf(sender, transfer), true)
  }
  return found
}

const keyOf = (sender: string, { token, to }: Transfer): string => `${sender.toLowerCase()} ${token} ${to}`

const tooFew = ({ token, amount }: Transfer, balance: Base): Precheck => ({
  code: 'INSUFFICIENT_BALANCE',
  message: `expected ${amount} base units of the token ${token}, the balance is ${balance}`,
})

// Old tokens return nothing when they succeed; others return false in place of a revert.
function refusedByResult(result: unknown): Precheck | undefined {
  if (typeof result !== 'string' || !/^0x0{64}$/.test(result)) return undefined
  return { code: 'INVALID_TRANSACTION', message: 'the token would refuse it: transfer returns false' }
}
