/** The page of docs/ about each policy type, from the contract. */
import {
  type JsonSchema,
  POLICY_TYPES,
  type PolicyType,
  policyTypes,
  rulesSchema,
  TEMPLATES,
  type TemplateName,
  templateOf,
} from '@waiaas/contract'

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

/** What is named in an example. */
const NAMED = {
  contracts: ['0x000000000022D473030F116dDEE9F6B43aC78BA3'],
  domains: ['api.example.com'],
  recipients: ['0x00000000219ab540356cBB839Cbe05303d7705Fa'],
}
const LISTED = [{ address: '…', symbol: 'USDC', assetId: '…' }]

function templateSection(name: TemplateName): string {
  const { summary, means, stops, needs, policies } = templateOf(name)
  const rows = Object.entries(policies({ ...NAMED, tokens: LISTED })).map(
    ([part, { type, rules }]) => `| \`${name}/${part}\` | \`${type}\` | \`${cell(JSON.stringify(rules))}\` |`,
  )
  const words = [
    'policy',
    'template',
    'apply',
    name,
    'trader',
    ...needs.flatMap((need) => [`--${need}`, NAMED[need].join()]),
  ]
  return `## ${name}

${summary} ${means}

What it stops:

${stops.map((text) => `- ${text}`).join('\n')}

| policy | type | rules |
| --- | --- | --- |
${rows.join('\n')}

\`\`\`sh example
${shellOf(words)}
\`\`\``
}

/** docs/templates.md, under its note that it is generated. */
export const policyTemplatesPage = (note: string): string => `# Templates of policies

${note}

A template is a set of [policies](policies.md) for one wallet and one kind of agent. \`waiaas policy template apply\` adds its policies under names of their own, says what each adds or replaces, and changes nothing when it is repeated; \`--dry-run\` only says it. The limit that came with the wallet makes room for that of the template; other policies of yours stay, and bind beside it. A policy that you have changed under a name of the template is not written over: the answer says how to go on. The lists of tokens hold the listed tokens of the networks of the wallet, those that you have added with \`waiaas token add\` included, as they are at that moment.

${TEMPLATES.map(templateSection).join('\n\n')}
`
