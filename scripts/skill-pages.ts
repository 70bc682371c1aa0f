/** The generated parts of skills/, between marks such as `<!-- calls: getBalance send_token -->` and `<!-- end -->`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type FailureCode,
  type Form,
  failures,
  failuresOf,
  formSchema,
  formsOf,
  type JsonSchema,
  mayCall,
  type Operation,
  operations,
  outputSchema,
  tools,
  toolsets,
} from '@waiaas/contract'

const root = join(import.meta.dirname, '..')
const table = operations as Readonly<Record<string, Operation>>
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** An operation by its name, or the part of one that a tool is for. */
function named(name: string): { op: Operation; form: Form } {
  const own = table[name]
  if (own) return { op: own, form: { summary: own.summary } }
  for (const op of Object.values(table)) {
    const form = formsOf(op).find(({ tool }) => tool === name)
    if (form) return { op, form }
  }
  throw new Error(`skills name "${name}", which is no operation and no tool`)
}

const isNeeded = (field: string, { required = [] }: JsonSchema): boolean => required.includes(field)

/** What is sent, a line each, and the names of what is answered. */
function call(name: string): string {
  const { op, form } = named(name)
  const input = formSchema(op, form)
  const fields = Object.entries(input.properties ?? {}).map(([field, { description = '', enum: values }]) => {
    const of = values && values.length > 1 && values.length < 12 ? ` (${values.join(', ')})` : ''
    return `- \`${field}\`${isNeeded(field, input) ? ', needed' : ''}: ${description}${of}`
  })
  return [`#### \`${op.method} ${op.path}\``, form.summary, fields.join('\n'), `Answers ${answered(op)}.`]
    .filter((part) => part !== '')
    .join('\n\n')
}

function answered(op: Operation): string {
  const { anyOf, ...own } = outputSchema(op)
  const names = new Set((anyOf ?? [own]).flatMap(({ properties = {} }) => Object.keys(properties)))
  return names.size === 0 ? 'nothing' : [...names].map((field) => `\`${field}\``).join(', ')
}

/** Every tool, and the set that shows it where it is not shown to all. */
function toolList(): string {
  const rows = tools(operations).map(({ name, description, operation }) => {
    const set = Object.entries(toolsets).find(([, of]) => (of as readonly string[]).includes(name))?.[0] ?? ''
    const { method, path } = table[operation]!
    return `| \`${name}\` | ${set} | \`${method} ${path}\` | ${cell(description)} |`
  })
  return ['| tool | set | call | what it does |', '|---|---|---|---|', ...rows].join('\n')
}

/** Every failure that an agent can meet. */
function failureList(): string {
  const met = new Set<FailureCode>(
    Object.values(table).flatMap((op) => (op.access === 'public' || mayCall(op, 'agent') ? failuresOf(op) : [])),
  )
  const rows = Object.entries(failures).flatMap(([code, entry]) =>
    // The keys of the table are the codes.
    met.has(code as FailureCode) && !code.startsWith('MASTER_') && !code.includes('MASTER_PASSWORD')
      ? [`| \`${code}\` | ${entry.status} | ${entry.remedy} | ${'hint' in entry ? cell(entry.hint) : ''} |`]
      : [],
  )
  return ['| code | status | remedy | what to do |', '|---|---|---|---|', ...rows].join('\n')
}

const WRITERS: Readonly<Record<string, (names: readonly string[]) => string>> = {
  calls: (names) => names.map(call).join('\n\n'),
  tools: toolList,
  failures: failureList,
}

/** A skill with its generated parts as the contract has them now. */
const written = (text: string): string =>
  text.replaceAll(
    /(<!-- (\w+):? ?([\w ]*) -->)\n[\s\S]*?<!-- end -->/g,
    (_, mark: string, kind: string, names: string) => {
      const write = WRITERS[kind]
      if (!write) throw new Error(`skills ask for "${kind}", which nobody writes`)
      return `${mark}\n\n${write(names.split(' ').filter(Boolean))}\n\n<!-- end -->`
    },
  )

/** The text of every skill by its path. */
export const skillPages = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(root, 'skills')).map((file) => [
      `skills/${file}`,
      written(readFileSync(join(root, 'skills', file), 'utf8')),
    ]),
  )
