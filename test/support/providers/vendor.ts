import { parseJson, stringifyJson } from '../../../packages/localnet/src/solana/json.ts'
import { budgets } from './budgets.ts'
import { evmNode } from './evm-node.ts'
import type { Missing, Profile, Refusal } from './profile.ts'
import { solanaNode } from './solana-node.ts'
import type { Call, HttpAnswer, Node, Reply } from './wire.ts'

/** An endpoint of a provider in front of a node. */
export type Vendor = {
  answer(body: string): Promise<HttpAnswer>
  /** What was asked in a way that no provider would take. */
  readonly misuses: readonly string[]
}

const json = { 'content-type': 'application/json' }
type Refused = { readonly refusal: Refusal }
type Item = Reply | Refused

/** Plays a profile. A call is refused by the first of its habits that applies; what is left goes to the node together. */
export function vendor({ chain, habits }: Profile, node: Node): Vendor {
  const misuses: string[] = []
  const spend = budgets(habits.rates ?? [])
  const behind = chain === 'EVM' ? evmNode(habits, node) : solanaNode(habits, node)
  let requests = 0

  async function served(calls: readonly Call[]): Promise<Item[] | Refused> {
    const missing = calls.map(({ method }) => missingFor(habits.without ?? [], method))
    const whole = missing.find((found) => found?.refuses === 'request')
    if (whole) return whole
    const afforded = spend(calls)
    if (!Array.isArray(afforded)) return afforded
    const refusals = calls.map((_, index) => missing[index] ?? afforded[index])
    const asked = calls.filter((_, index) => refusals[index] === undefined)
    requests += 1
    const lag = habits.behind && requests % habits.behind.every === 0 ? habits.behind.blocks : 0
    const answers = asked.length === 0 ? [] : await behind(habits.backwards ? asked.toReversed() : asked, lag)
    if (habits.backwards) answers.reverse()
    return refusals.map((refusal) => refusal ?? reworded(habits.words ?? [], answers.shift()!))
  }

  async function batch(calls: readonly Call[]): Promise<HttpAnswer> {
    const { batches } = habits
    if (batches && calls.length > batches.most) {
      if (batches.answers === 'one' || batches.refusal === 'hangs up') return whole(batches.refusal)
      return { ...head(batches.refusal), text: stringifyJson(calls.map((call) => replyTo(call, batches))) }
    }
    const items = await served(calls)
    if (!Array.isArray(items)) return whole(items.refusal)
    if (items.some((item) => 'refusal' in item && item.refusal === 'hangs up')) return undefined
    const replies = items.map((item, index) => replyTo(calls[index]!, item))
    return { status: 200, headers: json, text: stringifyJson(habits.backwards ? replies.toReversed() : replies) }
  }

  async function single(call: Call): Promise<HttpAnswer> {
    const items = await served([call])
    const item = Array.isArray(items) ? items[0]! : items
    if (!('refusal' in item)) return { status: 200, headers: json, text: stringifyJson(replyTo(call, item)) }
    return whole(item.refusal, call)
  }

  return {
    misuses,
    async answer(body) {
      if (habits.everything) return whole(habits.everything)
      const parsed = readBody(body)
      const problem = problemOf(parsed)
      if (problem === undefined) return Array.isArray(parsed) ? batch(parsed as Call[]) : single(parsed as Call)
      misuses.push(`${problem}: ${body.slice(0, 200)}`)
      return whole({ status: 400, says: { code: -32600, message: 'Invalid Request' } })
    },
  }
}

const missingFor = (without: readonly Missing[], method: string) =>
  without.find(({ methods }) => methods.includes(method))

function reworded(words: readonly { readonly of: string; readonly refusal: Refusal }[], reply: Reply): Item {
  if (!('error' in reply)) return reply
  return words.find(({ of }) => reply.error.message.includes(of)) ?? reply
}

/** A JSON-RPC answer to one call; what is said in plain text cannot stand in a batch, so the error is all that is left. */
function replyTo({ id }: Call, item: Item): object {
  if (!('refusal' in item)) return { jsonrpc: '2.0', id, ...item }
  const { refusal } = item
  const error =
    refusal === 'hangs up' || typeof refusal.says === 'string' ? { code: -32603, message: '' } : refusal.says
  return { jsonrpc: '2.0', id, error }
}

const head = (refusal: Exclude<Refusal, 'hangs up'>) => ({
  status: refusal.status,
  headers: { ...json, ...refusal.headers },
})

/** The whole request is refused; providers name the id of a single call and null for a batch. */
function whole(refusal: Refusal, call?: Call): HttpAnswer {
  if (refusal === 'hangs up') return undefined
  const { says } = refusal
  const text = typeof says === 'string' ? says : stringifyJson({ jsonrpc: '2.0', id: call?.id ?? null, error: says })
  return { ...head(refusal), text }
}

function readBody(body: string): unknown {
  try {
    return parseJson(body)
  } catch {
    // No JSON text means undefined; the caller names what came.
    return undefined
  }
}

/** What is wrong with a request by JSON-RPC 2.0, as far as providers look. */
function problemOf(body: unknown): string | undefined {
  if (!Array.isArray(body)) return isCall(body) ? undefined : 'no JSON-RPC call'
  if (body.length === 0) return 'an empty batch'
  if (!body.every(isCall)) return 'a batch with something else than calls'
  return new Set(body.map(({ id }) => id)).size === body.length ? undefined : 'a batch with an id twice'
}

function isCall(value: unknown): value is Call {
  if (typeof value !== 'object' || value === null) return false
  const { jsonrpc, id, method, params } = value as Record<string, unknown>
  const isId = typeof id === 'string' || Number.isInteger(id)
  return jsonrpc === '2.0' && isId && typeof method === 'string' && Array.isArray(params)
}
