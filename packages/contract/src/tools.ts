import { invalidField } from './failure.ts'
import { formSchema, type JsonSchema, outputSchema } from './json-schema.ts'
import { type Form, fixedOf, formsOf, type Operation, type Operations } from './operation.ts'
import { toolInput } from './tool-input.ts'
import { baseUnitFields, clientFields, operatorFields } from './wire.ts'

/** One MCP tool. `toInput` turns a model's arguments into the operation's input. */
export type Tool = {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema: JsonSchema
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
  return Object.entries(operations).flatMap(([name, op]) =>
    formsOf(op).flatMap((form) => (form.tool ? [tool({ operation: name, op, form, name: form.tool })] : [])),
  )
}

type Shown = { readonly operation: string; readonly op: Operation; readonly form: Form; readonly name: string }

function tool({ operation, op, form, name }: Shown): Tool {
  return {
    name,
    description: form.summary,
    inputSchema: plainSchema(inWholeUnits(op, form)),
    outputSchema: shownAnswer(op),
    annotations: annotationsOf(name, op),
    operation,
    toInput: (args) => withValues(form, toolInput(op, args)),
  }
}

/** What a tool changes cannot be taken back; where it reaches others than the daemon and its nodes, its operation says so. */
function annotationsOf(name: string, { method, hints }: Operation): Tool['annotations'] {
  const { readOnlyHint = method === 'GET', idempotentHint = method !== 'POST', openWorldHint = false } = hints ?? {}
  const title = name.replaceAll('_', ' ')
  return {
    ...{ title: title.charAt(0).toUpperCase() + title.slice(1), readOnlyHint },
    ...{ destructiveHint: !readOnlyHint, idempotentHint, openWorldHint },
  }
}

/** The fields of an answer that are always of one plain type: what a client can rely on, as each word costs a model. */
function shownAnswer(op: Operation): JsonSchema {
  const { anyOf, ...own } = outputSchema(op)
  const variants = anyOf ?? [own]
  const isList = variants.some(({ properties }) => properties?.items)
  const names = new Set(variants.flatMap(({ properties = {} }) => Object.keys(properties)))
  const shown = (isList ? [...names] : (op.toolShows ?? [...names])).filter((name) => !OF_FAILURES.includes(name))
  const typed = shown.flatMap((name): [string, JsonSchema][] => {
    const type = typeAmong(variants, name)
    return type === undefined ? [] : [[name, { type }]]
  })
  return { type: 'object', properties: Object.fromEntries(typed) }
}

/** A refusal has these with types of its own, and clients of 2025 hold it against the same schema. */
const OF_FAILURES = ['code', 'status', 'message', 'retryable', 'details', 'requestId', 'hint', 'error']

/** Nothing is said of what has several types, or parts that a tool may show in short. */
function typeAmong(variants: readonly JsonSchema[], name: string): string | undefined {
  const types = new Set(variants.flatMap(({ properties = {} }) => (properties[name] ? [properties[name].type] : [])))
  const [type] = types
  return types.size === 1 && typeof type === 'string' && type !== 'object' ? type : undefined
}

/** A tool does what it is named for, whatever its arguments say. */
function withValues(form: Form, input: Record<string, unknown>): Record<string, unknown> {
  const given = { ...fixedOf(form), ...input }
  for (const [field, values] of Object.entries(form.values ?? {}))
    if (given[field] !== undefined && !values.some((value) => value === given[field]))
      throw invalidField(
        field,
        `expected ${values.join(' or ')} for the tool ${form.tool}; there are other tools for the rest`,
      )
  return given
}

/** What a model sends: amounts are in whole units, so what is in base units is not shown. Nor is what only the operator may say, or what clients fill in. */
function inWholeUnits(op: Operation, form: Form): JsonSchema {
  const { properties = {}, required = [], ...rest } = formSchema(op, form)
  const hidden = new Set([...baseUnitFields(op.input).keys(), ...operatorFields(op.input), ...clientFields(op.input)])
  const shown = Object.entries(properties).flatMap(([field, schema]) =>
    hidden.has(field) ? [] : [[field, withoutBaseUnits(schema, baseUnitFields(op.input))] as const],
  )
  const all = [...required, ...(form.needs ?? [])]
  return { ...rest, properties: Object.fromEntries(shown), ...(all.length > 0 && { required: all }) }
}

/** Within lists of objects too, what is in base units is not shown where it can be said in whole ones. */
function withoutBaseUnits(schema: JsonSchema, inWhole: ReadonlyMap<string, string>): JsonSchema {
  const { items } = schema
  if (!items?.properties) return schema
  const { properties } = items
  const isSaidElsewhere = (field: string) =>
    Object.hasOwn(properties, inWhole.get(field) ?? field) && inWhole.has(field)
  const shown = Object.entries(properties).filter(([field]) => !isSaidElsewhere(field))
  return { ...schema, items: { ...items, properties: Object.fromEntries(shown) } }
}

/**
 * The words of JSON Schema that every client of models takes. Others ("format", "pattern", "const", "default") make some
 * refuse the whole tool; the daemon checks what they say, and the description says what a model must know.
 */
function plainSchema(whole: JsonSchema): JsonSchema {
  const { anyOf, ...own } = whole
  // Of several forms of a value a model is shown the first, which says in one word what the others spell out.
  const schema = { ...anyOf?.[0], ...own }
  const { type, properties, required, items, minimum, maximum, additionalProperties } = schema
  const all = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  // The description of a long list says what stands in it.
  const options = all && all.length <= MOST_OPTIONS ? all : undefined
  const description = describe(schema)
  return {
    ...(type !== undefined && { type }),
    ...(description !== undefined && { description }),
    ...(options && { enum: options }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(items && { items: plainSchema(items) }),
    ...(properties && { properties: mapValues(properties, plainSchema) }),
    ...(required && { required }),
    ...(additionalProperties !== undefined && { additionalProperties }),
  }
}

const MOST_OPTIONS = 20

const describe = ({ description, default: otherwise }: JsonSchema): string | undefined =>
  otherwise === undefined ? description : `${description}; ${String(otherwise)} unless given`

const mapValues = <From, To>(values: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]))
