import { fieldsOf, OddAnswer } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { requireEnd } from '../endless.ts'
import { numberResult } from '../erc20.ts'
import { quantity, quantityOr, readQuantity } from '../hex.ts'
import { revertOf } from '../revert.ts'
import * as logs from './logs.ts'
import { type Question, toCall } from './questions.ts'
import { accountIn } from './touched.ts'
import { txOf, type Way } from './way.ts'

/**
 * `debug_traceCall`: one trace names the logs, another one what the state is afterwards, upon which contracts are asked.
 * https://geth.ethereum.org/docs/developers/evm-tracing/built-in-tracers
 */
export const byTrace: Way = async (rpc, planned, asking) => {
  // All of it is about one block.
  const block = quantity(readQuantity(await rpc.call('eth_blockNumber', [])))
  const trace = (tracer: string, tracerConfig: object) =>
    rpc.call<unknown>('debug_traceCall', [txOf(planned), block, { tracer, tracerConfig }])
  const frame = await trace('callTracer', { withLog: true })
  const { error, gasUsed, output } = fieldsOf(frame, 'a trace')
  const isRun = error === undefined
  if (!isRun && planned.isGiven) requireEnd({ used: quantityOr(gasUsed) ?? 0n, gas: planned.gas, said: output })
  const state = isRun ? afterwards(await trace('prestateTracer', { diffMode: true }), planned.from) : undefined
  const all = isRun ? logsIn(frame, 0) : undefined
  const questions = all && asking(all, [...reachedIn(frame)])
  if (!state || !all || !questions) return undefined
  const [before, after] = [await answers(rpc, questions, [block]), await answers(rpc, questions, [block, state])]
  return { logs: all, questions, before, after }
}

/** The numbers that contracts name at a block, or at a state upon it. */
export async function answers(
  rpc: Rpc,
  questions: readonly Question[],
  at: readonly unknown[],
): Promise<(bigint | undefined)[]> {
  if (questions.length === 0) return []
  const found = await rpc.batch(questions.map((one) => ({ method: 'eth_call', params: [toCall(one), ...at] })))
  return found.map((answer) => {
    if ('result' in answer) return numberResult(answer.result)
    // A contract that has no such function says nothing; any other error is the node's.
    if (revertOf(answer.error)) return undefined
    throw answer.error
  })
}

/** The deepest call that is read. */
const MOST_DEPTH = 128

/** The logs of a call and of all inside it that have not failed, with what native currency does. Undefined: too deep. */
export function logsIn(frame: unknown, depth: number): logs.Log[] | undefined {
  if (depth > MOST_DEPTH) return undefined
  const { error, type, from, to, value, logs: told, calls = [] } = fieldsOf(frame, 'a call of a trace')
  if (error !== undefined) return []
  if (!Array.isArray(calls)) throw new OddAnswer('calls of a trace', calls)
  const inner = calls.map((one) => logsIn(one, depth + 1))
  if (inner.includes(undefined)) return undefined
  const moved = MOVES_VALUE.has(String(type)) ? passed({ from, to, value }) : []
  return [...moved, ...logs.readLogs(told ?? []), ...inner.flatMap((one) => one ?? [])]
}

/** Whose code ran in a call and in all inside it. */
export function reachedIn(frame: unknown, found = new Set<string>()): ReadonlySet<string> {
  const { error, to, calls = [] } = fieldsOf(frame, 'a call of a trace')
  if (error !== undefined) return found
  if (to !== undefined && to !== null) found.add(accountIn(to))
  // That these are calls, and not too deep, was seen when their logs were read.
  for (const one of calls as readonly unknown[]) reachedIn(one, found)
  return found
}

const MOVES_VALUE: ReadonlySet<string> = new Set(['CALL', 'CREATE', 'CREATE2', 'SELFDESTRUCT'])

function passed({ from, to, value }: { from: unknown; to: unknown; value: unknown }): logs.Log[] {
  const amount = value === undefined || value === null ? 0n : readQuantity(value)
  if (amount === 0n) return []
  const topics = [from, to].map((one) => logs.topicOf(accountIn(one)))
  return [{ address: logs.NATIVE, topics: [logs.MOVED, ...topics], data: `0x${amount.toString(16).padStart(64, '0')}` }]
}

/** A call that changes more is not understood. */
const MOST_SLOTS = 300
const ZERO = `0x${'0'.repeat(64)}`

/** By account, what the state is after the call, as `eth_call` takes it. Undefined: it cannot be told, or put there. */
export function afterwards(diff: unknown, me: string): Record<string, Account> | undefined {
  const both = fieldsOf(diff, 'a difference of states')
  const [pre, post] = [fieldsOf(both.pre, 'a state'), fieldsOf(both.post, 'a state')]
  // An account that is gone has no state that could be put there.
  if (Object.keys(pre).some((account) => !Object.hasOwn(post, account))) return undefined
  const found = Object.entries(post).map(([account, changed]): [string, Account] => [
    account,
    accountOf(fieldsOf(pre[account] ?? {}, 'an account'), fieldsOf(changed, 'an account')),
  ])
  const slots = found.reduce((sum, [, { stateDiff = {} }]) => sum + Object.keys(stateDiff).length, 0)
  const hasOwnCode = found.some(([account, { code }]) => account.toLowerCase() === me && code !== undefined)
  return slots > MOST_SLOTS || hasOwnCode ? undefined : Object.fromEntries(found)
}

/** What has become another of an account. */
export type Account = { balance?: string; nonce?: string; code?: string; stateDiff?: Record<string, string> }
type Fields = Readonly<Record<string, unknown>>

function accountOf(was: Fields, is: Fields): Account {
  const [before, after] = [fieldsOf(was.storage ?? {}, 'storage'), fieldsOf(is.storage ?? {}, 'storage')]
  // What has become zero is not in the state after.
  const emptied = Object.keys(before).filter((slot) => !Object.hasOwn(after, slot))
  const diff = { ...Object.fromEntries(emptied.map((slot) => [slot, ZERO])), ...(after as Record<string, string>) }
  const [balance, nonce] = [quantityOr(is.balance), quantityOr(is.nonce)]
  return {
    ...(balance !== undefined && { balance: quantity(balance) }),
    ...(nonce !== undefined && { nonce: quantity(nonce) }),
    ...(typeof is.code === 'string' && { code: is.code }),
    ...(Object.keys(diff).length > 0 && { stateDiff: diff }),
  }
}
