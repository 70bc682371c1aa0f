import { accountKey } from '../account-key.ts'
import { firstMost, isMainEvm, isTestChain } from '../known-assets.ts'
import type { Ceiling, ChainCeiling } from '../types.ts'
import { isRecord } from './invalid.ts'
import { NATIVE } from './reading.ts'
import { refuse } from './refuse.ts'

/** A ceiling as it is compared with: amounts as numbers, accounts as readings name them. */
export type Limits = { chains: ReadonlyMap<string, ChainLimits>; recipients: ReadonlySet<string> }
export type ChainLimits = {
  fee: bigint
  /** `native` among them. */
  assets: ReadonlyMap<string, AssetLimits>
  otherTokens: boolean
  deploys: boolean
  contracts: ReadonlySet<string>
}
type AssetLimits = { transaction: bigint; day: bigint }

/** Refuses what is no ceiling, whole and plain. */
export function limitsOf(ceiling: Ceiling): Limits {
  if (!isRecord(ceiling) || !isRecord(ceiling.chains)) return refuse('expected a ceiling with its chains')
  const chains = Object.entries(ceiling.chains).map(([chain, limits]) => [chain, chainLimits(chain, limits)] as const)
  return { chains: new Map(chains), recipients: accounts(ceiling.recipients) }
}

function chainLimits(chain: string, limits: ChainCeiling): ChainLimits {
  if (!isRecord(limits) || !isRecord(limits.tokens)) return refuse('expected the limits of a chain')
  const { native, fee, tokens, otherTokens, deploys, contracts } = limits
  if (!/^(eip155:[1-9]\d{0,15}|solana)$/.test(chain)) refuse(`a ceiling knows no chain ${chain}`)
  const assets = Object.entries({ [NATIVE]: native, ...tokens }).map(
    ([asset, most]) => [asset === NATIVE ? asset : account(asset), assetLimits(most)] as const,
  )
  return {
    fee: amount(fee),
    assets: new Map(assets),
    otherTokens: otherTokens === true,
    deploys: deploys === true,
    contracts: accounts(contracts),
  }
}

function assetLimits(most: unknown): AssetLimits {
  if (!isRecord(most)) return refuse('expected what an asset may come to, in one transaction and in a day')
  return { transaction: amount(most.transaction), day: amount(most.day) }
}

/** The same of two ceilings as they are written. */
export const loosensCeiling = (next: Ceiling, now: Ceiling): boolean => isLooser(limitsOf(next), limitsOf(now))

/** Does `next` let anything pass that `now` does not? */
export function isLooser(next: Limits, now: Limits): boolean {
  const reachesMore =
    now.recipients.size > 0 && (next.recipients.size === 0 || !isWithin(next.recipients, now.recipients))
  return reachesMore || [...next.chains].some(([chain, limits]) => isLooserOn(limits, now.chains.get(chain)))
}

/**
 * Is it within what a ceiling may begin with while nobody shows the password? A key that the operator has made for tests
 * is bounded where a transaction names a main network.
 */
export const isModest = ({ chains }: Limits, { isForTests = false }: { isForTests?: boolean } = {}): boolean =>
  [...chains].every(([chain, { fee, assets, otherTokens, deploys, contracts }]) => {
    if (isForTests && !isMainEvm(chain)) return true
    const isWithin = (asset: string, amount: bigint) => amount <= (firstMost(chain, asset) ?? amount)
    const isOpen = contracts.size > 0 || ((otherTokens || deploys) && !isTestChain(chain))
    const areWithin = [...assets].every(
      ([asset, { transaction, day }]) => isWithin(asset, transaction) && isWithin(asset, day),
    )
    return !isOpen && isWithin(NATIVE, fee) && areWithin
  })

function isLooserOn(next: ChainLimits, now: ChainLimits | undefined): boolean {
  if (!now || next.fee > now.fee || !isWithin(next.contracts, now.contracts)) return true
  if ((next.otherTokens && !now.otherTokens) || (next.deploys && !now.deploys)) return true
  return [...next.assets.keys(), ...now.assets.keys()].some((asset) => {
    const [wanted, had] = [limitOf(next, asset), limitOf(now, asset)]
    if (had === 'any' || wanted === 'none') return false
    return wanted === 'any' || had === 'none' || wanted.transaction > had.transaction || wanted.day > had.day
  })
}

/** What holds for an asset, listed or not. */
export const limitOf = ({ assets, otherTokens }: ChainLimits, asset: string): AssetLimits | 'any' | 'none' =>
  assets.get(asset) ?? (otherTokens ? 'any' : 'none')

const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean =>
  [...some].every((one) => all.has(one))

const accounts = (list: readonly string[]): ReadonlySet<string> =>
  Array.isArray(list) ? new Set(list.map(account)) : refuse('expected a list of accounts')

/** An address as readings have it. */
const account = (text: unknown): string =>
  accountKey(text) ?? refuse('a ceiling names accounts by their addresses on EVM networks or Solana')

const amount = (text: unknown): bigint =>
  typeof text === 'string' && /^\d{1,78}$/.test(text) ? BigInt(text) : refuse('a ceiling has amounts in base units')
