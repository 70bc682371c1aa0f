import type { z } from 'zod'
import { invalidField } from './failure.ts'
import { EXACT_DIGITS, exactNumber } from './numbers.ts'
import { type Operation, withoutAliases } from './operation.ts'
import { baseUnitFields } from './wire.ts'

type Values = Record<string, unknown>

/**
 * A model's arguments as the operation takes them. What only differs in form is brought into the form of the schema: null
 * and empty text for what may be left out, objects and lists as JSON text, numbers and booleans as text, short numbers
 * where text is wanted. Everything else stays as it came, for the daemon to judge.
 */
export function toolInput(op: Operation, args: Values): Values {
  const ignored = op.ignored ?? []
  const aliases = Object.entries(op.aliases ?? {})
  const schemas = new Map<string, z.ZodType>(Object.entries(op.input.shape))
  for (const [field, names = []] of aliases)
    for (const name of names) if (schemas.has(field)) schemas.set(name, schemas.get(field)!)
  const given = fitFields(schemas, Object.fromEntries(Object.entries(args).filter(([name]) => !ignored.includes(name))))
  // A client that fills in every field gives one value under both of its names.
  for (const [field, names = []] of aliases) {
    const [first, ...others] = [field, ...names].filter((name) => Object.hasOwn(given, name))
    for (const other of others) if (given[other] === given[first!]) delete given[other]
  }
  const input = withoutAliases(op, given)
  requireWholeUnits(op, input)
  for (const [field, value] of Object.entries(input))
    if (Array.isArray(value))
      for (const [at, one] of value.entries()) if (isRecord(one)) requireWholeUnits(op, one, `${field}.${at}.`)
  return input
}

function requireWholeUnits(op: Operation, values: Values, path = ''): void {
  for (const [field, instead] of baseUnitFields(op.input))
    if (Object.hasOwn(values, field) && !NOTHING.test(String(values[field])))
      throw invalidField(
        `${path}${field}`,
        `tools take amounts in whole units: give ${instead}, such as "0.1", in place of ${field}`,
      )
}

/** Zero is the same in every unit, and planners write it. */
const NOTHING = /^(?:0+|0x0+)$/

/** Fields that the schemas do not know stay, so that they are refused by name. */
function fitFields(schemas: ReadonlyMap<string, z.ZodType>, values: Values): Values {
  const fitted = Object.entries(values).map(([name, value]): [string, unknown] => {
    const schema = schemas.get(name)
    return [name, schema ? fit(schema, value) : value]
  })
  return Object.fromEntries(fitted.filter(([, value]) => value !== undefined))
}

/** Undefined where the value says nothing and the field may be left out. */
function fit(schema: z.ZodType, value: unknown): unknown {
  const isOptional = accepts(schema, undefined)
  if (value === null) return accepts(schema, null) ? null : undefined
  if (typeof value === 'string' && value.trim() === '' && isOptional) return undefined
  if (accepts(schema, value)) return value
  const inner = bare(schema)
  const fitted = forms[inner.def.type]?.(inner, value) ?? value
  const isEmpty = ['object', 'union'].includes(inner.def.type) && isRecord(fitted) && Object.keys(fitted).length === 0
  return isOptional && isEmpty ? undefined : fitted
}

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success

/** The schema of a value that is there. */
function bare(schema: z.ZodType): z.ZodType {
  const { def } = schema
  // Optional and nullable schemas, and those with a default, have the schema that they wrap under this name.
  return 'innerType' in def ? bare(def.innerType as z.ZodType) : schema
}

type Form = (schema: z.ZodType, value: unknown) => unknown
/** What a value becomes by the kind of schema that refuses it as it is. */
const forms: Record<string, Form> = {
  object(schema, value) {
    const parsed = fromJson(value)
    // The type that `def.type` names.
    const { shape } = schema as z.ZodObject
    return isRecord(parsed) ? fitFields(new Map(Object.entries(shape) as [string, z.ZodType][]), parsed) : value
  },
  union(schema, value) {
    const parsed = fromJson(value)
    if (!isRecord(parsed)) return value
    // The type that `def.type` names.
    const { options } = schema as z.ZodUnion<z.ZodType[]>
    const fitted = options.map((option) => fit(option, parsed))
    return fitted.find((one) => accepts(schema, one)) ?? fitted.at(-1)
  },
  array(schema, value) {
    const parsed = fromJson(value)
    // The type that `def.type` names.
    const { element } = schema as z.ZodArray<z.ZodType>
    return Array.isArray(parsed) ? parsed.map((one) => fit(element, one)) : value
  },
  number: (_schema, value) => (typeof value === 'string' ? (exactNumber(value.trim()) ?? value) : value),
  boolean: (_schema, value) =>
    typeof value === 'string' && /^(true|false)$/i.test(value.trim()) ? /^true$/i.test(value.trim()) : value,
  string: (_schema, value) => (typeof value === 'number' ? (exactText(value) ?? value) : value),
}

/** JSON text as what it says, where it says an object or a list. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    // Text like any other: the daemon says what it expected.
    return value
  }
}

/** The decimal text of a number as it was written; undefined where digits may have been lost. */
function exactText(value: number): string | undefined {
  if (Number.isSafeInteger(value)) return String(value)
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e-(\d+))?$/.exec(String(value)) ?? []
  const digits = whole + fraction
  if (digits === '' || digits.replace(/^0+/, '').length > EXACT_DIGITS) return undefined
  const places = fraction.length + Number(exponent)
  const padded = digits.padStart(places + 1, '0')
  return `${sign}${padded.slice(0, padded.length - places)}.${padded.slice(padded.length - places)}`
}

const isRecord = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
