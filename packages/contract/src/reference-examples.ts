import type { JsonSchema } from './json-schema.ts'
import { LOCAL_NETWORKS } from './networks.ts'
import { INSTALLED_TYPE, policyTypes } from './policies/all.ts'

const UUID = '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57'
const ADDRESS = '0x00000000219ab540356cBB839Cbe05303d7705Fa'
const NETWORK = LOCAL_NETWORKS[0]!
const PAYMENT = { to: ADDRESS, humanAmount: '0.01', network: NETWORK.id }
/** Unix seconds. */
const TIME = 1_767_225_600

/** What stands in an example for a field, by its name, where it fits the schema. */
const values: Readonly<Record<string, unknown>> = {
  address: ADDRESS,
  amount: '2000000',
  assetId: `${NETWORK.caip2}/slip44:60`,
  chainId: NETWORK.caip2,
  channel: 'telegram',
  code: 'WXYZ-2345',
  cursor: null,
  decimals: 6,
  fromAddress: ADDRESS,
  hash: `0x${'ab'.repeat(32)}`,
  humanAmount: '2',
  key: 'display.currency',
  label: 'customer:42',
  name: 'shop',
  network: NETWORK.id,
  ownerAddress: ADDRESS,
  publicKey: ADDRESS,
  reason: 'odd payments',
  spender: ADDRESS,
  symbol: 'USDC',
  template: 'stablecoins',
  to: ADDRESS,
  token: 'USDC',
  txHash: `0x${'ab'.repeat(32)}`,
  url: 'https://hooks.example.com/waiaas',
  version: '1.0.0',
  walletName: 'shop',
}
const formats: Readonly<Record<string, unknown>> = {
  uuid: UUID,
  uri: 'https://example.com/',
  'date-time': '2026-01-01T00:00:00Z',
  ipv4: '127.0.0.1',
  base64: 'AAAA',
}
const TEXT = 'text'

/** What is sent, of operations of which the fields alone make no good example. */
export const SENT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  importWallet: { name: 'shop', chain: NETWORK.chain, format: 'private-key', secret: `0x${'ab'.repeat(32)}` },
  listDerivations: { chain: NETWORK.chain, phrase: `${'abandon '.repeat(11)}about` },
  createSession: { walletId: UUID, ttl: 86_400 },
  createAgentPrompt: { walletIds: [UUID] },
  getSkill: { name: 'quickstart' },
  createPolicy: { walletId: UUID, type: INSTALLED_TYPE, rules: policyTypes[INSTALLED_TYPE].example },
  updatePolicy: { id: UUID, rules: policyTypes[INSTALLED_TYPE].example },
  testPolicies: { walletId: UUID, ...PAYMENT },
  sendToken: { walletId: UUID, ...PAYMENT },
  simulate: { walletId: UUID, ...PAYMENT },
  sendPlan: { steps: [{ to: ADDRESS, data: '0xabcd1234', value: '0' }], network: NETWORK.id },
  changeMasterPassword: { newPassword: 'four words that nobody guesses' },
  updateSettings: { settings: [{ key: 'display.currency', value: 'EUR' }] },
  addPush: {
    ...{ name: 'phone', endpoint: 'https://push.example.com/one', auth: 'BTBZMqHH6r4Tts7J_aSIgg' },
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  },
}

/** What somebody may send has nothing that can be left out; an answer has one of each list. */
type Side = 'sent' | 'answered'

/** Something of the form that a schema describes: what somebody may send, or is answered. */
export function exampleOf(given: JsonSchema, side: Side, field = ''): unknown {
  const schema = ofOneType(given)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const choice = schema.anyOf ?? schema.oneOf
  if (choice) return exampleOf(choice.find(({ type }) => type !== 'null') ?? choice[0]!, side, field)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, side, field)))
  if (schema.default !== undefined) return schema.default
  if (isRules(field, schema)) return policyTypes[INSTALLED_TYPE].example
  if (schema.properties || schema.type === 'object') return objectOf(schema, side)
  if (schema.type === 'array') {
    const many = side === 'answered' ? 1 : (schema.minItems ?? 0)
    return schema.items ? Array.from({ length: many }, () => exampleOf(schema.items!, side, singular(field))) : []
  }
  return fitting(schema, field)
}

/** What may be null is shown as what it is else. */
function ofOneType(schema: JsonSchema): JsonSchema {
  const types: unknown = schema.type
  return Array.isArray(types) ? { ...schema, type: String(types.find((type) => type !== 'null')) } : schema
}

/** Rules of policies are of any form: these are of the first type that there is. */
const isRules = (field: string, { additionalProperties, properties }: JsonSchema): boolean =>
  field === 'rules' && !properties && additionalProperties !== undefined

function objectOf({ properties = {}, required = [] }: JsonSchema, side: Side): Record<string, unknown> {
  const shown = Object.entries(properties).filter(([name]) => required.includes(name))
  const made = Object.fromEntries(shown.map(([name, schema]) => [name, exampleOf(schema, side, name)]))
  return 'rules' in made && made.type === TEXT ? { ...made, type: INSTALLED_TYPE } : made
}

function fitting(schema: JsonSchema, field: string): unknown {
  const named = values[field]
  if (named !== undefined && typeOf(named) === schema.type && schema.format !== 'uuid') return named
  switch (schema.type) {
    case 'string':
      return formats[schema.format ?? ''] ?? textOf(schema)
    case 'integer':
    case 'number':
      return numberOf(schema, field)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return {}
  }
}

const typeOf = (value: unknown) => (typeof value === 'number' ? 'integer' : value === null ? 'null' : typeof value)

const textOf = ({ pattern }: JsonSchema): string =>
  pattern === undefined || new RegExp(pattern).test(TEXT)
    ? TEXT
    : (FITTING.find((text) => new RegExp(pattern).test(text)) ?? TEXT)
/** Tried one after the other where a pattern asks for something. */
const FITTING = [
  '1',
  '0',
  '0xabcd',
  `0x${'ab'.repeat(32)}`,
  'ab'.repeat(32),
  ADDRESS,
  'customer:42',
  'WXYZ-2345',
  'telegram',
  UUID,
]

const numberOf = ({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema, field: string): number => {
  const usual = /At$|timestamp|since|until|expires/i.test(field) ? TIME : 1
  return Math.min(maximum, Math.max(minimum, usual))
}

const singular = (field: string): string => field.replace(/s$/, '')
