import { recoverTransactionAddress } from 'viem'
import { parseTransaction } from 'viem/utils'
import type { EvmHabits, Habits, Refusal } from './profile.ts'
import type { Call, Node, Reply } from './wire.ts'

type Entry = Record<string, unknown>
const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null
const hex = (value: number | bigint) => `0x${value.toString(16)}`
const error = (refusal: Refusal): Reply =>
  refusal === 'hangs up' || typeof refusal.says === 'string'
    ? { error: { code: -32603, message: '' } }
    : { error: refusal.says }

/** Which parameter names a block, by method. */
const blockAt: Readonly<Record<string, number>> = {
  eth_getBlockByNumber: 0,
  eth_getBlockReceipts: 0,
  eth_getBalance: 1,
  eth_getTransactionCount: 1,
  eth_getCode: 1,
  eth_call: 1,
}
const ofStates = ['eth_getBalance', 'eth_getTransactionCount', 'eth_getCode', 'eth_call']

/** An EVM node with the habits of a profile, `lag` blocks behind the real one. */
export function evmNode({ evm = {} }: Habits, node: Node) {
  const senders = new Set<string>()
  return async (calls: readonly Call[], lag: number): Promise<Reply[]> => {
    const at = { head: lag > 0 || evm.states ? (await height(node)) - lag : Number.MAX_SAFE_INTEGER, lag }
    const refused = calls.map((each) => refusedBy(evm, each, at))
    const asked = calls.filter((_, index) => !refused[index])
    if (evm.receipts?.foreign) for (const sender of await sendersOf(asked)) senders.add(sender)
    const answers = asked.length === 0 ? [] : await node(asked.map((each) => placed(each, at)))
    return calls.map((each, index) => refused[index] ?? told(evm, each, { ...at, reply: answers.shift()!, senders }))
  }
}

async function height(node: Node): Promise<number> {
  const [reply] = await node([{ method: 'eth_blockNumber', params: [] }])
  return reply && 'result' in reply ? Number(reply.result) : 0
}

type At = { readonly head: number; readonly lag: number }

function refusedBy(evm: EvmHabits, { method, params }: Call, { head, lag }: At): Reply | undefined {
  const block = blockAt[method] === undefined ? undefined : params[blockAt[method]]
  if (typeof block === 'string') {
    if (evm.tags?.unknown.includes(block)) return error(evm.tags.refusal)
    const height = /^0x/.test(block) ? Number(block) : head
    if (lag > 0 && height > head)
      return ofStates.includes(method) ? { error: { code: -32000, message: 'header not found' } } : { result: null }
    if (evm.states && ofStates.includes(method) && height < head - evm.states.blocks) return error(evm.states.refusal)
  }
  if (method === 'eth_sendRawTransaction' && (evm.tip || evm.isLegacy)) return refusedBytes(evm, String(params[0]))
  return undefined
}

function refusedBytes({ tip, isLegacy }: EvmHabits, bytes: string): Reply | undefined {
  const transaction = parseTransaction(bytes as `0x${string}`)
  if (isLegacy && transaction.type !== 'legacy')
    return { error: { code: -32000, message: 'transaction type not supported' } }
  const offered = transaction.maxPriorityFeePerGas ?? transaction.gasPrice ?? 0n
  if (!tip || offered >= tip.least) return undefined
  const reply = error(tip.refusal)
  if ('error' in reply)
    reply.error = {
      ...reply.error,
      message: reply.error.message.replace('%tip', `${offered}`).replace('%least', `${tip.least}`),
    }
  return reply
}

const sendersOf = (calls: readonly Call[]): Promise<string[]> =>
  Promise.all(
    calls
      .filter(({ method }) => method === 'eth_sendRawTransaction')
      .map(async ({ params }) =>
        (await recoverTransactionAddress({ serializedTransaction: params[0] as `0x02${string}` })).toLowerCase(),
      ),
  )

/** The same question about the block that is the newest here. */
function placed(each: Call, { head, lag }: At): Call {
  const position = blockAt[each.method]
  const block = position === undefined ? undefined : each.params[position]
  if (lag === 0 || position === undefined || (block !== 'latest' && block !== 'pending')) return each
  return { ...each, params: each.params.with(position, hex(head)) }
}

type Told = At & { readonly reply: Reply; readonly senders: ReadonlySet<string> }

function told(evm: EvmHabits, { method }: Call, { head, lag, reply, senders }: Told): Reply {
  if ('error' in reply) return reply
  const { result } = reply
  const isAhead = lag > 0 && isEntry(result) && Number(result.blockNumber ?? 0) > head
  if (method === 'eth_blockNumber' && lag > 0) return { result: hex(head) }
  if (method === 'eth_maxPriorityFeePerGas' && evm.tip) return { result: hex(evm.tip.suggests) }
  if (method === 'eth_gasPrice' && evm.tip) return { result: hex(BigInt(String(result)) + evm.tip.suggests) }
  if (method === 'eth_getBlockByNumber' && isEntry(result) && evm.isLegacy) {
    const { baseFeePerGas: _, ...block } = result
    return { result: block }
  }
  if (method === 'eth_getTransactionByHash' && isAhead)
    return { result: { ...result, blockHash: null, blockNumber: null, transactionIndex: null } }
  if (method === 'eth_getTransactionReceipt' && isEntry(result))
    return { result: isAhead ? null : receipt(evm, 'single', result, senders) }
  if (method === 'eth_getBlockReceipts' && Array.isArray(result)) {
    const receipts = result.map((each: Entry) => receipt(evm, 'ofBlock', each, senders))
    return { result: evm.systemReceipts && receipts[0] ? [...receipts, systemReceipt(receipts[0])] : receipts }
  }
  return reply
}

function receipt(
  { receipts = {} }: EvmHabits,
  where: 'single' | 'ofBlock',
  value: Entry,
  senders: ReadonlySet<string>,
): Entry {
  const isForeign = !senders.has(String(value.from))
  return { ...value, ...receipts[where], ...(isForeign && receipts.foreign) }
}

const nobody = `0x${'0'.repeat(40)}`
const systemReceipt = (beside: Entry): Entry => ({
  ...beside,
  transactionHash: `0x${String(beside.blockHash).slice(2).split('').reverse().join('')}`,
  from: nobody,
  to: nobody,
  gasUsed: '0x0',
  cumulativeGasUsed: null,
  effectiveGasPrice: null,
  logs: null,
})
