import { assetKey, type Effect, type Network, tokenAsset } from '@waiaas/contract'
import { fieldsOf } from '../../answers.ts'
import { isUnsupported } from '../../refusals.ts'
import { type Rpc, RpcError } from '../../rpc.ts'
import { functions } from '../erc20.ts'
import { quantity, readQuantity } from '../hex.ts'
import { numberOf, runFirst } from './blocks.ts'
import { reachedIn } from './by-trace.ts'
import { MOST_TOUCHED } from './questions.ts'
import { touchedWith } from './touched.ts'

/** So that all of them fit a block, and one that uses all that it gets leaves enough for the others. */
const GAS_EACH = 300_000n

/** A transaction in a block, in lower case what it is of. */
type Landed = { readonly hash: string; readonly block: { readonly hash: unknown; readonly height: bigint } }
/** Whose call it was, and what it was judged to do. */
type Asked = Landed & { readonly network: Network; readonly me: string; readonly judged: readonly Effect[] }

/**
 * Tokens that a call in a block may have taken without a word, each with what there was of it before, where that is told: those
 * that it was judged to take, and all that it has reached, or reaches upon the block before where no trace tells. They are asked as if in its block: some tell less
 * as time goes by, and nothing of that was taken.
 */
export async function silentTokens(rpc: Rpc, asked: Asked): Promise<ReadonlyMap<string, bigint | undefined>> {
  const judged = judgedTokens(asked)
  try {
    const { tx, time } = await inBlock(rpc, asked)
    const { height } = asked.block
    const reached = (await tracedBy(rpc, asked)) ?? (await touchedWith(rpc, tx, quantity(height - 1n))).accounts
    const all = [...new Set([...judged, ...reached])].filter((one) => one !== asked.me).slice(0, MOST_TOUCHED)
    const data = functions.balanceOf.encode([asked.me])
    const calls = all.map((to) => ({ from: asked.me, to, data, gas: quantity(GAS_EACH) }))
    const had = (await runFirst(rpc, { height, time }, calls)).map(numberOf)
    // What there is nothing of, nobody takes.
    const isLooked = (token: string, amount = 0n): boolean => amount > 0n || judged.includes(token)
    return new Map(
      all.map((token, at) => [token, had[at]] as const).filter(([token, amount]) => isLooked(token, amount)),
    )
  } catch {
    // Of an endpoint that cannot run anything in that block, those that were judged are told by their state alone.
    return new Map(judged.map((token) => [token, undefined]))
  }
}

const judgedTokens = ({ network, judged }: Asked): string[] => {
  const prefix = assetKey(tokenAsset(network, '0x'))
  const taken = judged.flatMap((one) => (one.kind === 'outflow' ? [assetKey(one.asset)] : []))
  return [...new Set(taken)].flatMap((asset) => (asset.startsWith(prefix) ? [`0x${asset.slice(prefix.length)}`] : []))
}

async function tracedBy(rpc: Rpc, { hash }: Landed): Promise<readonly string[] | undefined> {
  try {
    return [...reachedIn(await rpc.call('debug_traceTransaction', [hash, { tracer: 'callTracer' }]))]
  } catch (error) {
    if (error instanceof RpcError && isUnsupported(error)) return undefined
    throw error
  }
}

/** The transaction as nodes take it, and the time of its block. */
async function inBlock(rpc: Rpc, { hash, block }: Landed): Promise<{ tx: object; time: bigint }> {
  const [sent, header] = await Promise.all([
    rpc.call('eth_getTransactionByHash', [hash]),
    rpc.call('eth_getBlockByHash', [block.hash, false]),
  ])
  const { from, to, value, input, gas, ...more } = fieldsOf(sent, 'a transaction')
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas, accessList } = more
  const price = maxFeePerGas === undefined ? { gasPrice } : { maxFeePerGas, maxPriorityFeePerGas }
  const call = { from, ...(to ? { to } : {}), value, data: input, gas, ...(accessList ? { accessList } : {}) }
  return { tx: { ...call, ...price }, time: readQuantity(fieldsOf(header, 'a block').timestamp) }
}
