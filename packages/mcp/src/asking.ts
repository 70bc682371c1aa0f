import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { operations } from '@waiaas/contract'
import { type CallOperation, type From, reportBug, unasked } from './calling.ts'
import { plainText } from './plain-text.ts'
import { callText } from './repeat-keys.ts'
import type { SealedStates } from './sealed-state.ts'
import type { AgentTool } from './tools.ts'

type Asked = { readonly tool: AgentTool; readonly args: Record<string, unknown>; readonly from: From }
type Parts = {
  readonly call: CallOperation
  readonly states: SealedStates
  /** Tells sessions apart; a state is good for one. */
  readonly session: string
  readonly log: (message: string) => void
  /** What became of it by then, as its own tool tells it. */
  readonly look: (id: string, asked: Asked) => Promise<CallToolResult>
}

/**
 * What waits for a human is put to the human of clients that can ask one, by their own means. Their answer approves nothing:
 * it brings the client back, which then hears what was decided. So nothing is sent for whoever comes back with a state.
 */
export function askingHumans({ call, states, session, look, log }: Parts) {
  const boundTo = ({ tool, args }: Asked) => [session, callText(tool.name, args)]

  /** What the human is shown of it now; of a plan, of the step that waits. Undefined where that cannot be told. */
  async function cardOf(id: string, { tool, from }: Asked) {
    const read = (operation: 'getCard' | 'getPlan', one: string) =>
      call(operation, { id: one }, unasked(from)).catch(() => undefined)
    const plan = tool.name === 'send_plan' ? operations.getPlan.output.safeParse(await read('getPlan', id)) : undefined
    const step = plan?.data?.steps.find(({ status }) => status === 'QUEUED')?.id
    const card = operations.getCard.output.safeParse(await read('getCard', plan ? (step ?? id) : id))
    return card.success ? card.data : undefined
  }

  return {
    /** The result of a call, or the question that it comes to. */
    async ask(result: CallToolResult, asked: Asked): Promise<CallToolResult | InputRequiredResult> {
      const { id, status, approvalCode } = fieldsOf(result)
      if (status !== 'QUEUED' || typeof approvalCode !== 'string' || typeof id !== 'string') return result
      const card = await cardOf(id, asked)
      if (card?.expiresAt == null) return result
      const state = { id, code: card.code, until: card.expiresAt * 1_000 }
      const message = [card.title, ...card.lines, HOW].map(plainText).join('\n')
      // What was sent is told, whatever hinders the question.
      const requestState = await states.seal(state, boundTo(asked)).catch((error: unknown) => {
        reportBug(asked.tool.name, error, log)
        return undefined
      })
      if (requestState === undefined) return result
      const approval = inputRequired.elicit({ message, requestedSchema: NOTHING })
      return inputRequired({ inputRequests: { approval }, requestState })
    },

    /** What became of what was asked. Refuses a state that is not of this session and call, or has come back before. */
    async comeBack(text: string, asked: Asked): Promise<CallToolResult> {
      const state = await states.open(text, boundTo(asked))
      if (!state) throw refused('expected the state of this call, once, while it waits')
      const result = await look(state.id, asked)
      if (fieldsOf(result).status !== 'QUEUED') return result
      const card = await cardOf(state.id, asked)
      if (card && card.code !== state.code) throw refused('what waits is not what the state is of any more')
      return result
    },
  }
}

const fieldsOf = ({ structuredContent }: CallToolResult): Record<string, unknown> =>
  typeof structuredContent === 'object' ? { ...structuredContent } : {}
const HOW = 'Approve or reject it where you approve payments of this wallet; the answer here does neither'
const NOTHING = { type: 'object' as const, properties: {} }

const refused = (why: string) =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, `${why}; make the call again without it`, {
    reason: 'invalid_request_state',
  })

/** Does the client say of this request that it can ask its human? Clients of before 2026 hear it in the normal way. */
export function canAsk({ mcpReq: { envelope } }: ServerContext): boolean {
  const able: unknown = envelope && Reflect.get(envelope, CLIENT_CAPABILITIES_META_KEY)
  if (typeof able !== 'object' || able === null || !('elicitation' in able)) return false
  const { elicitation } = able
  if (typeof elicitation !== 'object' || elicitation === null) return false
  // One that names neither form nor page has forms.
  return 'form' in elicitation || !('url' in elicitation)
}
