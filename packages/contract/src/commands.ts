import { Failure } from './failure.ts'
import { formSchema, type JsonSchema } from './json-schema.ts'
import { exactNumber } from './numbers.ts'
import { type Form, firstSentence, fixedOf, formsOf, type Operation, type Operations, pathNames } from './operation.ts'
import { didYouMean } from './similar-names.ts'
import { clientFields } from './wire.ts'

/** One flag of a command. `list` may be repeated, `json` takes JSON text, `either` plain text or a JSON object, `boolean` also has a `--no-` form. */
export type Flag = {
  readonly field: string
  readonly name: string
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'json' | 'either'
  readonly required: boolean
  readonly summary: string
}
/** One CLI command. `places` are the fields that may also be given without a flag, in this order. */
export type Command = {
  readonly name: string
  readonly operation: string
  readonly summary: string
  readonly flags: readonly Flag[]
  readonly places: readonly string[]
  /** What it says of itself: the values of fields that have no flag. */
  readonly fixed: Readonly<Record<string, string>>
}

/** The commands of all operations that have one. */
export function commands(operations: Operations): Command[] {
  return Object.entries(operations).flatMap(([name, op]) =>
    formsOf(op).flatMap((form) => (form.command ? [command({ operation: name, op, form, name: form.command })] : [])),
  )
}

type Shown = { readonly operation: string; readonly op: Operation; readonly form: Form; readonly name: string }

function command({ operation, op, form, name }: Shown): Command {
  const { properties = {}, required = [] } = formSchema(op, form)
  const unseen = clientFields(op.input)
  const typed = Object.entries(properties).filter(([field]) => !unseen.includes(field))
  const flags = typed.map(([field, schema]) => flag(field, schema, required.includes(field)))
  return {
    name,
    operation,
    summary: form.summary,
    flags,
    places: [...pathNames(op.path), ...(op.places ?? [])],
    fixed: fixedOf(form),
  }
}

/** A flag for a field: `walletId` and `wallet_id` become `--wallet-id`. */
export function flag(field: string, schema: JsonSchema, required: boolean): Flag {
  const name = `--${field.replaceAll('_', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const values = schema.enum ? ` (${schema.enum.join(', ')})` : ''
  const otherwise = schema.default === undefined ? '' : ` [${JSON.stringify(schema.default)}]`
  return {
    field,
    name,
    kind: kindOf(schema),
    required,
    summary: `${schema.description ?? ''}${values}${otherwise}`.trim(),
  }
}

function kindOf(schema: JsonSchema): Flag['kind'] {
  const options = schema.anyOf?.filter(({ type }) => type !== 'null')
  if (options?.length === 1 && options[0]) return kindOf(options[0])
  if (options?.some((option) => kindOf(option) === 'text')) return 'either'
  if (schema.type === 'boolean') return 'boolean'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'array') return schema.items?.type === 'string' ? 'list' : 'json'
  return schema.type === 'string' || schema.enum || schema.const !== undefined ? 'text' : 'json'
}

export const findCommand = (all: readonly Command[], argv: readonly string[]): Command | undefined =>
  all.find(({ name }) => name === argv.slice(0, name.split(' ').length).join(' '))

/**
 * Reads the arguments after a command's name: `--flag value`, `--flag=value`, `--switch`, `--no-switch`, and the path's fields by place.
 * `globals` are flags of the program itself. Fails with ACTION_VALIDATION_FAILED and the usage.
 */
export function parseArguments(
  command: Command,
  argv: readonly string[],
  globals: readonly Flag[] = [],
): { input: Record<string, unknown>; globals: Record<string, unknown> } {
  const input: Record<string, unknown> = { ...command.fixed }
  const others: Record<string, unknown> = {}
  const places = [...command.places]
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('--')) {
      const field = places.shift()
      if (field === undefined) throw wrong(command, `unexpected "${word.slice(0, 60)}"`)
      input[field] = word
      continue
    }
    const [name = '', inline] = splitOnce(word)
    const own = findFlag(command.flags, name)
    const found = own ?? findFlag(globals, name)
    if (!found) throw wrong(command, unknownFlag(name, [...command.flags, ...globals]))
    const target = own ? input : others
    const value = found.kind === 'boolean' ? (inline ?? String(found.name === name)) : (inline ?? rest.shift())
    if (value === undefined) throw wrong(command, `${name} needs a value`)
    target[found.field] = readValue(command, found, { text: value, before: target[found.field] })
  }
  const missing = command.flags.filter(({ field, required }) => required && input[field] === undefined)
  if (missing.length > 0) throw wrong(command, `missing ${missing.map(({ name }) => name).join(', ')}`)
  return { input, globals: others }
}

const splitOnce = (word: string): [string, string | undefined] => {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

const findFlag = (flags: readonly Flag[], name: string): Flag | undefined =>
  flags.find((one) => one.name === name || (one.kind === 'boolean' && name === `--no-${one.name.slice(2)}`))

function readValue(
  command: Command,
  { kind, name }: Flag,
  { text, before }: { text: string; before: unknown },
): unknown {
  if (kind === 'text' || (kind === 'either' && !text.trimStart().startsWith('{'))) return text
  if (kind === 'list') return [...(Array.isArray(before) ? before : []), ...text.split(',')]
  if (kind === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw wrong(command, `${name}: expected true or false, got "${text.slice(0, 60)}"`)
  }
  if (kind === 'number') {
    const number = exactNumber(text)
    if (number !== undefined) return number
    throw wrong(command, `${name}: expected a number, got "${text.slice(0, 60)}"`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw wrong(command, `${name}: expected JSON, got "${text.slice(0, 60)}"`)
  }
}

/** With the nearest flag, where one is near. */
const unknownFlag = (name: string, flags: readonly Flag[]): string =>
  `unknown flag ${name.slice(0, 60)}${didYouMean(
    name,
    flags.map((flag) => flag.name),
  )}`

const wrong = (command: Command, message: string): Failure =>
  new Failure('ACTION_VALIDATION_FAILED', `${message}\n${commandUsage(command)}`)

/** `waiaas wallet info <id> …` with a line per flag. */
export function commandUsage({ name, summary, flags, places }: Command): string {
  const width = Math.max(0, ...flags.map((one) => one.name.length))
  const lines = flags.map((one) => `  ${one.name.padEnd(width)}  ${one.summary}${one.required ? ' (required)' : ''}`)
  return [
    `usage: waiaas ${[name, ...places.map((place) => `<${place}>`)].join(' ')}${flags.length > 0 ? ' [flags]' : ''}`,
    summary,
    ...lines,
  ].join('\n')
}

/** One line per command, with the first sentence of what it does. */
export function usage(all: readonly Command[]): string {
  const width = Math.max(0, ...all.map(({ name }) => name.length))
  const line = ({ name, summary }: Command) => `  ${name.padEnd(width)}  ${firstSentence(summary)}`
  return all.map(line).join('\n')
}
