import { inputSchema, type JsonSchema } from './json-schema.ts'
import { type Operation, type Operations, withoutAliases } from './operation.ts'

/** One MCP tool. `toInput` turns a model's arguments into the operation's input. */
export type Tool = {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly annotations: {
    title: string
    readOnlyHint: boolean
    destructiveHint: boolean
    idempotentHint: boolean
    openWorldHint: boolean
  }
  /** The name of the operation in the table. */
  readonly operation: string
  readonly toInput: (args: Record<string, unknown>) => Record<string, unknown>
}

/** The tools of all operations that have one. */
export function tools(operations: Operations): Tool[] {
  return Object.entries(operations).flatMap(([name, op]) => (op.tool ? [tool(name, op, op.tool)] : []))
}

function tool(operation: string, op: Operation, name: string): Tool {
  const { type = 'object', properties = {}, required, additionalProperties } = inputSchema(op)
  return {
    name,
    description: op.summary,
    inputSchema: { type, properties, ...(required && { required }), additionalProperties },
    annotations: {
      title: name.replaceAll('_', ' '),
      readOnlyHint: op.method === 'GET' || operation === 'simulate',
      destructiveHint: op.method === 'DELETE' || op.idempotent === true,
      idempotentHint: op.method !== 'POST',
      openWorldHint: true,
    },
    operation,
    toInput: (args) => {
      const ignored = op.ignored ?? []
      return withoutAliases(op, Object.fromEntries(Object.entries(args).filter(([field]) => !ignored.includes(field))))
    },
  }
}
