import type { CallToolResult } from '@modelcontextprotocol/server'
import { isFailure, type Operation, toolAnswer } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import { plainText } from './plain-text.ts'
import { isTokenRefused } from './refusals.ts'
import { isOver } from './sends.ts'
import { heldByIn, sentenceOf } from './sentences.ts'

type Told = {
  readonly op: Operation
  readonly input?: Record<string, unknown>
  readonly beside?: object
  /** All of it was asked for. */
  readonly isWhole?: boolean
}

/**
 * An answer of the daemon as a tool's result: a sentence to read, and the data for programs beside it. What stands `beside`
 * the answer is in both.
 */
export function answerResult(answer: unknown, { op, input = {}, beside = {}, isWhole = false }: Told): CallToolResult {
  const result = resultOf({ ...(shownAnswer(op, answer, isWhole) ?? {}), ...beside })
  if (isWhole) return result
  const text = sentenceOf(op, answer, { ...beside, token: input.token })
  return text === undefined ? result : { ...result, content: [{ type: 'text', text }] }
}

/** What several wallets hold is shown of each. */
function shownAnswer(op: Operation, answer: unknown, isWhole: boolean): unknown {
  const all = heldByIn(answer)
  if (!all) return toolAnswer(op, answer, isWhole)
  return { heldBy: all.map(({ name, ...one }) => ({ name, ...(toolAnswer(op, one, isWhole) as object) })) } // every operation answers with an object
}

/**
 * A failed call as a tool's result: a sentence to read, and the daemon's error body beside it, so that a model learns why and
 * what would do, whichever of the two its client hands on.
 */
export function failureResult(error: unknown, op: Operation, isWhole = false): CallToolResult {
  const body = failureBody(error, op)
  const result = resultOf(isWhole ? body : failureInShort(body))
  return { ...result, content: [{ type: 'text', text: sentence(body) }], isError: true }
}

type Fields = Record<string, unknown>

/** What can be acted on: what refused it, what it saw, what it allows, and what would pass. The rest is for programs. */
function failureInShort({ details, requestId, status: http, error: _error, ...body }: Fields): Fields {
  // What the daemon did wrong is looked up in its log.
  const seen = typeof http === 'number' && http >= 500 ? { requestId } : {}
  if (typeof details !== 'object' || details === null || !('reasons' in details)) return { ...body, ...seen, details }
  const { reasons, decision, id, transactionId, status } = details as Fields & { reasons: Fields[] }
  const { suggestion } = (decision ?? {}) as { suggestion?: Fields }
  const { message: _message, amount: _amount, asset: _asset, usd: _usd, ...would } = suggestion ?? {}
  const { hint: _hint, ...rest } = body
  return {
    ...rest,
    details: {
      // What waits is asked for by its id; what was refused is over, and list_transactions has it.
      ...(isOver({ status }) ? {} : { id: transactionId ?? id, status }),
      reasons: reasons.map(({ policyId: _policyId, message: why, ...reason }) =>
        String(body.message).includes(String(why)) ? reason : { ...reason, message: why },
      ),
      ...(suggestion && { suggestion: would }),
    },
  }
}

/** What happened and what to do, in the words of the daemon; names in it are anybody's, so that they stay on one line. */
function sentence({ message, code, hint, action, details }: Record<string, unknown>): string {
  const choices = choicesIn(details)
  const next = [hint, action].flatMap((one) => (typeof one === 'string' ? [`Next: ${one}`] : []))
  const said = [
    `${String(message)} (${String(code)})`,
    ...next,
    ...(choices.length > 0 ? [`One of: ${choices.join(', ')}`] : []),
  ]
  return said.map((part) => plainText(part).replace(/\.$/, '')).join('. ')
}

/** What may be named in place of what was left open. */
function choicesIn(details: unknown): string[] {
  if (typeof details !== 'object' || details === null) return []
  const { wallets, networks } = details as { wallets?: unknown; networks?: unknown }
  const named = Array.isArray(wallets) ? wallets : []
  const ids = Array.isArray(networks) ? networks : []
  return [
    ...named.map(({ id, name }) => `${JSON.stringify(plainText(String(name)))} (${id})`),
    ...ids.map(String),
  ].slice(0, MOST_CHOICES)
}
const MOST_CHOICES = 20

/** What went wrong, in the words of the daemon, or of this server where no daemon answered. */
export function failureBody(error: unknown, op: Operation): Record<string, unknown> {
  if (isFailure(error)) return { error: true, ...error.body() }
  if (!(error instanceof WAIaaSError))
    return isAbort(error)
      ? withHint({ error: true, network_error: true, code: 'REQUEST_TIMEOUT', message: NO_ANSWER, retryable: true }, op)
      : { error: true, code: 'INTERNAL_ERROR', message: 'the MCP server failed; its log says why', retryable: false }
  const body = { error: true, ...error.toJSON() }
  if (error.code === 'NO_TOKEN' || isTokenRefused(error)) return { session_expired: true, ...body, action: NEW_SESSION }
  if (error.status === 0 && error.retryable) return withHint({ network_error: true, ...body }, op)
  return body
}

const NO_ANSWER = 'the daemon did not answer in time'
const NEW_SESSION =
  'Ask the operator for a new session token ("waiaas up", or POST /v1/sessions). ' +
  'Once it stands in the data directory that WAIAAS_DATA_DIR names, call the tool again; no restart is needed.'

function withHint(body: Record<string, unknown>, { idempotent }: Operation): Record<string, unknown> {
  const hint = idempotent
    ? 'It is not known whether the daemon took this request. Repeat the call with the same arguments within ten ' +
      'minutes: it is then carried out at most once. Or look for it with list_transactions.'
    : 'Ask the operator whether the daemon runs, then call the tool again.'
  return { ...body, hint }
}

/** The call was ended by its deadline, or by its client. */
export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === 'AbortError' || error.name === 'TimeoutError')

function resultOf(value: unknown): CallToolResult {
  const text = JSON.stringify(value)
  const structured: unknown = JSON.parse(text)
  return {
    content: [{ type: 'text', text }],
    // Every operation answers with an object; only those may stand here.
    ...(typeof structured === 'object' && structured !== null && { structuredContent: { ...structured } }),
  }
}
