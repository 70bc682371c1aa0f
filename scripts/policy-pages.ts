/** The page of docs/ about each policy type, from the contract. */
import { type JsonSchema, POLICY_TYPES, type PolicyType, policyTypes, rulesSchema } from '@waiaas/contract'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const optional = (name: string, { required = [] }: JsonSchema): string => (required.includes(name) ? name : `${name}?`)

/** What is written for a field, in a few words. */
function formOf(schema: JsonSchema): string {
  const { type, enum: values, anyOf, items, properties, minimum, maximum } = schema
  if (values) return values.map((value) => `\`${value}\``).join(', ')
  if (anyOf) return [...new Set(anyOf.map(formOf))].join(' or ')
  if (type === 'array' && items) return items.properties ? `list of ${formOf(items)}` : `list of ${formOf(items)}s`
  if (properties)
    return `\`{ ${Object.keys(properties)
      .map((name) => optional(name, schema))
      .join(', ')} }\``
  const isBound = minimum !== undefined && maximum !== undefined
  if (type === 'integer' || type === 'number') return isBound ? `${minimum} to ${maximum}` : 'number'
  return type === 'boolean' ? '`true`, `false`' : type === 'string' ? 'text' : 'map'
}

/** Fields with those of what a list holds, by the way to each. */
function fieldRows(schema: JsonSchema, above = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const way = `${above}${optional(name, schema)}`
    const otherwise = field.default === undefined ? '' : `\`${JSON.stringify(field.default).replaceAll('"', '')}\``
    const row = `| \`${way}\` | ${cell(formOf(field))} | ${otherwise} | ${cell(field.description ?? '')} |`
    const inner = field.items?.properties ? fieldRows(field.items, `${name}[].`) : []
    return [row, ...inner.filter((line) => !line.endsWith('|  |  |'))]
  })
}

/** What a wallet named `trader` would be given. */
export const exampleCommand = (type: PolicyType): readonly string[] => [
  ...['policy', 'create', '--wallet-id', 'trader', '--type', type],
  ...['--rules', JSON.stringify(policyTypes[type].example)],
]
const shellOf = (words: readonly string[]): string =>
  `waiaas ${words.map((word) => (/^[\w-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`

function section(type: PolicyType): string {
  const entry = policyTypes[type]
  const toggle =
    'defaultDeny' in entry
      ? `\n\nWithout one that applies, the setting \`${entry.defaultDeny.setting}\` decides (${entry.defaultDeny.default ? 'on' : 'off'} by default): ${entry.defaultDeny.summary[0]!.toLowerCase()}${entry.defaultDeny.summary.slice(1)}`
      : ''
  return `## ${type}

${entry.summary}${toggle}

| field | form | unless given | means |
| --- | --- | --- | --- |
${fieldRows(rulesSchema(entry.rules)).join('\n')}

\`\`\`json
${JSON.stringify({ walletId: 'trader', type, rules: entry.example }, null, 2)}
\`\`\`

\`\`\`sh example
${shellOf(exampleCommand(type))}
\`\`\``
}

/** docs/policy-types.md, under its note that it is generated. */
export const policyTypesPage = (note: string): string => `# Policy types

${note}

Each type with what it judges, its fields, and an example as the body of \`POST /v1/policies\` and as a command; a test writes each of them. How they work together, and what the longer ones mean: [policies](policies.md). Every policy binds that applies; several of one type all bind.

Loans, positions at venues, x402, ERC-8128 and reputations are judged by what is known of them. Where a policy asks for what is not known, it refuses (\`FACT_UNKNOWN\`). Nothing in this release reads a reputation yet, so that a \`REPUTATION_THRESHOLD\` refuses every payment; the other types of that kind bind as soon as there is something for them to judge.

${POLICY_TYPES.map(section).join('\n\n')}
`
