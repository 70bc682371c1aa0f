import { Failure, LOCAL_NETWORKS, NETWORKS, type Network, nativeAsset, tokenAsset } from '@waiaas/contract'
import { onTestFinished } from 'vitest'
import { openPrepared } from '../../../test/support/prepared.ts'
import { strictAudit } from '../../../test/support/strict-audit.ts'
import { jsonLog } from '../src/platform/log.ts'
import { pricesService, webSources } from '../src/prices/service.ts'
import { builtinTokens } from '../src/tokens/service.ts'

export const NOW = Date.parse('2030-01-01T00:00:00Z')
const networks = [...NETWORKS, ...LOCAL_NETWORKS]
export const network = (id: string): Network => networks.find((one) => one.id === id)!
/** Of the built-in list. */
export const listed = (symbol: string, id: string): string =>
  builtinTokens(network(id)).find((token) => token.symbol === symbol)!.asset

/** What a feed says, by the network whose native asset it is of, or by its address. */
export type Answer = { answer: bigint; decimals: number; updatedAt: number } | 'fails' | 'hangs'
export const fresh = (answer: bigint, decimals = 8): Answer => ({ answer, decimals, updatedAt: NOW / 1000 - 10 })

/** Prices over chains that answer as told; `asked` lists whom they asked. */
export async function pricesBed(
  feeds: Record<string, Answer>,
  fixedPrices: Record<string, string> = {},
  web?: Parameters<typeof webSources>[0]['settings'],
) {
  const asked: string[] = []
  let now = NOW
  let heldBack = 0
  const clock = { now: () => now, latest: () => now + heldBack }
  const database = await openPrepared()
  onTestFinished(() => database.close())
  const audit = strictAudit({ clock })
  const settings = { 'oracle.fixed_prices': fixedPrices, 'oracle.max_age_seconds': 3_900 }
  /** Of `on`, or of the network that reads it there. */
  const nameOf = (on: string, address: string) =>
    networks.find(({ id, nativeFeed, nativeFeedOn = id }) => nativeFeed === address && nativeFeedOn === on)?.id ??
    address
  const service = pricesService({
    ...(web && { web: webSources({ settings: web, clock }) }),
    settings: () => settings,
    networks: () => networks,
    ...{ clock, database, audit },
    log: jsonLog('silent'),
    chain: async (id) => ({
      async token(address) {
        asked.push(`${id} ${address}`)
        const known = builtinTokens(network(id)).find(({ asset }) => asset === tokenAsset(network(id), address))
        return { decimals: known?.decimals ?? 6 }
      },
      async readFeed(address) {
        const name = nameOf(id, address)
        asked.push(name === address ? `${id} ${address}` : name)
        const answer = feeds[name] ?? 'fails'
        if (answer === 'hangs') return new Promise(() => undefined)
        if (answer === 'fails') throw new Failure('CHAIN_ERROR', `no endpoint of ${id} answers`)
        return { ...answer, witnesses: 2, isAlone: false }
      },
    }),
  })
  const price = async (id: string, asset: string) => {
    await service.refresh(network(id), [asset])
    return service.current(network(id), [asset])[asset]
  }
  return {
    service,
    asked,
    price,
    native: (id: string) => price(id, nativeAsset(network(id))),
    settings,
    feeds,
    pass: (ms: number) => {
      now += ms
    },
    hold: (ms: number) => {
      heldBack = ms
    },
    why: (id: string, asset: string) => service.under(settings).missing(network(id), [asset])[0],
    told: async () =>
      (await database.read((db) => audit.list(db, {}, 100)))
        .filter(({ event }) => event === 'PRICE_NOT_BELIEVED')
        .map(({ details }) => JSON.parse(details)),
  }
}
