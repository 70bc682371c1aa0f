import { exampleOf } from './command-examples.ts'
import { commandUsage } from './command-help.ts'
import type { Command, Flag } from './command-types.ts'
import { Failure } from './failure.ts'
import { formSchema, type JsonSchema } from './json-schema.ts'
import { exactNumber } from './numbers.ts'
import { type Form, fixedOf, formsOf, type Operation, type Operations, pathNames } from './operation.ts'
import { didYouMean } from './similar-names.ts'
import { clientFields } from './wire.ts'

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
  const shown = {
    name,
    operation,
    summary: form.summary,
    flags,
    places: [...new Set([...pathNames(op.path), ...(op.places ?? [])])],
    fixed: fixedOf(form),
  }
  return { ...shown, example: exampleOf(shown, form.example ?? op.example) }
}

/** A flag for a field: `walletId` and `wallet_id` become `--wallet-id`. */
export function flag(field: string, schema: JsonSchema, required: boolean): Flag {
  const name = `--${field.replaceAll('_', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const { description = '' } = schema
  const isTold = schema.enum?.every((value) => description.includes(String(value)))
  const values = schema.enum && !isTold ? ` (${schema.enum.join(', ')})` : ''
  const otherwise = schema.default === undefined ? '' : ` [${JSON.stringify(schema.default)}]`
  return {
    field,
    name,
    kind: isTime(field, schema) ? 'time' : kindOf(schema),
    required,
    summary: `${description}${values}${otherwise}`.trim(),
  }
}

/** A moment that something is asked from or to. */
const isTime = (field: string, { type }: JsonSchema): boolean =>
  type === 'integer' && ['since', 'until', 'from', 'to'].includes(field)

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
      const isList = command.flags.some((flag) => flag.field === field && flag.kind === 'list')
      input[field] = isList ? word.split(',') : word
      continue
    }
    const [name = '', inline] = splitOnce(word)
    const own = findFlag(command.flags, name)
    const found = own ?? findFlag(globals, name)
    if (!found) throw wrong(command, unknownFlag(name, [...command.flags, ...globals]))
    const target = own ? input : others
    if (found.alone !== undefined && inline === undefined && (rest[0] ?? '--').startsWith('--')) {
      target[found.field] = found.alone
      continue
    }
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
  flags.find((one) => one.name === name || (one.kind === 'boolean' && name === `--no-${one.name.slice(2)}`)) ??
  // Who names a wallet by its name does not think of an id.
  flags.find((one) => one.name === `${name}-id`)

function readValue(
  command: Command,
  { kind, name }: Flag,
  { text, before }: { text: string; before: unknown },
): unknown {
  if (kind === 'text' || (kind === 'either' && !text.trimStart().startsWith('{'))) return text
  if (kind === 'time') return exactNumber(text) ?? text
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
