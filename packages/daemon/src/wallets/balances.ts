import {
  add,
  type Balances,
  type balanceOperations,
  isFailure,
  type Network,
  type Output,
  type Usd,
  usdNumber,
  ZERO_USD,
} from '@waiaas/contract'
import { type Clock, seconds } from '../platform/clock.ts'
import { type Patience, within } from '../platform/patience.ts'
import { recent } from '../platform/recent.ts'
import { foundOnConfigured, heldOf, heldView, MOST_HELD, tooLate } from './holdings.ts'
import { needWallet } from './lookup.ts'
import { networksOf } from './networks.ts'
import { type WalletRow, walletStore } from './store.ts'
import type { WalletViewParts } from './view-parts.ts'

type Answer = Output<(typeof balanceOperations)['listBalances']>
type Asked = {
  readonly walletId?: string | undefined
  readonly environment?: WalletRow['environment'] | undefined
  readonly maxAge: number
  readonly limit: number
  readonly cursor?: string | undefined
}
type Read = { readonly at: number; readonly shown: ReturnType<typeof heldOf>; readonly more: number }
/** What was read last, if ever, and why it is not of now. */
type Known = { readonly last: Read | undefined; readonly error: string | null }

/** One look at all wallets is not held up by a network that is silent. */
const PATIENCE: Patience = { firstMs: 2_500, allMs: 5_000 }

type Parts = Omit<WalletViewParts, 'display'> & { clock: Clock }

/** What is known of a wallet on one of its networks, no older than `maxAge` seconds where the network answers. */
function reading(parts: Parts, patience: Patience) {
  const { clock } = parts
  const kept = recent<Read>()
  /** A second caller waits for the look of the first. */
  const looks = new Map<string, Promise<Known>>()

  async function look(network: Network, wallet: WalletRow, key: string): Promise<Known> {
    try {
      const found = await within(
        patience,
        (heard) => foundOnConfigured(parts, { network, wallet, heard }),
        (ms) => tooLate(network.id, ms, patience),
      )
      const all = heldOf(network, found)
      const shown = all.slice(0, MOST_HELD)
      const read = { at: clock.now(), shown, more: all.length - shown.length }
      kept.put(key, read)
      return { last: read, error: null }
    } catch (error) {
      if (!isFailure(error)) throw error
      return { last: kept.get(key), error: error.message }
    } finally {
      looks.delete(key)
    }
  }

  return (network: Network, wallet: WalletRow, maxAge: number): Promise<Known> => {
    const key = `${network.id} ${wallet.address}`
    const last = kept.get(key)
    if (last && clock.now() - last.at < maxAge * 1_000) return Promise.resolve({ last, error: null })
    const running = looks.get(key) ?? look(network, wallet, key)
    looks.set(key, running)
    return running
  }
}

/** What wallets hold, with what was read before where a network does not answer now. */
export function walletBalances(parts: Parts, patience = PATIENCE) {
  const { database, chains, prices } = parts
  const known = reading(parts, patience)

  async function onNetwork(network: Network, wallet: WalletRow, maxAge: number) {
    const { last, error } = await known(network, wallet, maxAge)
    const shown = last?.shown ?? []
    const listed = shown.filter(({ isListed }) => isListed)
    await prices.refresh(
      network,
      listed.map(({ token }) => token.asset),
    )
    const worth = listed.map(({ token, amount }) =>
      prices.usd(network, token.asset, { amount, decimals: token.decimals }),
    )
    const priced = worth.filter((usd) => usd !== null)
    return {
      usd: sumUsd(priced),
      unpriced: listed.length - priced.length,
      view: {
        ...{ network: network.id, chainId: network.caip2, usd: usdNumber(sumUsd(priced)) },
        holdings: shown.map((one) => heldView(network, one, prices.usd)),
        more: last?.more ?? 0,
        ...{ asOf: last ? seconds(last.at) : null, error },
      },
    }
  }

  async function ofWallet(wallet: WalletRow, maxAge: number): Promise<Balances> {
    const { id, name, chain, environment, address, status } = wallet
    const own = networksOf(chains.networks(), wallet)
    const all = await Promise.all(own.map((network) => onNetwork(network, wallet, maxAge)))
    return {
      ...{ id, name, chain, environment, publicKey: address, status },
      usd: usdNumber(sumUsd(all.map(({ usd }) => usd))),
      unpriced: all.reduce((sum, { unpriced }) => sum + unpriced, 0),
      networks: all.map(({ view }) => view),
    }
  }

  /** For the operator: all that have not ended, or one in any state. Failure WALLET_NOT_FOUND. */
  return async ({ walletId, environment, maxAge, limit, cursor }: Asked): Promise<Answer> => {
    const rows = await database.read(async (db) =>
      walletId === undefined
        ? walletStore.listLive(db, { after: cursor, environment }, limit + 1)
        : [await needWallet(db, walletId)],
    )
    const page = rows.slice(0, limit)
    const hasMore = rows.length > page.length
    const items = await Promise.all(page.map((wallet) => ofWallet(wallet, maxAge)))
    return { items, nextCursor: hasMore ? page.at(-1)!.id : null, hasMore }
  }
}

const sumUsd = (all: readonly Usd[]): Usd => all.reduce(add, ZERO_USD)
