import {
  CLIENT_INFO_META_KEY,
  type ListToolsResult,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { isShown, type JsonSchema, type Toolset, toolsets } from '@waiaas/contract'
import manifest from '../package.json' with { type: 'json' }
import { askingHumans, canAsk } from './asking.ts'
import { type CallOperation, type From, reportBug, toolRunner } from './calling.ts'
import { prompts, promptText } from './prompts.ts'
import { messageOf } from './refusals.ts'
import { type RepeatKeys, repeatKeys } from './repeat-keys.ts'
import { addResources } from './resources.ts'
import { type SealedStates, sealedStates, stateKey } from './sealed-state.ts'
import { agentTools } from './tools.ts'

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
  /** Under which keys calls that send go out; for as long as this server lives, unless given. */
  readonly keys?: RepeatKeys
  /** Seals what a client brings back once it has asked its human; its own for this server, unless given. */
  readonly states?: SealedStates
  /** Whose states those are: another session's are refused. */
  readonly session?: string
}

/** What was asked is over, or waits still. */
const LOOK = { wait: 20, seen: 'QUEUED' }
/** Clients give up on a tool after a minute, and say less about it than this server can. */
const TIMEOUT_MS = 50_000
const INSTRUCTIONS =
  'Wallet tools under a spending policy. Begin with connect_info: it lists the wallets, networks and policies of this session. ' +
  'With several wallets name one by id or name, or a network or token that only one of them has. Amounts are in whole units, such as "0.1" ETH, and tokens may be named by their symbol. ' +
  'A send answers once it is over, or after 20 seconds, or at once when it waits for time (DELAY) or a human (APPROVAL): then next says what to call. Repeated under the same idempotencyKey it is never made twice. ' +
  'expand true tells all of an answer. A refusal says in details.reasons what was observed and what is allowed. simulate_transaction asks without sending. ' +
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
  const { walletId, log = () => {}, timeoutMs = TIMEOUT_MS, keys = repeatKeys() } = options
  const run = toolRunner({ call, walletId, keys, log, timeoutMs })
  const { states = sealedStates(stateKey(undefined)), session = '' } = options
  const humans = askingHumans({
    ...{ call, states, session, log },
    look: (id, { tool, from }) =>
      run(agentTools().get(tool.name === 'send_plan' ? 'get_plan' : 'get_transaction')!, { id, ...LOOK }, from),
  })
  // By hand, not by registerTool: the contract's JSON schemas are shown as they are, and the daemon judges the arguments.
  server.server.setRequestHandler('tools/list', () => listTools(options))
  server.server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = agentTools().get(params.name)
    if (!tool)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `expected a tool of tools/list, got "${params.name}"`)
    const asked = { tool, args: params.arguments ?? {}, from: fromOf(context, server) }
    const state = context.mcpReq.requestState<string>()
    if (state !== undefined) return humans.comeBack(state, asked)
    const result = await run(tool, asked.args, asked.from)
    return canAsk(context) ? humans.ask(result, asked) : result
  })
  server.server.setRequestHandler('prompts/list', () => ({ prompts }))
  server.server.setRequestHandler('prompts/get', ({ params }) => promptOf(params))
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

/** Who asks: each message says it in the protocol of 2026, the first one of the connection in the one before. */
function fromOf({ mcpReq: { signal, id, envelope } }: ServerContext, { server }: McpServer): From {
  const clientName = nameIn(envelope) ?? server.getClientVersion()?.name
  return { signal, messageId: id, ...(clientName !== undefined && { clientName }) }
}

function nameIn(envelope: object | undefined): string | undefined {
  const said: unknown = envelope && Reflect.get(envelope, CLIENT_INFO_META_KEY)
  return typeof said === 'object' && said && 'name' in said && typeof said.name === 'string' ? said.name : undefined
}
