import { setTimeout as pause } from 'node:timers/promises'
import {
  type Base,
  Failure,
  formatUnits,
  isFailure,
  type Network,
  nativeAsset,
  type OtherNetwork,
  type Output,
  type operatorWalletOperations,
  tokenAsset,
  usdNumber,
} from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import { needWallet } from './lookup.ts'
import { networksOf } from './networks.ts'
import type { WalletRow } from './store.ts'
import type { WalletViewParts } from './view-parts.ts'

type Answer = Output<(typeof operatorWalletOperations)['getWalletHoldings']>
type Look = Answer['networks'][number]
type Held = Extract<Look, { status: 'READ' }>['holdings'][number]
type Holding = { readonly token: Token; readonly amount: Base }
type Found = { readonly native: Base; readonly tokens: readonly Holding[]; readonly listed: ReadonlySet<string> }

/** For all that is asked of one network. */
const LOOK_MS = 10_000
/** Strangers give away tokens: the answer has no more of them, those of the list first. */
const MOST_HELD = 200
const NATIVE = 'native'

/** Looks for what an address holds, also where its wallet cannot send. Each network by itself, with a deadline of its own. */
export function walletHoldings(parts: Omit<WalletViewParts, 'display'>, lookMs = LOOK_MS) {
  const within = deadline(lookMs)
  const { database, chains, tokens, prices } = parts

  async function held({ id }: Network, { address }: WalletRow): Promise<Found> {
    const chain = await chains.get(id)
    const known = await database.read((db) => tokens.ofNetwork(db, chain.network))
    const [native, found] = await Promise.all([chain.balance(address), chain.tokenBalances(address, known)])
    return { native, tokens: found, listed: new Set(known.map(({ asset }) => asset)) }
  }

  const configured = (network: Network, wallet: WalletRow) => within(network, held(network, wallet))

  /** The chain is closed at the deadline too, so that nothing goes on behind the answer. */
  async function beyond({ network, tokens: named }: OtherNetwork, { address }: WalletRow): Promise<Found> {
    const chain = await chains.open(network)
    try {
      return await within(network, foundOn(chain, address, named))
    } finally {
      chain.close()
    }
  }

  async function look(network: Network, enabled: boolean, read: Promise<Found>): Promise<Look> {
    const about = { network: network.id, chainId: network.caip2, enabled }
    try {
      const found = await read
      const all = heldOf(network, found)
      if (enabled)
        await prices.refresh(
          network,
          all.filter(({ isListed }) => isListed).map(({ token }) => token.asset),
        )
      const shown = all.slice(0, MOST_HELD)
      return {
        ...about,
        status: 'READ',
        holdings: shown.map((one) => heldView(network, one, enabled ? prices.usd : () => null)),
        more: all.length - shown.length,
      }
    } catch (error) {
      if (!isFailure(error)) throw error
      return { ...about, status: 'UNREAD', error: error.message }
    }
  }

  /** For the operator, of a wallet in any state. Failure WALLET_NOT_FOUND. */
  return async (id: string, scope: 'everywhere' | 'enabled'): Promise<Answer> => {
    const wallet = await database.read((db) => needWallet(db, id))
    const { chain, environment, address } = wallet
    const isOfFamily = (network: Network) => network.chain === chain
    const own = networksOf(chains.networks(), wallet)
    const rest = chains.networks().filter((network) => isOfFamily(network) && !own.includes(network))
    const others = chains.others().filter(({ network }) => isOfFamily(network))
    const looks = own.map((network) => look(network, true, configured(network, wallet)))
    const further =
      scope === 'enabled'
        ? []
        : [
            ...rest.map((network) => look(network, false, configured(network, wallet))),
            ...others.map((other) => look(other.network, false, beyond(other, wallet))),
          ]
    return { walletId: wallet.id, chain, environment, address, networks: await Promise.all([...looks, ...further]) }
  }
}

/** Native money and these tokens, of which the chain tells everything but the address. */
async function foundOn(chain: Reader, address: string, named: readonly string[]): Promise<Found> {
  const unread = named.map((token): Token => {
    return { address: token, asset: tokenAsset(chain.network, token), symbol: token, name: token, decimals: 0 }
  })
  const [native, held] = await Promise.all([chain.balance(address), chain.tokenBalances(address, unread)])
  const own = held.filter(({ amount }) => amount > 0n)
  const tokens = await Promise.all(
    own.map(async ({ token, amount }) => ({ token: await chain.token(token.address), amount })),
  )
  return { native, tokens, listed: new Set(tokens.map(({ token }) => token.asset)) }
}

type Shown = Holding & { readonly isListed: boolean }

/** What is not zero: native money, then what a list has, then the rest. */
function heldOf(network: Network, { native, tokens, listed }: Found): Shown[] {
  const { symbol, name, decimals } = network.native
  const own: Token = { address: NATIVE, asset: nativeAsset(network), symbol, name, decimals }
  const shown = tokens.map((holding) => ({ ...holding, isListed: listed.has(holding.token.asset) }))
  return [
    { token: own, amount: native, isListed: true },
    ...shown.filter(({ isListed }) => isListed),
    ...shown.filter(({ isListed }) => !isListed),
  ].filter(({ amount }) => amount > 0n)
}

function heldView(network: Network, { token, amount, isListed }: Shown, usd: WalletViewParts['prices']['usd']): Held {
  const { address, asset, symbol, decimals } = token
  const value = isListed ? usd(network, asset, { amount, decimals }) : null
  return {
    ...{ address, assetId: asset, symbol, listed: isListed, balance: amount.toString(), decimals },
    balanceFormatted: formatUnits(amount, decimals),
    usdValue: value === null ? null : usdNumber(value),
  }
}

/** The answer, or Failure CHAIN_ERROR when it takes longer. */
const deadline =
  (ms: number) =>
  async <T>({ id }: Network, work: Promise<T>): Promise<T> => {
    const waiting = new AbortController()
    const late = pause(ms, undefined, { signal: waiting.signal }).then(() => {
      throw new Failure(
        'CHAIN_ERROR',
        `no endpoint of ${id} has answered all that was asked within ${ms / 1_000} seconds`,
      )
    })
    try {
      return await Promise.race([work, late])
    } finally {
      waiting.abort()
      // The pause ends with the abort; whoever raced against it was told.
      late.catch(() => undefined)
    }
  }
