import type { JsonSchema } from '@waiaas/contract'

/** What somebody fills in, read from the schema of a type's rules; there is no other description of a form. */
export type Shape =
  | { readonly kind: 'fields'; readonly fields: readonly ShapedField[] }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: Leaf }
export type Leaf =
  | 'switch'
  | 'usd'
  | 'seconds'
  | 'native-units'
  | 'token-units'
  | 'address'
  | 'place'
  | 'weekday'
  | 'number'
  | 'text'
export type ShapedField = {
  readonly name: string
  readonly isRequired: boolean
  /** What the schema says of it. */
  readonly means: string | undefined
  /** What holds when it is left out, where something does. */
  readonly unlessGiven: unknown
  readonly shape: Shape
}

const FORMATS: ReadonlySet<string> = new Set<Leaf>([
  ...(['usd', 'seconds', 'native-units', 'token-units', 'address', 'place', 'weekday'] as const),
])
const isLeaf = (format: string | undefined): format is Leaf => format !== undefined && FORMATS.has(format)

export function shapeOf(schema: JsonSchema): Shape {
  if (isLeaf(schema.format)) return { kind: schema.format }
  if (schema.enum) return { kind: 'choice', values: schema.enum.map(String) }
  if (schema.properties) return { kind: 'fields', fields: Object.entries(schema.properties).map(fieldOf(schema)) }
  if (schema.items) return { kind: 'list', of: shapeOf(schema.items) }
  // Parsed by the schema of JSON Schema itself, which is an object or a boolean here.
  if (typeof schema.additionalProperties === 'object')
    return { kind: 'map', of: shapeOf(schema.additionalProperties as JsonSchema) }
  if (schema.type === 'boolean') return { kind: 'switch' }
  return { kind: schema.type === 'integer' || schema.type === 'number' ? 'number' : 'text' }
}

const fieldOf =
  ({ required = [] }: JsonSchema) =>
  ([name, schema]: [string, JsonSchema]): ShapedField => ({
    ...{ name, isRequired: required.includes(name), means: schema.description },
    ...{ unlessGiven: schema.default, shape: shapeOf(schema) },
  })

/** What a new one of a shape begins with: what has to be there, empty. */
export function emptyOf(shape: Shape): unknown {
  switch (shape.kind) {
    case 'fields':
      return Object.fromEntries(
        shape.fields.filter(({ isRequired }) => isRequired).map((field) => [field.name, startOf(field)]),
      )
    case 'list':
      return [emptyOf(shape.of)]
    case 'map':
      return {}
    case 'choice':
      return shape.values[0]
    case 'switch':
      return false
    case 'weekday':
      return 1
    default:
      return ''
  }
}
/** What a field begins with when somebody adds it. */
export const startOf = ({ unlessGiven, shape }: ShapedField): unknown => unlessGiven ?? emptyOf(shape)

/** A number where the text is one to the letter, so that nothing that is typed is lost; else the text. */
export const numberOrText = (text: string): number | string => (String(Number(text)) === text ? Number(text) : text)
