import {
  type ActionCategory,
  add,
  amountFor,
  type Base,
  type Effect,
  isAddress,
  type Network,
  nativeAsset,
  parseBase,
  parseUsd,
  type Standing,
  tokenAsset,
  toUsd,
  type Usd,
  usdText,
  ZERO_USD,
} from '@waiaas/contract'
import type { Price, Prices } from './bill.ts'
import type { EvaluateInput, Policy, Window } from './case.ts'

/** Where and by whom payments are tried. */
export type ProbeWorld = Pick<EvaluateInput, 'wallet' | 'toggles' | 'now'> & {
  readonly usualDelay: number
  readonly address: string
  /** With what is known of it: prices of its assets, and its listed tokens. */
  readonly networks: readonly {
    readonly network: Network
    readonly prices: Prices
    readonly tokens: EvaluateInput['tokens']
  }[]
  readonly strangers: readonly [string, ...string[]]
  readonly sessions: readonly { readonly id: string; readonly labels: readonly string[] }[]
}

/** What rules name, whatever their type: around these the decisions change. */
type Named = {
  readonly texts: ReadonlySet<string>
  readonly numbers: ReadonlySet<number>
  readonly digits: ReadonlySet<string>
}

function namedIn(policies: readonly Policy[]): Named {
  const named = { texts: new Set<string>(), numbers: new Set<number>(), digits: new Set<string>() }
  const look = (value: unknown): void => {
    if (typeof value === 'number') named.numbers.add(value)
    else if (typeof value === 'string') (/^\d+(\.\d+)?$/.test(value) ? named.digits : named.texts).add(value)
    else if (typeof value === 'object' && value !== null)
      for (const [name, part] of Object.entries(value)) {
        named.texts.add(name)
        look(part)
      }
  }
  for (const { text } of policies) look(rulesOf(text))
  return named
}

const rulesOf = (text: string): unknown => {
  try {
    return JSON.parse(text.slice(text.indexOf(' ') + 1))
  } catch {
    return {}
  }
}

const HOUR = 3_600_000
const MOST_TAGS = 12
const VENUE = 'a venue'
const CATEGORIES: readonly ActionCategory[] = ['swap', 'perp', 'lending', 'staking', 'bridge']

/**
 * Cases in which policies may differ: payments, allowances, calls and messages around each number, address and name of their
 * rules, one unit more and one less. The same for the same rules.
 */
export function* probes(policies: readonly Policy[], world: ProbeWorld): Generator<EvaluateInput> {
  const named = namedIn(policies)
  const addresses = [...new Set([...named.texts].filter(isAddress)), ...world.strangers]
  const words = [...named.texts].filter((text) => !isAddress(text))
  const amounts = dollarsOf(named)
  const counts = [...named.numbers].filter((one) => Number.isInteger(one) && one > 0)
  const tags = ['', ...words.slice(0, MOST_TAGS)]
  const ids = policies.map(({ id }) => id)
  for (const on of world.networks) {
    const people = addresses.filter((one) => fits(one, on.network, world))
    for (const effect of effectsOf({ on, people, words, amounts, digits: named.digits }))
      yield* situations({ effect, on, world, amounts, counts, ids, tags })
  }
}

const fits = (address: string, network: Network, { strangers }: ProbeWorld): boolean =>
  address.startsWith('0x') === strangers[0].startsWith('0x') && network.chain !== undefined

/** In micro-dollars, each number of the rules, one micro-dollar more and one less. */
function dollarsOf({ numbers, digits }: Named): Usd[] {
  const all = new Set<bigint>([0n, 1n])
  for (const one of [...numbers, ...digits]) {
    const usd = dollars(one)
    if (usd === undefined) continue
    for (const near of [-1n, 0n, 1n]) if (usd + near >= 0n) all.add(usd + near)
  }
  return [...all].slice(0, 60).map(toUsd)
}

function dollars(value: number | string): bigint | undefined {
  try {
    return BigInt(parseUsd(value) as unknown as bigint)
  } catch {
    return undefined
  }
}

type Made = {
  on: ProbeWorld['networks'][number]
  people: readonly string[]
  words: readonly string[]
  amounts: readonly Usd[]
  digits: ReadonlySet<string>
}

/** One of each kind, to each who is named. */
function* effectsOf({ on: { network, prices, tokens }, people, words, amounts, digits }: Made): Generator<Effect> {
  const native = nativeAsset(network)
  const listed = Object.keys(tokens)
  const strange = people.map((address) => tokenAsset(network, address))
  for (const asset of [native, ...listed, ...strange.slice(0, 4)])
    for (const amount of unitsOf(prices[asset], amounts, digits))
      yield { kind: 'outflow', asset, amount: String(amount), to: people[0]! }
  for (const to of people) {
    yield { kind: 'outflow', asset: native, amount: '1', to }
    yield { kind: 'call', contract: to, selector: null, value: '0' }
    for (const selector of words.filter((word) => /^0x[0-9a-f]{2,16}$/i.test(word)).slice(0, 4))
      yield { kind: 'call', contract: to, selector: selector.toLowerCase(), value: '0' }
    for (const amount of [
      1n,
      ...[...digits].filter((text) => /^\d+$/.test(text)).flatMap((text) => [BigInt(text), BigInt(text) + 1n]),
    ].slice(0, 12))
      yield { kind: 'approval', asset: listed[0] ?? strange[0]!, amount: String(amount), spender: to, unlimited: false }
    yield {
      kind: 'approval',
      asset: listed[0] ?? strange[0]!,
      amount: String(2n ** 256n - 1n),
      spender: to,
      unlimited: true,
    }
    yield {
      kind: 'message',
      form: 'typed-data',
      domain: null,
      contract: to,
      primaryType: words.find((word) => /^[A-Z]/.test(word)) ?? 'Order',
    }
  }
  yield { kind: 'message', form: 'text', domain: null }
  for (const word of words.slice(0, 40)) {
    const domain = word.replace(/^\*\./, 'any.').toLowerCase()
    yield { kind: 'message', form: 'sign-in', domain }
    yield { kind: 'server', scheme: 'x402', domain }
    yield { kind: 'server', scheme: 'erc8128', domain }
    yield { kind: 'venue', venue: word }
    yield { kind: 'position', venue: VENUE, market: word, isReducing: false }
  }
  for (const category of CATEGORIES) yield { kind: 'action', category }
  for (const asset of [...listed, ...strange].slice(0, 6))
    yield { kind: 'loan', action: 'borrow', lender: 'a lender', asset, amount: '1000000' }
}

/** What is worth each amount, a unit more and less; and the amounts that rules name in units. */
function unitsOf(price: Price | undefined, amounts: readonly Usd[], digits: ReadonlySet<string>): Base[] {
  const all = new Set<bigint>([1n])
  for (const usd of price ? amounts : []) {
    const most = BigInt(amountFor(usd, price!) as unknown as bigint)
    for (const near of [most, most + 1n]) all.add(near)
  }
  for (const text of digits)
    if (/^\d+$/.test(text) && price) {
      const whole = BigInt(text)
      const scaled = whole * 10n ** BigInt(price.decimals)
      for (const near of [whole, whole + 1n, scaled, scaled + 1n]) all.add(near)
    }
  return [...all].slice(0, 150).map((amount) => parseBase(String(amount)))
}

type Situated = Pick<Made, 'on' | 'amounts'> & {
  effect: Effect
  world: ProbeWorld
  counts: readonly number[]
  ids: readonly string[]
  tags: readonly string[]
}

/** As anybody and as each session, now and at other hours, with nothing and with much behind it. */
function* situations(of: Situated): Generator<EvaluateInput> {
  const { effect, on, world, amounts, counts, ids } = of
  const { network, prices, tokens } = on
  const plain: EvaluateInput = {
    ...{ network, prices, tokens, policies: [], policyVersion: 'probe', kind: 'probe' },
    ...{ wallet: world.wallet, toggles: world.toggles, now: world.now, usualDelay: world.usualDelay },
    effects: {
      network: network.id,
      sender: world.address,
      effects: [effect],
      fee: { asset: nativeAsset(network), max: '0' },
    },
    ...past(network, ZERO_USD),
    standing: standing(ZERO_USD),
  }
  yield plain
  for (const session of world.sessions) yield { ...plain, session }
  if (effect.kind === 'outflow' && effect.amount !== '1') return
  for (const standing of standings(of)) yield { ...plain, standing }
  if (effect.kind === 'outflow') {
    for (let hour = 1; hour < 168; hour++) yield { ...plain, now: world.now + hour * HOUR }
    for (const count of counts.flatMap((one) => [one - 1, one]))
      for (const session of [undefined, ...world.sessions]) {
        // All of them were accepted just now, so that each window holds as many.
        const counted = Object.fromEntries(ids.map((id) => [id, { count, freeAt: world.now + HOUR }]))
        yield { ...plain, requests: { all: [], networks: {}, session: [], counted }, ...(session && { session }) }
      }
  }
  for (const usd of amounts)
    for (const session of [undefined, ...world.sessions])
      yield { ...plain, ...past(network, usd), standing: standing(usd), ...(session && { session }) }
}

/** A position of each size, on a dollar and on all of it; and what others say of who receives, under each pair of tags. */
function* standings({ effect, on, amounts, tags }: Situated): Generator<Standing> {
  if (effect.kind === 'position')
    for (const size of amounts)
      for (const margin of [parseUsd(1), size])
        yield {
          ...standing(ZERO_USD),
          positions: [{ venue: VENUE, market: effect.market, sizeUsd: String(size), marginUsd: String(margin) }],
        }
  if (effect.kind !== 'outflow' || effect.asset !== nativeAsset(on.network)) return
  const pairs = tags.flatMap((tag1) => tags.map((tag2) => ({ tag1, tag2, address: effect.to })))
  const said = (one: { score: string | null; isAgent: boolean }): Standing => ({
    ...standing(ZERO_USD),
    reputations: pairs.map((pair) => ({ ...pair, ...one })),
  })
  yield said({ score: null, isAgent: true })
  yield said({ score: null, isAgent: false })
  for (const score of amounts) yield said({ score: usdText(score), isAgent: true })
}

function past(network: Network, usd: Usd): Pick<EvaluateInput, 'spent' | 'requests'> {
  const window: Window = { total: usd, final: [] }
  const windows = { day: window, month: window }
  return {
    spent: { ...windows, networks: { [network.id]: windows }, session: windows },
    requests: { all: [], networks: {}, session: [] },
  }
}

/** What loans, positions and actions stand at. */
const standing = (usd: Usd): Standing => ({
  loans: { 'a lender': { collateralUsd: '1000000', debtUsd: String(usd) } },
  positions: [],
  reputations: [],
  notionalUsd: String(usd),
  categories: Object.fromEntries(
    CATEGORIES.map((one) => [one, { dayUsd: String(usd), monthUsd: String(add(usd, usd)) }]),
  ),
  signedRequests: {},
})
