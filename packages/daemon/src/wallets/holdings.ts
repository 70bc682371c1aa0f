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
import { type Patience, within } from '../platform/patience.ts'
import { needWallet } from './lookup.ts'
import { networksOf } from './networks.ts'
import type { WalletRow } from './store.ts'
import type { WalletViewParts } from './view-parts.ts'

type Answer = Output<(typeof operatorWalletOperations)['getWalletHoldings']>
type Look = Answer['networks'][number]
type Held = Extract<Look, { status: 'READ' }>['holdings'][number]
type Holding = { readonly token: Token; readonly amount: Base }

/** Of one network: one that does not answer at all holds the others up no longer than a slow one may take. */
const PATIENCE: Patience = { firstMs: 4_000, allMs: 10_000 }
/** Strangers give away tokens: the answer has no more of them, those of the list first. */
export const MOST_HELD = 200
const NATIVE = 'native'

type Configured = { readonly network: Network; readonly wallet: WalletRow; readonly heard: () => void }
type Found = { readonly native: Base; readonly tokens: readonly Holding[]; readonly listed: ReadonlySet<string> }

/** What a wallet holds on one of its networks. Tells `heard` when the network has answered anything. */
export async function foundOnConfigured(
  { chains, database, tokens }: Pick<WalletViewParts, 'chains' | 'database' | 'tokens'>,
  { network, wallet, heard }: Configured,
): Promise<Found> {
  const chain = await chains.get(network.id)
  const known = await database.read((db) => tokens.ofNetwork(db, chain.network))
  const [native, found] = await Promise.all([
    chain.balance(wallet.address).finally(heard),
    chain.tokenBalances(wallet.address, known),
  ])
  return { native, tokens: found, listed: new Set(known.map(({ asset }) => asset)) }
}

/** Looks for what an address holds, also where its wallet cannot send. Each network by itself, with a deadline of its own. */
export function walletHoldings(parts: Omit<WalletViewParts, 'display'>, patience = PATIENCE) {
  const { database, chains, prices } = parts

  const inTime = <T>({ id }: Network, work: (heard: () => void) => Promise<T>) =>
    within(patience, work, (ms) => tooLate(id, ms, patience))

  const configured = (network: Network, wallet: WalletRow) =>
    inTime(network, (heard) => foundOnConfigured(parts, { network, wallet, heard }))

  /** The chain is closed at the deadline too, so that nothing goes on behind the answer. */
  async function beyond({ network, tokens: named }: OtherNetwork, { address }: WalletRow): Promise<Found> {
    const chain = await chains.open(network)
    try {
      return await inTime(network, (heard) => foundOn(chain, { address, named, heard }))
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

type Asked = { readonly address: string; readonly named: readonly string[]; readonly heard: () => void }

/** Native money and these tokens, of which the chain tells everything but the address. */
async function foundOn(chain: Reader, { address, named, heard }: Asked): Promise<Found> {
  const unread = named.map((token): Token => {
    return { address: token, asset: tokenAsset(chain.network, token), symbol: token, name: token, decimals: 0 }
  })
  const [native, held] = await Promise.all([
    chain.balance(address).finally(heard),
    chain.tokenBalances(address, unread),
  ])
  const own = held.filter(({ amount }) => amount > 0n)
  const tokens = await Promise.all(
    own.map(async ({ token, amount }) => ({ token: await chain.token(token.address), amount })),
  )
  return { native, tokens, listed: new Set(tokens.map(({ token }) => token.asset)) }
}

type Shown = Holding & { readonly isListed: boolean }

/** What is not zero: native money, then what a list has, then the rest. */
export function heldOf(network: Network, { native, tokens, listed }: Found): Shown[] {
  const { symbol, name, decimals } = network.native
  const own: Token = { address: NATIVE, asset: nativeAsset(network), symbol, name, decimals }
  const shown = tokens.map((holding) => ({ ...holding, isListed: listed.has(holding.token.asset) }))
  return [
    { token: own, amount: native, isListed: true },
    ...shown.filter(({ isListed }) => isListed),
    ...shown.filter(({ isListed }) => !isListed),
  ].filter(({ amount }) => amount > 0n)
}

/** One holding as answers have it; only what a list has is worth anything. */
export function heldView(
  network: Network,
  { token, amount, isListed }: Shown,
  usd: WalletViewParts['prices']['usd'],
): Held {
  const { address, asset, symbol, decimals } = token
  const value = isListed ? usd(network, asset, { amount, decimals }) : null
  return {
    ...{ address, assetId: asset, symbol, listed: isListed, balance: amount.toString(), decimals },
    balanceFormatted: formatUnits(amount, decimals),
    usdValue: value === null ? null : usdNumber(value),
  }
}

/** No endpoint of a network has answered, or not everything, in so many milliseconds. */
export const tooLate = (network: string, ms: number, { firstMs }: Patience): Failure =>
  new Failure(
    'CHAIN_ERROR',
    `no endpoint of ${network} has answered ${ms === firstMs ? '' : 'all that was asked '}within ${ms / 1_000} seconds`,
  )
