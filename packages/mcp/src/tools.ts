import {
  inputSchema,
  type JsonSchema,
  type Operation,
  type Operations,
  operations,
  type Tool,
  tools,
} from '@waiaas/contract'

/** A tool of the contract with its operation and the names under which a model may give its arguments. */
export type AgentTool = Tool & {
  readonly op: Operation
  /** The input field that names the wallet; undefined where the operation has none. */
  readonly walletField: string | undefined
  readonly needsWallet: boolean
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
    inputSchema: withAliasNames(tool.inputSchema, op),
    op,
    walletField,
    needsWallet: walletField !== undefined && required.includes(walletField),
  }
}

/**
 * Shows the snake_case names beside those of the wire. A required field that has one is required under either name,
 * which the plain schemas that models take cannot say: the daemon says it.
 */
function withAliasNames(schema: JsonSchema, { aliases = {} }: Operation): JsonSchema {
  const { properties = {}, required = [], ...rest } = schema
  const shown = Object.entries(properties).flatMap(([field, property]): [string, JsonSchema][] => {
    const names = snakeNames(aliases[field])
    const more = names.map((name): [string, JsonSchema] => [name, { ...property, description: `same as ${field}` }])
    return [[field, property], ...more]
  })
  const still = required.filter((field) => snakeNames(aliases[field]).length === 0)
  return { ...rest, properties: Object.fromEntries(shown), ...(still.length > 0 && { required: still }) }
}

const snakeNames = (names: readonly string[] | undefined): string[] =>
  (names ?? []).filter((name) => name.includes('_'))
