import { createHash } from 'node:crypto'
import { type Hex, keccak256 } from 'viem'
import { addressText } from '../../packages/daemon/src/chains/solana/base58.ts'
import type { HttpAnswer } from './providers/wire.ts'

/**
 * What may befall a request to a node. Behind `answered` the node has got it. `dropped`: what is sent is taken, and is
 * gone. `reversed`: the node does what is asked in the other order. `behind`: its newest block is not there yet, while all
 * else is known.
 */
export type Fault =
  | { readonly kind: 'cut' | 'late' | 'twice' | 'answer lost' | 'dropped' | 'reversed' | 'behind' }
  | { readonly kind: 'answered'; readonly answer: NonNullable<HttpAnswer> }

const html = { 'content-type': 'text/html' }
const json = { 'content-type': 'application/json' }
const answered = (status: number, headers: Record<string, string>, text: string): Fault => ({
  kind: 'answered',
  answer: { status, headers, text },
})
const FAULTS: readonly Fault[] = [
  { kind: 'cut' },
  { kind: 'late' },
  { kind: 'twice' },
  { kind: 'answer lost' },
  { kind: 'dropped' },
  { kind: 'reversed' },
  { kind: 'behind' },
  answered(
    429,
    { ...json, 'retry-after': '1' },
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"rate limit"}}',
  ),
  answered(503, html, '<html><body>Service Unavailable</body></html>'),
  answered(200, html, '<!doctype html><title>Please log in</title>'),
  answered(200, json, '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error"}}'),
  answered(200, json, '{"jsonrpc":"2.0","id":1,"resu'),
  answered(502, json, ''),
]

/** Gives a share of requests a fault each, the same for the same seed and number of the request. */
export function randomFaults(share: number, seed: string): () => Fault | undefined {
  let count = 0
  return () => {
    const [chance, which] = new Uint32Array(
      createHash('sha256').update(`${seed} ${++count}`).digest().buffer.slice(0, 8),
    )
    return chance! < share * 2 ** 32 ? FAULTS[which! % FAULTS.length] : undefined
  }
}

export type Call = { id: unknown; method: string; params: readonly unknown[] }
type Answer = { id: unknown; result?: unknown }
/** A node, or what stands before it. */
export type Ask = (calls: readonly Call[]) => Promise<Answer[]>

/** Answers sends with the names of what was sent, and hands on the rest. */
export async function dropping(calls: readonly Call[], ask: Ask): Promise<Answer[]> {
  const isSend = ({ method }: Call) => NAMES[method] !== undefined
  const others = calls.filter((call) => !isSend(call))
  const known = others.length > 0 ? await ask(others) : []
  const named = calls.filter(isSend).map(({ id, method, params }) => ({
    ...{ jsonrpc: '2.0', id, result: NAMES[method]!(String(params[0])) },
  }))
  return [...known, ...named]
}
const NAMES: Record<string, (bytes: string) => string> = {
  eth_sendRawTransaction: (bytes) => keccak256(bytes as Hex),
  // Its first signature, behind the count of them.
  sendTransaction: (bytes) => addressText(Buffer.from(bytes, 'base64').subarray(1, 65)),
}

/** Answers of blocks as if the newest was not there; receipts, pools and accounts are of now. */
export async function lagging(calls: readonly Call[], ask: Ask): Promise<Answer[]> {
  if (!calls.some(({ method }) => BLOCKS.includes(method))) return ask(calls)
  const asked = { jsonrpc: '2.0', id: 0, method: 'eth_blockNumber', params: [] }
  const [newest] = await ask([asked])
  const head = Number(newest!.result)
  const before = `0x${Math.max(0, head - 1).toString(16)}`
  const answers = await ask(
    calls.map((call) =>
      BLOCKS.includes(call.method) && call.params[0] === 'latest'
        ? { ...call, params: [before, ...call.params.slice(1)] }
        : call,
    ),
  )
  const unknown = new Set(
    calls.filter(({ method, params }) => BLOCKS.includes(method) && Number(params[0]) >= head).map(({ id }) => id),
  )
  const numbers = new Set(calls.filter(({ method }) => method === 'eth_blockNumber').map(({ id }) => id))
  return answers.map((answer) => {
    if (unknown.has(answer.id)) return { ...answer, result: null }
    return numbers.has(answer.id) ? { ...answer, result: before } : answer
  })
}
const BLOCKS = ['eth_blockNumber', 'eth_getBlockByNumber', 'eth_getBlockReceipts']
