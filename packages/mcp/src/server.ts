import {
  type CallToolResult,
  CLIENT_INFO_META_KEY,
  type ListToolsResult,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import {
  type CallOptions,
  isFailure,
  isShown,
  type JsonSchema,
  secondsToWait,
  type Toolset,
  toolsets,
} from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import manifest from '../package.json' with { type: 'json' }
import { asMeant } from './meant.ts'
import { prompts, promptText } from './prompts.ts'
import { messageOf } from './refusals.ts'
import { callText, repeatKeys } from './repeat-keys.ts'
import { addResources } from './resources.ts'
import { answerResult, failureResult, isAbort, isUnknown } from './results.ts'
import { type AgentTool, agentTools } from './tools.ts'

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

export type ServerOptions = {
  /** The wallet that tools act on when a call names none; without it, the session's only one. */
  readonly walletId?: string | undefined
  /** Tells servers for several wallets apart in a client. */
  readonly walletName?: string | undefined
  /** The tools that are shown beside those that everybody is shown; what is not shown is carried out all the same. */
  readonly toolsets?: readonly Toolset[] | undefined
  /** Takes what must not reach the model; never a token. */
  readonly log?: (message: string) => void
  /** Milliseconds that one call may take. */
  readonly timeoutMs?: number
}

/** Clients give up on a tool after a minute, and say less about it than this server can. */
const TIMEOUT_MS = 50_000
/** What a call may wait for the daemon to have something to say, in seconds; the rest is for the way. */
const MOST_WAIT_S = 40

const INSTRUCTIONS =
  'Wallet tools under a spending policy. Begin with connect_info: it lists the wallets, networks and policies of this session. ' +
  'With several wallets name one by id or name, or a network that only one of them has. Amounts are in whole units, such as "0.1" ETH, and tokens may be named by their symbol. ' +
  'A send answers at once with its tier: INSTANT and NOTIFY run, DELAY waits, APPROVAL waits for a human; with wait it answers once it is over, and so does get_transaction. ' +
  'A refusal says in details.reasons what was observed and what is allowed. simulate_transaction asks without sending. ' +
  `There are more tools, which the operator has shown with WAIAAS_MCP_TOOLSETS, or ?toolsets= at the address: ${Object.keys(toolsets).join(', ')}.`

/** The tools are the same for as long as this program runs; another one may follow an update. In milliseconds. */
const LISTS_LAST = { ttlMs: 300_000, cacheScope: 'private' } as const

const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'server/discover'] as const

/**
 * An MCP server whose tools are the contract's, for any transport and both generations of the protocol (2026-07-28, and
 * 2025-11-25 with what was before). Connect it, and close it when its client has gone.
 */
export function createServer(call: CallOperation, options: ServerOptions = {}): McpServer {
  const { walletName } = options
  const server = new McpServer(
    { name: `waiaas-${walletName ?? 'wallet'}`, version: manifest.version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {} },
      instructions: INSTRUCTIONS,
      cacheHints: Object.fromEntries(LISTS.map((list) => [list, LISTS_LAST])),
    },
  )
  const run = runner(call, options)
  // By hand, not by registerTool: the contract's JSON schemas are shown as they are, and the daemon judges the arguments.
  server.server.setRequestHandler('tools/list', () => listTools(options))
  server.server.setRequestHandler('tools/call', ({ params }, context) => {
    const tool = agentTools().get(params.name)
    if (!tool)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `expected a tool of tools/list, got "${params.name}"`)
    return run(tool, params.arguments ?? {}, fromOf(context, server))
  })
  server.server.setRequestHandler('prompts/list', () => ({ prompts }))
  server.server.setRequestHandler('prompts/get', ({ params }) => promptOf(params))
  const { walletId, log = () => {} } = options
  addResources(server, {
    wallet: walletId === undefined ? {} : { walletId },
    onFailure: (where, error) => reportBug(where, error, log),
    read(operation, input, context) {
      // No tool asks.
      const { messageId: _, ...from } = fromOf(context, server)
      return call(operation, input, from)
    },
  })
  return server
}

function promptOf({ name, arguments: given = {} }: { name: string; arguments?: Record<string, string> | undefined }) {
  try {
    const prompt = promptText(name, given)
    if (prompt) return prompt
  } catch (error) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${name}: ${messageOf(error)}`)
  }
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `expected a prompt of prompts/list, got "${name}"`)
}

function listTools({ walletName, toolsets = [] }: ServerOptions): ListToolsResult {
  const prefix = walletName === undefined ? '' : `[${walletName}] `
  return {
    tools: [...agentTools().values()].flatMap(
      ({ name, description, annotations: { title, ...annotations }, ...schemas }) =>
        isShown(name, toolsets)
          ? [
              {
                ...{ name, title, description: prefix + description },
                inputSchema: objectSchema(schemas.inputSchema),
                outputSchema: objectSchema(schemas.outputSchema),
                annotations,
              },
            ]
          : [],
    ),
  }
}

/** Every operation takes an object, and answers with one. */
const objectSchema = (schema: JsonSchema) => schema as ListToolsResult['tools'][number]['inputSchema']

type From = ToolOptions & { readonly signal: AbortSignal }

/** Who asks: each message says it in the protocol of 2026, the first one of the connection in the one before. */
function fromOf({ mcpReq: { signal, id, envelope } }: ServerContext, { server }: McpServer): From {
  const clientName = nameIn(envelope) ?? server.getClientVersion()?.name
  return { signal, messageId: id, ...(clientName !== undefined && { clientName }) }
}

function nameIn(envelope: object | undefined): string | undefined {
  const said: unknown = envelope && Reflect.get(envelope, CLIENT_INFO_META_KEY)
  return typeof said === 'object' && said && 'name' in said && typeof said.name === 'string' ? said.name : undefined
}

type Run = (tool: AgentTool, args: Record<string, unknown>, from: From) => Promise<CallToolResult>

function runner(call: CallOperation, { walletId, log = () => {}, timeoutMs = TIMEOUT_MS }: ServerOptions): Run {
  const keys = repeatKeys()

  /** The arguments as the daemon takes them, with the wallet that the call leaves open. */
  async function inputOf(tool: AgentTool, args: Record<string, unknown>, from: From) {
    const input = withinTime(tool.toInput(args))
    const { walletField, needsWallet } = tool
    // Empty text names no wallet.
    if (walletField === undefined || (input[walletField] ?? '') !== '') return input
    if (walletId !== undefined) return { ...input, [walletField]: walletId }
    return needsWallet ? { ...input, [walletField]: await onlyWallet(call, from) } : input
  }

  async function send(tool: AgentTool, input: Record<string, unknown>, from: From): Promise<unknown> {
    const { operation, op } = tool
    if (!op.idempotent) return call(operation, input, from)
    const text = callText(operation, input)
    const idempotencyKey = keys.keyOf(text)
    try {
      const answer = await call(operation, input, { ...from, idempotencyKey })
      keys.markAnswered(text)
      return answer
    } catch (error) {
      if (isUnknown(error)) keys.markUnknown(text, idempotencyKey)
      else keys.markAnswered(text)
      throw error
    } finally {
      // A client that has given up gets no answer, whatever came of the call.
      if (from.signal.aborted) keys.markUnknown(text, idempotencyKey)
    }
  }

  /** What a call leaves open is filled in where only one thing can be meant; each is left open once. */
  async function sendAsMeant(tool: AgentTool, input: Record<string, unknown>, from: From): Promise<unknown> {
    try {
      return await send(tool, input, from)
    } catch (error) {
      const { messageId: _, ...unasked } = from
      const meant = await asMeant(error, { tool, input }, () => call('getConnectInfo', {}, unasked))
      if (!meant) throw error
      return sendAsMeant(tool, meant, from)
    }
  }

  return async (tool, args, from) => {
    const { signal: clientSignal } = from
    const signal = AbortSignal.any([clientSignal, AbortSignal.timeout(timeoutMs)])
    const within = { ...from, signal }
    try {
      return answerResult(await sendAsMeant(tool, await inputOf(tool, args, within), within), tool.op)
    } catch (error) {
      if (!clientSignal.aborted) reportBug(tool.name, error, log)
      return failureResult(error, tool.op)
    }
  }
}

/** Who asked to wait longer hears what there is to say by then. */
const withinTime = (input: Record<string, unknown>): Record<string, unknown> =>
  secondsToWait(input) > MOST_WAIT_S ? { ...input, wait: MOST_WAIT_S } : input

/** Of what is neither an answer of the daemon nor the lack of one, the model learns nothing. */
function reportBug(where: string, error: unknown, log: (message: string) => void): void {
  if (error instanceof WAIaaSError || isFailure(error) || isAbort(error)) return
  log(`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
}

/** The session's only wallet. Fails with WALLET_ID_REQUIRED when it has several. */
async function onlyWallet(call: CallOperation, { messageId: _, ...from }: From): Promise<string> {
  const answer = await call('getAddress', {}, from)
  if (typeof answer === 'object' && answer && 'walletId' in answer && typeof answer.walletId === 'string')
    return answer.walletId
  throw new Error('getAddress answered without a walletId')
}
