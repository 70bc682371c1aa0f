import { z } from 'zod'
import { type Base, parseBase } from './money.ts'

const Digits = z.string().regex(/^\d+$/).describe('base units')

/** What signing some bytes can do, decoded from the bytes themselves. Assets are CAIP-19, amounts base units. */
export const Effect = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('outflow'), asset: z.string(), amount: Digits, to: z.string() }),
  z.object({
    kind: z.literal('approval'),
    asset: z.string(),
    amount: Digits,
    spender: z.string(),
    unlimited: z.boolean(),
  }),
  z.object({ kind: z.literal('call'), contract: z.string(), selector: z.string().nullable(), value: Digits }),
  z.object({ kind: z.literal('account-creation'), owner: z.string(), asset: z.string(), rent: Digits }),
  z.object({ kind: z.literal('memo'), text: z.string() }),
  z.object({ kind: z.literal('lane'), purpose: z.enum(['cancel', 'gap-fill']) }),
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

type Payment = { readonly asset: string; readonly amount: Base; readonly to: string }
type Deposit = { readonly asset: string; readonly amount: Base; readonly owner: string }
type Spender = {
  readonly asset: string
  readonly amount: Base
  readonly spender: string
  readonly unlimited: boolean
}
type Called = { readonly contract: string; readonly selector: string | null }

/** What effects mean to whoever judges, counts or shows them. */
export type EffectFacts = {
  /** What leaves, to whom; each unit of it once. */
  readonly pays: readonly Payment[]
  /** What leaves as the deposit of a new account. */
  readonly deposits: readonly Deposit[]
  /** Who may take tokens of the sender afterwards. */
  readonly spenders: readonly Spender[]
  /** Whose code runs. */
  readonly calls: readonly Called[]
  /** What nobody understands. */
  readonly unknown: readonly string[]
  /** Kinds that are not in the table, such as a newer decoder's. */
  readonly foreign: readonly string[]
  /** Nothing but a cancel or gap-fill of a lane. */
  readonly isLane: boolean
}
type Meaning = Partial<Omit<EffectFacts, 'isLane'>>

/** The one place that says what each kind of effect means. A call pays its contract the value that it carries. */
const meanings: { [K in Effect['kind']]: (effect: Effect & { kind: K }, native: string) => Meaning } = {
  outflow: ({ asset, amount, to }) => ({ pays: [{ asset, amount: parseBase(amount), to }] }),
  approval: ({ asset, amount, spender, unlimited }) => ({
    spenders: [{ asset, amount: parseBase(amount), spender, unlimited }],
  }),
  call: ({ contract, selector, value }, native) => ({
    calls: [{ contract, selector }],
    ...(value !== '0' && { pays: [{ asset: native, amount: parseBase(value), to: contract }] }),
  }),
  // The asset is what the account is for; the deposit is native.
  'account-creation': ({ rent, owner }, native) => ({ deposits: [{ asset: native, amount: parseBase(rent), owner }] }),
  memo: () => ({}),
  lane: () => ({}),
  unknown: ({ description }) => ({ unknown: [description] }),
}

/** Reads effects; nobody else looks at their kinds. */
export function factsOf({ effects, fee }: Effects): EffectFacts {
  const all = effects.map((effect): Meaning => {
    // The entry of a kind takes effects of that kind; the union does not carry the pairing.
    const meaning = meanings[effect.kind] as ((effect: Effect, native: string) => Meaning) | undefined
    return meaning?.(effect, fee.asset) ?? { foreign: [effect.kind] }
  })
  return {
    pays: all.flatMap(({ pays = [] }) => pays),
    deposits: all.flatMap(({ deposits = [] }) => deposits),
    spenders: all.flatMap(({ spenders = [] }) => spenders),
    calls: all.flatMap(({ calls = [] }) => calls),
    unknown: all.flatMap(({ unknown = [] }) => unknown),
    foreign: all.flatMap(({ foreign = [] }) => foreign),
    isLane: effects.length > 0 && effects.every(({ kind }) => kind === 'lane'),
  }
}
