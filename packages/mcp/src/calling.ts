import type { CallToolResult } from '@modelcontextprotocol/server'
import { type CallOptions, isFailure, secondsToWait } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import { withoutExpand } from './expanding.ts'
import { withoutKey } from './given-keys.ts'
import { asMeant, heldByAll } from './meant.ts'
import { callText, type RepeatKeys } from './repeat-keys.ts'
import { answerResult, failureResult, isAbort } from './results.ts'
import { isDecided, isOver, type SentHow, whatIsNext } from './sends.ts'
import type { AgentTool } from './tools.ts'

/** Sends one operation of the contract to the daemon under a session. Fails with `WAIaaSError`. */
export type CallOperation = (
  operation: string,
  input: Record<string, unknown>,
  options: ToolOptions,
) => Promise<unknown>
/**
 * `messageId` is that of the JSON-RPC request, which tells equal calls apart; undefined of what no tool asks for.
 * `clientName` is what the client says that it is.
 */
export type ToolOptions = CallOptions & { readonly messageId?: string | number; readonly clientName?: string }

/** Who asks, and until when. */
export type From = ToolOptions & { readonly signal: AbortSignal }

type Parts = {
  readonly call: CallOperation
  /** The wallet that tools act on when a call names none; without it, the session's only one. */
  readonly walletId: string | undefined
  readonly keys: RepeatKeys
  readonly log: (message: string) => void
  /** Milliseconds that one call may take. */
  readonly timeoutMs: number
}
type Input = Record<string, unknown>
type Told = SentHow & { readonly answer: unknown }

/** What a call may wait for the daemon to have something to say, in seconds; the rest is for the way. */
const MOST_WAIT_S = 40
/** What a send waits for its end, where its call does not say. */
const USUAL_WAIT_S = 20

/** Carries out calls of tools. */
export function toolRunner({ call, walletId, keys, log, timeoutMs }: Parts) {
  /** The arguments as the daemon takes them, with the wallet that the call leaves open. */
  async function inputOf(tool: AgentTool, args: Input, from: From): Promise<Input> {
    const input = withinTime(tool.toInput(args))
    const { walletField, needsWallet } = tool
    // Empty text names no wallet.
    if (walletField === undefined || (input[walletField] ?? '') !== '') return input
    if (walletId !== undefined) return { ...input, [walletField]: walletId }
    return needsWallet ? { ...input, [walletField]: await onlyWallet(call, from) } : input
  }

  /** What sends is waited for, as long as the daemon lets so many wait. */
  async function patiently({ operation, waits }: AgentTool, input: Input, from: From): Promise<unknown> {
    if (!waits || input.wait !== undefined || input.dryRun === true) return call(operation, input, from)
    try {
      return await call(operation, { ...input, wait: USUAL_WAIT_S }, from)
    } catch (error) {
      if (!(error instanceof WAIaaSError && error.code === 'RATE_LIMITED')) throw error
      return call(operation, input, from)
    }
  }

  async function send(tool: AgentTool, input: Input, from: From): Promise<Told> {
    const { operation, op } = tool
    if (!op.idempotent) return { answer: await call(operation, input, from) }
    const { idempotencyKey: given } = from
    if (given !== undefined) return { answer: await patiently(tool, input, from), key: given }
    const text = callText(operation, input)
    const key = await keys.begin(text)
    let isEnded = false
    try {
      const answer = await patiently(tool, input, { ...from, ...(key !== undefined && { idempotencyKey: key }) })
      isEnded = isOver(answer)
      return { answer, key }
    } catch (error) {
      // What was refused at the door says nothing of the call that this one repeats.
      isEnded = isDecided(error)
      throw error
    } finally {
      // A client that has given up gets no answer, whatever came of the call.
      if (isEnded && !from.signal.aborted) await keys.end(text, key)
      else await keys.keep(text, key)
    }
  }

  /** What a call leaves open is filled in where only one thing can be meant; each is left open once. */
  async function sendAsMeant(tool: AgentTool, input: Input, from: From): Promise<Told> {
    try {
      return await send(tool, input, from)
    } catch (error) {
      const connectInfo = () => call('getConnectInfo', {}, unasked(from))
      const tokens = (network: string) => call('listTokens', { network }, unasked(from))
      const meant = await asMeant(error, { tool, input }, { connectInfo, tokens })
      if (meant) return sendAsMeant(tool, meant, from)
      const read = (one: Input) => call(tool.operation, one, unasked(from))
      const all = await heldByAll(error, { tool, input }, { connectInfo, read })
      if (!all) throw error
      return { answer: all }
    }
  }

  return async (tool: AgentTool, args: Input, from: From): Promise<CallToolResult> => {
    const { signal: clientSignal } = from
    const { rest: asked, isWhole } = withoutExpand(args)
    const signal = AbortSignal.any([clientSignal, AbortSignal.timeout(timeoutMs)])
    try {
      const { op } = tool
      const { key: given, rest } = withoutKey(op, asked)
      const within: From = { ...from, signal, ...(given !== undefined && { idempotencyKey: given }) }
      const input = await inputOf(tool, rest, within)
      const { answer, ...how } = await sendAsMeant(tool, input, within)
      if (!op.idempotent) return answerResult(answer, { op, isWhole })
      const beside = await whatIsNext(answer, how, (id) => call('getCard', { id }, unasked(within)))
      return answerResult(answer, { op, input, beside, isWhole })
    } catch (error) {
      if (!clientSignal.aborted) reportBug(tool.name, error, log)
      return failureResult(error, tool.op, isWhole)
    }
  }
}

/** Who asked to wait longer hears what there is to say by then. */
const withinTime = (input: Input): Input =>
  secondsToWait(input) > MOST_WAIT_S ? { ...input, wait: MOST_WAIT_S } : input

/** Of what is neither an answer of the daemon nor the lack of one, the model learns nothing. */
export function reportBug(where: string, error: unknown, log: (message: string) => void): void {
  if (error instanceof WAIaaSError || isFailure(error) || isAbort(error)) return
  log(`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
}

/** A call that no tool asks for. */
export function unasked({ messageId: _, idempotencyKey: __, ...from }: From): From {
  return from
}

/** The session's only wallet. Fails with WALLET_ID_REQUIRED when it has several. */
async function onlyWallet(call: CallOperation, from: From): Promise<string> {
  const answer = await call('getAddress', {}, unasked(from))
  if (typeof answer === 'object' && answer && 'walletId' in answer && typeof answer.walletId === 'string')
    return answer.walletId
  throw new Error('getAddress answered without a walletId')
}
