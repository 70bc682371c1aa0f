import { hash } from 'node:crypto'
import { accountKey } from '../account-key.ts'
import { firstMost, isMainEvm, isTestChain } from '../known-assets.ts'
import { ownerKey, passkeyIn } from '../owner-account.ts'
import type { Ceiling, ChainCeiling, KnownOwners } from '../types.ts'
import { isRecord } from './invalid.ts'
import { NATIVE } from './reading.ts'
import { refuse } from './refuse.ts'

/** A ceiling as it is compared with: amounts as numbers, accounts as readings name them. */
export type Limits = {
  chains: ReadonlyMap<string, ChainLimits>
  recipients: ReadonlySet<string>
  owners: KnownOwners | undefined
}
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
  const { recipients, owners } = ceiling
  return { chains: new Map(chains), recipients: accounts(recipients), owners: owners && knownOwners(owners) }
}

const MOST_OWNERS = 20

/** In one order, each account once and of one owner alone. */
function knownOwners(known: KnownOwners): KnownOwners {
  if (!isRecord(known) || !Array.isArray(known.owners)) return refuse('expected the owners of a wallet')
  const { threshold } = known
  const owners = known.owners.map((one) => [...ownerAccounts(one)].sort()).sort((a, b) => (`${a}` < `${b}` ? -1 : 1))
  const all = owners.flat()
  const isWhole = owners.length <= MOST_OWNERS && all.length <= MOST_OWNERS && owners.every((one) => one.length > 0)
  if (!isWhole || new Set(all.map((one) => passkeyIn(one)?.publicKey ?? one)).size !== all.length)
    refuse(`expected at most ${MOST_OWNERS} accounts of owners, each of one owner`)
  if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > owners.length)
    refuse('expected how many of the owners have to agree')
  return { threshold, owners }
}

const isSame = (one: Limits['owners'], other: Limits['owners']): boolean =>
  JSON.stringify(one) === JSON.stringify(other)
/** The same people, by the same accounts, as they are written. */
export const sameOwners = (one: KnownOwners, other: KnownOwners): boolean =>
  isSame(knownOwners(one), knownOwners(other))

/** SHA-256 of all that a ceiling says, in hex, whatever the order in which it is written. */
export function ceilingDigest(ceiling: Ceiling): string {
  const { chains, recipients, owners } = limitsOf(ceiling)
  const listed = [...chains].sort(byName).map(([chain, { fee, assets, otherTokens, deploys, contracts }]) => {
    const amounts = [...assets].sort(byName).map(([asset, { transaction, day }]) => [asset, `${transaction}`, `${day}`])
    return [chain, `${fee}`, amounts, otherTokens, deploys, [...contracts].sort()]
  })
  return hash('sha256', JSON.stringify([listed, [...recipients].sort(), owners ?? null]))
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

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
  if (!isSame(next.owners, now.owners)) return true
  const reachesMore =
    now.recipients.size > 0 && (next.recipients.size === 0 || !isWithin(next.recipients, now.recipients))
  return reachesMore || [...next.chains].some(([chain, limits]) => isLooserOn(limits, now.chains.get(chain)))
}

/**
 * Is it within what a ceiling may begin with while nobody shows the password? A key that the operator has made for tests
 * is bounded where a transaction names a main network.
 */
export const isModest = ({ chains, owners }: Limits, { isForTests = false }: { isForTests?: boolean } = {}): boolean =>
  owners === undefined &&
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

/** What signs for one owner. */
const ownerAccounts = (list: readonly string[]): ReadonlySet<string> =>
  Array.isArray(list)
    ? new Set(list.map((text) => ownerKey(text) ?? refuse('an owner signs with the key of an address, or a passkey')))
    : refuse('expected a list of what signs for an owner')

/** An address as readings have it. */
const account = (text: unknown): string =>
  accountKey(text) ?? refuse('a ceiling names accounts by their addresses on EVM networks or Solana')

const amount = (text: unknown): bigint =>
  typeof text === 'string' && /^\d{1,78}$/.test(text) ? BigInt(text) : refuse('a ceiling has amounts in base units')
