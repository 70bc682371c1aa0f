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
const STRANGER = '0x00000000219ab540356cBB839Cbe05303d7705Fa'

/** What an agent asks for, as the fields of a send and in words, and what it is told. */
type Answer = {
  readonly asks: string
  readonly request: Readonly<Record<string, string>> & { readonly token?: string }
  readonly told: string
}
const pays = (humanAmount: string, token: string) => ({ type: 'TOKEN_TRANSFER', to: STRANGER, humanAmount, token })
const call: Answer = {
  asks: 'a call of a contract',
  request: { type: 'CONTRACT_CALL', to: STRANGER, calldata: '0xd0e30db0' },
  told: `Refused: the contract ${STRANGER} is on no list of those that may be called. Only the operator can allow it, by changing the policies.`,
}
const allowance: Answer = {
  asks: 'an allowance',
  request: { type: 'APPROVE', spender: STRANGER, humanAmount: '5', token: 'USDC' },
  told: `Refused: ${STRANGER} is on no list of those that may be allowed to take tokens. Only the operator can allow it, by changing the policies.`,
}
const otherToken: Answer = {
  asks: '5 of a token that is on no list',
  request: pays('5', 'PLAIN'),
  told: 'Refused: PLAIN (0x5fbdb2315678afecb367f032d93f642f64180aa3) is not one of the allowed tokens. Only the operator can allow it, by changing the policies.',
}

/** What agents under each template are told; a test asks a daemon for each. */
export const templateAnswers: Readonly<Record<TemplateName, readonly Answer[]>> = {
  stablecoins: [
    otherToken,
    {
      asks: '101 USDC',
      request: pays('101', 'USDC'),
      told: 'Refused: 101.254394 USD with fees does not fit: 100 USD of the daily limit of 100 USD is left. At most 99.745606 USDC (99.745606 USD) would pass now, and 50 USDC of it at once.',
    },
    call,
    allowance,
  ],
  'trading-bot': [
    {
      ...call,
      asks: 'a call of another contract',
      told: `Refused: ${STRANGER} is not one of the contracts that may be called. Only the operator can allow it, by changing the policies.`,
    },
    {
      ...allowance,
      asks: 'an allowance for somebody else',
      told: `Refused: ${STRANGER} is not one of those that may be allowed to take tokens. Only the operator can allow it, by changing the policies.`,
    },
    {
      asks: '1,001 USDC',
      request: pays('1001', 'USDC'),
      told: 'Refused: 1001.211299 USD with fees does not fit: 1000 USD of the daily limit of 1000 USD is left. At most 999.788701 USDC (999.788701 USD) would pass now, and 500 USDC of it at once.',
    },
  ],
  'pays-apis': [
    otherToken,
    {
      asks: '11 USDC',
      request: pays('11', 'USDC'),
      told: 'Refused: 11.211299 USD with fees does not fit: 10 USD of the daily limit of 10 USD is left. At most 9.788701 USDC (9.788701 USD) would pass now, and 5 USDC of it at once.',
    },
    call,
    allowance,
  ],
  treasury: [
    {
      asks: '5 USDC for somebody else',
      request: pays('5', 'USDC'),
      told: 'Refused: 0x00000000219ab540356cbb839cbe05303d7705fa is not one of the allowed addresses. Only the operator can allow it, by changing the policies.',
    },
    call,
  ],
}

/** The page of one template, under its note that it is generated. */
function templatePage(name: TemplateName, note: string): string {
  const { summary, means, stops, needs, policies } = templateOf(name)
  const rows = Object.entries(policies({ ...NAMED, tokens: LISTED })).map(
    ([part, { type, rules }]) => `| \`${name}/${part}\` | \`${type}\` | \`${cell(JSON.stringify(rules))}\` |`,
  )
  const words = [
    ...['policy', 'template', 'apply', name, 'trader'],
    ...needs.flatMap((need) => [`--${need}`, NAMED[need].join()]),
  ]
  const answers = templateAnswers[name].map(({ asks, told }) => `| ${asks} | ${cell(told)} |`)
  return `# The template ${name}

${note}

${summary} ${means}

## What it stops

${stops.map((text) => `- ${text}`).join('\n')}

What an agent is told then, each with the figures of a day on which nothing else has left:

| it asks for | the daemon answers |
| --- | --- |
${answers.join('\n')}

## Put it in force

${needs.length > 0 ? `You name the ${needs.join(' and ')} yourself. ` : ''}\`--dry-run\` says what would change, and changes nothing.

\`\`\`sh example
${shellOf(words)}
\`\`\`

## Its policies

| policy | type | rules |
| --- | --- | --- |
${rows.join('\n')}

The lists of tokens hold the listed tokens of the wallet's networks, those that you have added with \`waiaas token add\` included, as they are at that moment. To change a rule, update the policy by its name; the template does not write over what you have changed. Every field: [policy types](../policy-types.md). Other sets: [templates](../templates.md).
`
}

/** docs/templates.md and a page for each template, under their note that they are generated. */
export const policyTemplatePages = (note: string): Readonly<Record<string, string>> => ({
  'docs/templates.md': `# Templates of policies

${note}

A template is a set of [policies](policies.md) for one wallet and one kind of agent. \`waiaas policy template apply\` adds its policies under names of their own, says what each adds or replaces, and changes nothing when it is repeated; \`--dry-run\` only says it. The limit that came with the wallet makes room for that of the template; other policies of yours stay, and bind beside it. A policy that you have changed under a name of the template is not written over: the answer says how to go on.

| template | what it is for | you name |
| --- | --- | --- |
${TEMPLATES.map((name) => `| [${name}](templates/${name}.md) | ${templateOf(name).summary} | ${templateOf(name).needs.join(', ') || 'nothing'} |`).join('\n')}

Each page says what its template lets go, what it stops, and in which words the agent hears of it. \`waiaas policy template list\` and \`waiaas policy template show\` say the same at the terminal. Which of them an agent gets that asks to be let in: [pairing](pairing.md). Rules of your own: [policies by example](policies-by-example.md).
`,
  ...Object.fromEntries(TEMPLATES.map((name) => [`docs/templates/${name}.md`, templatePage(name, note)])),
})
