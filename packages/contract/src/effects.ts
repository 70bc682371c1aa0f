import { z } from 'zod'
import { addressKey, assetKey } from './families.ts'
import { add, type Base, parseBase } from './money.ts'

const Digits = z.string().regex(/^\d+$/).describe('base units')

export const ActionCategory = z.enum([
  'swap',
  'perp',
  'lending',
  'staking',
  'bridge',
  'prediction',
  'governance',
  'custom',
])
export type ActionCategory = z.infer<typeof ActionCategory>

/** What signing some bytes can do, decoded from the bytes themselves. Assets are CAIP-19, amounts base units. */
export const Effect = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('outflow'),
    asset: z.string(),
    amount: Digits,
    to: z.string(),
    isMost: z.literal(true).optional().describe('its bytes name the most that may leave, and a price how much does'),
  }),
  z.object({
    kind: z.literal('approval'),
    asset: z.string(),
    amount: Digits,
    spender: z.string(),
    unlimited: z.boolean(),
  }),
  z.object({ kind: z.literal('nft'), contract: z.string(), tokenId: Digits, amount: Digits, to: z.string() }),
  z.object({ kind: z.literal('operator'), contract: z.string(), operator: z.string(), isGranted: z.boolean() }),
  z.object({ kind: z.literal('call'), contract: z.string(), selector: z.string().nullable(), value: Digits }),
  z.object({ kind: z.literal('deploy'), codeHash: z.string(), value: Digits }),
  z.object({ kind: z.literal('account-creation'), owner: z.string(), asset: z.string(), rent: Digits }),
  z.object({ kind: z.literal('memo'), text: z.string() }),
  z.object({
    kind: z.literal('message'),
    form: z.enum(['text', 'sign-in', 'typed-data']),
    domain: z.string().nullable().describe('of a sign-in: who asks for it'),
    contract: z.string().nullable().optional().describe('of typed data that nobody reads: the contract that it is for'),
    primaryType: z.string().optional(),
  }),
  z.object({ kind: z.literal('voucher'), deadline: Digits.describe('unix seconds until which it can be used') }),
  z.object({ kind: z.literal('lane'), purpose: z.enum(['cancel', 'gap-fill']) }),
  z.object({
    kind: z.literal('server'),
    scheme: z.enum(['x402', 'erc8128']).describe('it is paid, or a request to it is signed'),
    domain: z.string().describe('the host of its address, in lower case'),
  }),
  z.object({ kind: z.literal('venue'), venue: z.string() }),
  z.object({
    kind: z.literal('loan'),
    action: z.enum(['supply', 'borrow', 'repay', 'withdraw']),
    lender: z.string(),
    asset: z.string(),
    amount: Digits,
  }),
  z.object({
    kind: z.literal('position'),
    venue: z.string(),
    market: z.string(),
    isReducing: z.boolean().describe('it can only make the position smaller, or its margin larger'),
  }),
  z.object({ kind: z.literal('action'), category: ActionCategory }),
  z.object({ kind: z.literal('simulated'), description: z.string() }),
  z.object({ kind: z.literal('unknown'), description: z.string() }),
])
export type Effect = z.infer<typeof Effect>

/** What the bytes of one transaction do, and the most they can cost. */
export const Effects = z.object({
  network: z.string(),
  sender: z.string(),
  effects: z.array(Effect),
  fee: z.object({ asset: z.string(), max: Digits }),
})
export type Effects = z.infer<typeof Effects>

/** In place of an address, where bytes do not show who gets something: nobody's, so that no list has it. */
export const UNREAD_RECIPIENT = 'somebody whom its bytes do not name'

type Payment = { readonly asset: string; readonly amount: Base; readonly to: string }
type Deposit = { readonly asset: string; readonly amount: Base; readonly owner: string }
type Spender = {
  readonly asset: string
  readonly amount: Base
  readonly spender: string
  readonly unlimited: boolean
}
type Nft = { readonly contract: string; readonly tokenId: string; readonly to: string }
type Operator = { readonly contract: string; readonly operator: string }
/** Words that are signed and move nothing by themselves. */
type Message = {
  readonly form: 'text' | 'sign-in' | 'typed-data'
  readonly domain: string | null
  /** Of typed data that names its chain and contract. */
  readonly contract?: string | null | undefined
  readonly primaryType?: string | undefined
}
type Server = { readonly scheme: 'x402' | 'erc8128'; readonly domain: string }
type Loan = {
  readonly action: 'supply' | 'borrow' | 'repay' | 'withdraw'
  readonly lender: string
  readonly asset: string
  readonly amount: Base
}
type Position = { readonly venue: string; readonly market: string; readonly isReducing: boolean }
type Called = { readonly contract: string; readonly selector: string | null }

/** What effects mean to whoever judges, counts or shows them. */
export type EffectFacts = {
  /** What leaves, to whom; each unit of it once. */
  readonly pays: readonly Payment[]
  /** What leaves as the deposit of a new account. */
  readonly deposits: readonly Deposit[]
  /** Who may take tokens of the sender afterwards. */
  readonly spenders: readonly Spender[]
  /** Which NFTs leave, or may be taken, and by whom. */
  readonly nfts: readonly Nft[]
  /** Who may take everything of the sender that is in a contract. */
  readonly operators: readonly Operator[]
  /** Whose code runs. */
  readonly calls: readonly Called[]
  /** Which code becomes a contract; the hash is that of the code which creates it. */
  readonly deploys: readonly { readonly codeHash: string }[]
  /** What is signed for others to read. */
  readonly messages: readonly Message[]
  /** Until when others can use what is signed, in unix seconds; of bytes that are sent there is none. */
  readonly deadlines: readonly bigint[]
  /** Which servers are paid, or get a signed request. */
  readonly servers: readonly Server[]
  /** Where something is done beside the chain. */
  readonly venues: readonly string[]
  /** What is done at lenders. */
  readonly loans: readonly Loan[]
  /** Which positions change. */
  readonly positions: readonly Position[]
  /** Of which kinds it is, for limits by kind. */
  readonly actions: readonly ActionCategory[]
  /** What nobody understands. */
  readonly unknown: readonly string[]
  /** Kinds that are not in the table, such as a newer decoder's. */
  readonly foreign: readonly string[]
  /** Nothing but a cancel or gap-fill of a lane. */
  readonly isLane: boolean
}
type Meaning = Partial<Omit<EffectFacts, 'isLane'>>

/** Who is paid by what creates it: nobody knows its address. */
const NEW_CONTRACT = 'a new contract'

/** The one place that says what each kind of effect means. A call pays its contract the value that it carries. */
const meanings: { [K in Effect['kind']]: (effect: Effect & { kind: K }, native: string) => Meaning } = {
  outflow: ({ asset, amount, to }) => ({ pays: [{ asset, amount: parseBase(amount), to }] }),
  approval: ({ asset, amount, spender, unlimited }) => ({
    spenders: [{ asset, amount: parseBase(amount), spender, unlimited }],
  }),
  nft: ({ contract, tokenId, to }) => ({ nfts: [{ contract, tokenId, to }] }),
  operator: ({ contract, operator, isGranted }) => (isGranted ? { operators: [{ contract, operator }] } : {}),
  call: ({ contract, selector, value }, native) => ({
    calls: [{ contract, selector }],
    ...(value !== '0' && { pays: [{ asset: native, amount: parseBase(value), to: contract }] }),
  }),
  deploy: ({ codeHash, value }, native) => ({
    deploys: [{ codeHash }],
    ...(value !== '0' && { pays: [{ asset: native, amount: parseBase(value), to: NEW_CONTRACT }] }),
  }),
  // The asset is what the account is for; the deposit is native.
  'account-creation': ({ rent, owner }, native) => ({ deposits: [{ asset: native, amount: parseBase(rent), owner }] }),
  memo: () => ({}),
  message: ({ form, domain, contract, primaryType }) => ({ messages: [{ form, domain, contract, primaryType }] }),
  voucher: ({ deadline }) => ({ deadlines: [BigInt(deadline)] }),
  lane: () => ({}),
  server: ({ scheme, domain }) => ({ servers: [{ scheme, domain }] }),
  venue: ({ venue }) => ({ venues: [venue] }),
  loan: ({ action, lender, asset, amount }) => ({
    loans: [{ action, lender, asset, amount: parseBase(amount) }],
    actions: ['lending'],
  }),
  position: ({ venue, market, isReducing }) => ({
    positions: [{ venue, market, isReducing }],
    venues: [venue],
    actions: ['perp'],
  }),
  action: ({ category }) => ({ actions: [category] }),
  // What it does was seen, and stands beside it.
  simulated: () => ({}),
  unknown: ({ description }) => ({ unknown: [description] }),
}

/** Reads effects; nobody else looks at their kinds. In one pass: a payment's are read a dozen times until it is final. */
export function factsOf({ effects, fee }: Effects): EffectFacts {
  const facts = {
    ...{ pays: [], deposits: [], spenders: [], nfts: [], operators: [], calls: [], deploys: [], messages: [] },
    ...{ deadlines: [], servers: [], venues: [], loans: [], positions: [], actions: [], unknown: [], foreign: [] },
    isLane: effects.length > 0 && effects.every(({ kind }) => kind === 'lane'),
  } satisfies EffectFacts
  for (const effect of effects) {
    // The entry of a kind takes effects of that kind; the union does not carry the pairing.
    const meaning = meanings[effect.kind] as ((effect: Effect, native: string) => Meaning) | undefined
    const told = meaning?.(effect, fee.asset) ?? { foreign: [effect.kind] }
    // Each list of a meaning is of what the list of that name holds.
    for (const name of Object.keys(told) as (keyof Meaning)[]) (facts[name] as unknown[]).push(...told[name]!)
  }
  return facts
}

/** What each spender may take of each asset, together: parts of one transaction or signature can be taken one after the other. */
export function grantTotals(spenders: EffectFacts['spenders']): EffectFacts['spenders'] {
  const totals = new Map<string, Spender>()
  for (const one of spenders) {
    const key = `${addressKey(one.spender)} ${assetKey(one.asset)}`
    const known = totals.get(key)
    const both = known && { amount: add(known.amount, one.amount), unlimited: known.unlimited || one.unlimited }
    totals.set(key, { ...(known ?? one), ...both })
  }
  return [...totals.values()]
}

/** Everybody who gets something, or may take it. What is deposited for the sender, or paid by an account to itself, stays the sender's. */
export function receiversOf({ pays, nfts, deposits, spenders, operators }: EffectFacts, sender: string): string[] {
  const owners = deposits.flatMap(({ owner }) => (owner === sender ? [] : [owner]))
  const takers = [...spenders.map(({ spender }) => spender), ...operators.map(({ operator }) => operator)]
  const paid = pays.filter(({ to, amount }) => to !== sender || amount > 0n)
  return [...paid.map(({ to }) => to), ...nfts.map(({ to }) => to), ...owners, ...takers]
}

/** Whom these effects pay, let spend or call. */
export function addressesIn(effects: Effects): string[] {
  const facts = factsOf(effects)
  const called = [...facts.calls, ...facts.nfts, ...facts.operators].map(({ contract }) => contract)
  return [...receiversOf(facts, effects.sender), ...called].filter((one) => one !== NEW_CONTRACT)
}
