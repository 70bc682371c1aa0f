import {
  inputSchema,
  type JsonSchema,
  type Operation,
  type Operations,
  operations,
  type Tool,
  tools,
} from '@waiaas/contract'
import { expandField } from './expanding.ts'
import { keyField } from './given-keys.ts'

/** A tool of the contract with its operation and where it names its wallet. */
export type AgentTool = Tool & {
  readonly op: Operation
  /** The input field that names the wallet; undefined where the operation has none. */
  readonly walletField: string | undefined
  readonly needsWallet: boolean
  /** It can wait for what becomes of what it sends. */
  readonly waits: boolean
}

const table: Operations = operations
let derived: ReadonlyMap<string, AgentTool> | undefined

/** Every tool by its name, derived once. */
export function agentTools(): ReadonlyMap<string, AgentTool> {
  derived ??= new Map(tools(table).map((tool) => [tool.name, agentTool(tool)]))
  return derived
}

function agentTool(tool: Tool): AgentTool {
  const op: Operation = table[tool.operation]!
  const { properties = {}, required = [] } = inputSchema(op)
  const walletField = Object.keys(properties).find((field) => op.aliases?.[field]?.includes('wallet_id'))
  return {
    ...tool,
    inputSchema: withOwn(walletField === undefined ? tool.inputSchema : withoutNeed(tool.inputSchema, walletField), op),
    op,
    walletField,
    needsWallet: walletField !== undefined && required.includes(walletField),
    waits: op.idempotent === true && properties.wait !== undefined,
  }
}

/** What sends takes a key of its caller, and what has more to tell is asked for it. */
const withOwn = (schema: JsonSchema, op: Operation): JsonSchema => ({
  ...schema,
  properties: { ...schema.properties, ...(op.idempotent && keyField), ...expandField(op) },
})

/** A wallet that the server knows is not asked of the model. */
function withoutNeed({ required = [], ...schema }: JsonSchema, field: string): JsonSchema {
  const others = required.filter((name) => name !== field)
  return { ...schema, ...(others.length > 0 && { required: others }) }
}
