import { type EffectFacts, type Effects, factsOf } from './effects.ts'
import { assetKey } from './families.ts'
import { formatUnits, integerOf } from './money.ts'

/** In what an asset is counted, for people. */
export type AssetUnit = { readonly symbol: string; readonly decimals: number }
/** By CAIP-19; undefined where nobody here knows the asset. */
export type AssetUnits = (asset: string) => AssetUnit | undefined

/** A table of units, by CAIP-19 in any case. */
export function assetUnits(known: readonly (AssetUnit & { readonly asset: string })[]): AssetUnits {
  const table = new Map(known.map(({ asset, ...unit }) => [assetKey(asset), unit]))
  return (asset) => table.get(assetKey(asset))
}

/** One sentence for people that says what some bytes do: whom they pay, and whom they let spend afterwards. */
export const summaryOf = (effects: Effects, units: AssetUnits): string => sentenceOf(deedsOf(effects, units))

/** The sentence of its parts. */
export const sentenceOf = (deeds: readonly string[]): string => deeds.join('; ')

/** The parts of that sentence, each a thing that they do. */
export function deedsOf(effects: Effects, units: AssetUnits): string[] {
  const facts = factsOf(effects)
  // What an account pays itself moves nothing.
  const pays = facts.pays.filter(({ amount, to }) => amount > 0n || to !== effects.sender)
  const said = [...moneyWords({ ...facts, pays }, units), ...powerWords(facts, units), ...otherWords(facts)]
  const words = said.length > 0 ? said : ['moves nothing']
  return [...words, ...(letsNobodySpend(effects, facts) ? ['lets nobody spend more'] : [])]
}

/** Kinds whose whole effect their bytes tell. */
const CLOSED: readonly string[] = ['outflow', 'approval', 'nft', 'account-creation', 'memo', 'lane']

const letsNobodySpend = ({ effects }: Effects, { spenders }: EffectFacts): boolean =>
  effects.every(({ kind }) => CLOSED.includes(kind)) && spenders.every(({ amount }) => amount === 0n)

function amountText(asset: string, amount: bigint, units: AssetUnits): string {
  const unit = units(asset)
  return unit ? `${formatUnits(amount, unit.decimals)} ${unit.symbol}` : `${amount} base units of ${asset}`
}
const nameOf = (asset: string, units: AssetUnits): string => units(asset)?.symbol ?? asset

const moneyWords = ({ pays, deposits, nfts }: EffectFacts, units: AssetUnits): string[] => [
  ...pays.map(({ asset, amount, to }) => `pays ${amountText(asset, integerOf(amount), units)} to ${to}`),
  ...deposits.map(
    ({ asset, amount, owner }) =>
      `deposits ${amountText(asset, integerOf(amount), units)} for a new account of ${owner}`,
  ),
  ...nfts.map(({ contract, tokenId, to }) => `gives NFT ${tokenId} of ${contract} to ${to}`),
]

const powerWords = ({ spenders, operators }: EffectFacts, units: AssetUnits): string[] => [
  ...spenders.map(({ asset, amount, spender, unlimited }) => {
    if (amount === 0n) return `lets ${spender} spend no ${nameOf(asset, units)} any more`
    const most = unlimited ? `any amount of ${nameOf(asset, units)}` : amountText(asset, integerOf(amount), units)
    return `lets ${spender} spend ${most}`
  }),
  ...operators.map(({ contract, operator }) => `lets ${operator} take everything in ${contract}`),
]

function otherWords({ pays, calls, deploys, messages, unknown, foreign, isLane }: EffectFacts): string[] {
  const paid = new Set(pays.map(({ to }) => to))
  return [
    ...calls.flatMap(({ contract }) => (paid.has(contract) ? [`calls ${contract} with that`] : [`calls ${contract}`])),
    ...deploys.map(() => 'creates a contract'),
    ...messages.map(messageWords),
    ...unknown.map((what) => `does what nobody can read: ${what}`),
    ...foreign.map((kind) => `does what this version cannot read: ${kind}`),
    ...(isLane ? ['takes the place of another transaction'] : []),
  ]
}

const messageWords = ({ form, domain, contract, primaryType }: EffectFacts['messages'][number]): string =>
  ({
    text: 'signs a text',
    'sign-in': `signs in at ${domain ?? 'somebody unknown'}`,
    'typed-data': `signs ${primaryType ?? 'typed data'}${contract ? ` for ${contract}` : ''}`,
  })[form]
