import {
  type agentWalletOperations,
  formatUnits,
  isFailure,
  type Network,
  nativeAsset,
  type Output,
  toBase,
  usdNumber,
  type WalletHoldings,
} from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import type { Clock } from '../platform/clock.ts'
import { walletBalances } from './balances.ts'
import { walletHoldings } from './holdings.ts'
import { needWallet, walletOfSession } from './lookup.ts'
import { actsOn, networksOf, resolveNetwork, shownNetwork } from './networks.ts'
import type { WalletRow } from './store.ts'
import type { WalletViewParts } from './view-parts.ts'

export type WalletView = ReturnType<typeof walletViewService>

type Answer<Name extends keyof typeof agentWalletOperations> = Output<(typeof agentWalletOperations)[Name]>
type Choice = { readonly walletId?: string | undefined }
type NetworkChoice = Choice & { readonly network?: string | undefined }
type Shown = NetworkChoice & { readonly displayCurrency?: string | undefined }
type Display = Awaited<ReturnType<WalletViewParts['display']>>
type Assets = Extract<Answer<'getAssets'>, { assets: unknown }>['assets']

/** Reads of one wallet on one network. */
function reads({ database, chains, tokens, prices, display: shownIn }: WalletViewParts) {
  async function balanceOn(network: Network, { address }: WalletRow) {
    const { decimals, symbol } = network.native
    const balance = await (await chains.get(network.id)).balance(address)
    return {
      network: network.id,
      balance: balance.toString(),
      decimals,
      symbol,
      balanceFormatted: formatUnits(balance, decimals),
      chainId: network.caip2,
      assetId: nativeAsset(network),
    }
  }

  async function assetsOn(network: Network, { address }: WalletRow, display?: Display): Promise<Assets> {
    const known = await database.read((db) => tokens.ofNetwork(db, network))
    const chain = await chains.get(network.id)
    const [amount, found] = await Promise.all([chain.balance(address), chain.tokenBalances(address, known)])
    const held = [{ token: nativeToken(network), amount }, ...found.filter((holding) => holding.amount > 0n)]
    await prices.refresh(
      network,
      held.map(({ token }) => token.asset),
    )
    return held.map((holding) => assetView(network, holding, { usd: prices.usd, display }))
  }

  /** What a balance is worth, in the currency that was asked for or is set. */
  async function balanceShown(network: Network, balance: string, currency: string | undefined) {
    const display = await shownIn(currency)
    if (!display) return { displayBalance: null, displayCurrency: null }
    const asset = nativeAsset(network)
    await prices.refresh(network, [asset])
    const usd = prices.usd(network, asset, { amount: toBase(BigInt(balance)), decimals: network.native.decimals })
    return { displayBalance: usd === null ? null : display.text(usd), displayCurrency: display.currency }
  }

  return { balanceOn, assetsOn, balanceShown }
}

/** What an agent sees of its own wallet: address, balances, assets. */
export function walletViewService(parts: WalletViewParts & { clock: Clock }) {
  const { database, chains } = parts
  const { balanceOn, assetsOn, balanceShown } = reads(parts)
  const choose = (sessionId: string, { walletId, network }: NetworkChoice) =>
    database.read((db) => walletOfSession(db, sessionId, { walletId, acts: actsOn(chains.networks(), network) }))

  /** Each network by itself: one that does not answer leaves the others alone. */
  const onAll = <T>(wallet: WalletRow, read: (network: Network) => Promise<T>) =>
    Promise.all(
      networksOf(chains.networks(), wallet).map(async (network) => {
        try {
          return await read(network)
        } catch (error) {
          if (!isFailure(error)) throw error
          return { network: network.id, error: error.message }
        }
      }),
    )

  return {
    look: walletHoldings(parts),
    balances: walletBalances(parts),
    /** For the operator, of a wallet in any state. Failure WALLET_NOT_FOUND. */
    async holdings(id: string): Promise<WalletHoldings> {
      const wallet = await database.read((db) => needWallet(db, id))
      const read = async (network: Network) => ({ network: network.id, assets: await assetsOn(network, wallet) })
      return { balances: (await onAll(wallet, read)).map(holdingsView) }
    },

    async address(sessionId: string, choice: Choice): Promise<Answer<'getAddress'>> {
      const wallet = await choose(sessionId, choice)
      return { ...whereOf(wallet), network: shownNetwork(chains.networks(), wallet), address: wallet.address }
    },

    async balance(sessionId: string, choice: Shown): Promise<Answer<'getBalance'>> {
      const wallet = await choose(sessionId, choice)
      if (choice.network === 'all')
        return { ...whereOf(wallet), balances: await onAll(wallet, (network) => balanceOn(network, wallet)) }
      const network = resolveNetwork(chains.networks(), wallet, choice.network)
      const balance = await balanceOn(network, wallet)
      const shown = await balanceShown(network, balance.balance, choice.displayCurrency)
      return { ...whereOf(wallet), address: wallet.address, ...balance, ...shown }
    },

    async assets(sessionId: string, choice: Shown): Promise<Answer<'getAssets'>> {
      const wallet = await choose(sessionId, choice)
      const display = await parts.display(choice.displayCurrency)
      if (choice.network === 'all') {
        const read = async (network: Network) => ({
          network: network.id,
          assets: await assetsOn(network, wallet, display),
        })
        return { ...whereOf(wallet), networkAssets: await onAll(wallet, read) }
      }
      const network = resolveNetwork(chains.networks(), wallet, choice.network)
      const assets = await assetsOn(network, wallet, display)
      const displayCurrency = display?.currency ?? null
      return { ...whereOf(wallet), network: network.id, assets, displayCurrency, chainId: network.caip2 }
    },
  }
}

const NATIVE = 'native'

const whereOf = ({ id, chain, environment }: WalletRow) => ({ walletId: id, chain, environment })

const nativeToken = (network: Network): Token => {
  const { symbol, name, decimals } = network.native
  return { address: NATIVE, asset: nativeAsset(network), symbol, name, decimals }
}

type Read = { network: string } & ({ assets: Assets } | { error: string })

function holdingsView(read: Read): WalletHoldings['balances'][number] {
  const { network } = read
  if ('error' in read) return { network, native: null, tokens: [], error: read.error }
  const whole = ({ balance, decimals }: Assets[number]) => formatUnits(BigInt(balance), decimals)
  const [native, ...tokens] = read.assets
  return {
    network,
    native: native ? { balance: whole(native), symbol: native.symbol, usd: native.usdValue ?? null } : null,
    tokens: tokens.map((asset) => ({ symbol: asset.symbol, balance: whole(asset), address: asset.mint })),
  }
}

function assetView(
  network: Network,
  { token, amount }: { token: Token; amount: bigint },
  { usd, display }: { usd: WalletViewParts['prices']['usd']; display: Display },
): Assets[number] {
  const value = usd(network, token.asset, { amount: toBase(amount), decimals: token.decimals })
  return {
    mint: token.address,
    symbol: token.symbol,
    name: token.name,
    balance: amount.toString(),
    decimals: token.decimals,
    isNative: token.address === NATIVE,
    ...(value !== null && { usdValue: usdNumber(value) }),
    displayValue: value !== null && display ? display.text(value) : null,
    balanceFormatted: formatUnits(amount, token.decimals),
    assetId: token.asset,
    network: network.id,
    chainId: network.caip2,
  }
}
