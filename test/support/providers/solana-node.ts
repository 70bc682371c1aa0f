import type { Habits, SolanaHabits } from './profile.ts'
import type { Call, Node, Reply } from './wire.ts'

type Entry = Record<string, unknown>
const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null

/** A Solana node with the habits of a profile, `lag` slots behind the real one. */
export function solanaNode({ solana = {} }: Habits, node: Node) {
  return async (calls: readonly Call[], lag: number): Promise<Reply[]> => {
    const answers = await node(calls)
    return answers.map((reply, index) => told(solana, calls[index]!, { reply, lag }))
  }
}

function told(solana: SolanaHabits, { method }: Call, { reply, lag }: { reply: Reply; lag: number }): Reply {
  if (!('result' in reply)) return reply
  const { result } = reply
  if (method === 'getRecentPrioritizationFees' && solana.fees !== undefined) return { result: solana.fees }
  if (method === 'getAccountInfo' || method === 'getMultipleAccounts') return { result: accounts(solana, result) }
  return lag > 0 ? { result: earlier(method, result, lag) } : reply
}

function accounts({ rentEpoch }: SolanaHabits, result: unknown): unknown {
  if (rentEpoch === undefined || !isEntry(result)) return result
  const odd = (account: unknown) => (isEntry(account) ? { ...account, rentEpoch } : account)
  return { ...result, value: Array.isArray(result.value) ? result.value.map(odd) : odd(result.value) }
}

/** What the node could tell so many slots ago; balances are as they are, for they carry their slot. */
function earlier(method: string, result: unknown, lag: number): unknown {
  if (!isEntry(result)) return method === 'getSlot' || method === 'getBlockHeight' ? Number(result) - lag : result
  const before = (value: unknown) => Math.max(0, Number(value) - lag)
  if (method === 'getEpochInfo')
    return { ...result, absoluteSlot: before(result.absoluteSlot), blockHeight: before(result.blockHeight) }
  if (method !== 'getSignatureStatuses' || !isEntry(result.context) || !Array.isArray(result.value)) return result
  const slot = before(result.context.slot)
  const known = (status: unknown) => (isEntry(status) && Number(status.slot) <= slot ? status : null)
  return { context: { ...result.context, slot }, value: result.value.map(known) }
}
