import { type Base, Failure, type Network, nativeAsset, remaining, toBase, ZERO_BASE } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Token } from '../../chains/intent.ts'
import { encodeRequest, type StoredRequest } from '../kinds/all.ts'
import { emptying } from '../kinds/token-transfer.ts'
import { draining } from '../kinds/transfer.ts'
import type { ServiceParts } from '../parts.ts'

/** A token of a wallet; of some only the account is left, whose rent comes back when it is closed. */
export type HeldToken = Token & { readonly isEmpty?: true }
/** One asset of a wallet on one network, and how much of it is there; null is native currency, which fees are taken from. */
export type Asset = { readonly network: Network; readonly token: HeldToken | null; readonly amount: Base }
type Named = Pick<Asset, 'network' | 'token'>
/** What stays, and why. */
export type Kept = { readonly network: Network; readonly token: Token; readonly amount: Base; readonly why: string }
export type Place = { readonly chain: Chain; readonly sender: string; readonly to: string }
type Found = { readonly assets: readonly Asset[]; readonly kept: readonly Kept[] }

/** Of a network, so that nobody who gives tokens away makes a sweep endless. */
const MOST_ASSETS = 50

/** What there is to send on a network: tokens of a list or named, empty accounts, then native currency. Failure CHAIN_ERROR. */
export async function assetsOn(
  { database, listedTokens }: Pick<ServiceParts, 'database' | 'listedTokens'>,
  { chain, sender }: Place,
  named: ReadonlySet<string>,
): Promise<Found> {
  const { network } = chain
  const known = await database.read((db) => listedTokens(db, network))
  const [native, held] = await Promise.all([chain.balance(sender), chain.tokenBalances(sender, known)])
  const isKnown = new Set(known.map(({ asset }) => asset))
  const some = held.filter(({ amount }) => amount > 0n)
  const wanted = some.filter(({ token }) => isKnown.has(token.asset) || named.has(token.address))
  const kept: Kept[] = some
    .filter(({ token }) => !wanted.some((one) => one.token.asset === token.asset))
    .map(({ token, amount }) => ({ network, token, amount, why: 'it is in no list; name it to send it as well' }))
  const assets: Asset[] = []
  const add = (token: HeldToken, amount: Base) => {
    const why = `a sweep sends ${MOST_ASSETS} tokens of a network; start another one for it`
    if (assets.length === MOST_ASSETS) kept.push({ network, token, amount, why })
    else assets.push({ network, token, amount })
  }
  for (const { token, amount } of wanted) {
    const sendable = (await sourceOf(chain, sender, token)).amount
    if (sendable > 0n) add(token, sendable)
    if (amount > sendable)
      kept.push({ network, token, amount: remaining(amount, sendable), why: 'payments are not made from where it is' })
  }
  for (const token of (await chain.emptySources?.(sender)) ?? []) {
    const { amount, isClosable } = await sourceOf(chain, sender, token)
    if (amount === ZERO_BASE && isClosable) add({ ...token, isEmpty: true }, ZERO_BASE)
  }
  return { assets: [...assets, ...(native > 0n ? [{ network, token: null, amount: native }] : [])], kept }
}

/** Where tokens are in accounts of their own, what payments take from; else all that there is, which no account holds. */
async function sourceOf(chain: Chain, sender: string, token: Token) {
  if (chain.tokenSource) return chain.tokenSource(sender, token)
  const [held] = await chain.tokenBalances(sender, [token])
  return { amount: held?.amount ?? ZERO_BASE, isFrozen: false, isClosable: false }
}

type Made = { readonly request: ReturnType<typeof requestOf>; readonly amount: Base }

/**
 * All of a token as it is now, or the closing of its account. Failures INSUFFICIENT_BALANCE and TOKEN_UNSUPPORTED where
 * nothing can leave.
 */
export async function tokenRequest({ chain, sender, to }: Place, { isEmpty, ...token }: HeldToken): Promise<Made> {
  const { amount, isFrozen, isClosable } = await sourceOf(chain, sender, token)
  if (isEmpty && (amount > 0n || !isClosable))
    throw new Failure('TOKEN_UNSUPPORTED', `the account of ${token.symbol} was empty, and cannot be closed any more`)
  if (isEmpty) return { request: requestOf(chain, emptying(to, token, { amount, closes: true })), amount }
  if (amount === 0n) throw new Failure('INSUFFICIENT_BALANCE', `nothing is left of ${token.symbol}`)
  if (isFrozen)
    throw new Failure(
      'TOKEN_UNSUPPORTED',
      `the account of ${token.symbol} is frozen: none of it moves until it is thawed`,
    )
  return { request: requestOf(chain, emptying(to, token, { amount, closes: isClosable })), amount }
}

/** All native currency beside what is promised, and its fee to the last unit where the chain lets it. */
export async function nativeRequest({ chain, sender, to }: Place, promised: bigint): Promise<Made> {
  const { asked } = await chain.unitPrice()
  // What a block asks may rise by an eighth from one to the next; all of this is paid.
  const drains = asked + asked / 4n + 1n
  const [balance, sample] = await Promise.all([
    chain.balance(sender),
    chain.draft(sender, draining(to, toBase(1n), drains).intent),
  ])
  const amount = balance - promised - sample.maxFee
  if (amount <= 0n)
    throw new Failure('INSUFFICIENT_BALANCE', `nothing of ${chain.network.native.symbol} would be left after the fees`)
  return { request: requestOf(chain, draining(to, toBase(amount), drains)), amount: toBase(amount) }
}

function requestOf({ network }: Chain, asked: Omit<StoredRequest, 'network'>) {
  const stored: StoredRequest = { ...asked, network: network.id }
  const text = encodeRequest(stored)
  return { stored, text, hash: text }
}

/** What people and digests call it. */
export const nameOf = ({ network, token }: Named) => ({
  network: network.id,
  assetId: token?.asset ?? nativeAsset(network),
  symbol: token?.symbol ?? network.native.symbol,
})
export const decimalsOf = ({ network, token }: Named): number => token?.decimals ?? network.native.decimals
