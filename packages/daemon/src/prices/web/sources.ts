import { isFailure, type Settings } from '@waiaas/contract'
import type { Clock } from '../../platform/clock.ts'
import { recent } from '../../platform/recent.ts'
import type { FeedAnswer } from '../rules.ts'
import { coinGeckoPrice, pythPrice, type WebPrice } from './answers.ts'
import { getText } from './get.ts'
import type { WebIds } from './ids.ts'

type WebSettings = Pick<
  Settings,
  | 'oracle.pyth_url'
  | 'oracle.pyth_api_key'
  | 'oracle.coingecko_url'
  | 'oracle.coingecko_api_key'
  | 'oracle.cross_validation_threshold'
>
export type WebParts = { readonly settings: () => WebSettings; readonly clock: Clock }
export type Web = ReturnType<typeof webSources>

/** A service counts calls, so that it is asked so often alone, of one asset, whether it answered or not. */
const EVERY_MS = 60_000
/** What a service tells of a price that is older than this is history. */
const AGE_MOST_S = 600
const AHEAD_S = 60

type Service = {
  readonly name: 'pyth' | 'coingecko'
  isOn(settings: WebSettings): boolean
  read(settings: WebSettings, ids: WebIds): Promise<WebPrice>
}

const SERVICES: readonly Service[] = [
  {
    name: 'pyth',
    isOn: (settings) => settings['oracle.pyth_api_key'] !== '',
    async read(settings, { pyth }) {
      const url = below(settings['oracle.pyth_url'], 'v2/updates/price/latest')
      url.searchParams.append('ids[]', pyth)
      url.searchParams.set('parsed', 'true')
      const headers = { authorization: `Bearer ${settings['oracle.pyth_api_key']}` }
      return pythPrice(await getText({ who: 'Pyth', url, headers }), pyth)
    },
  },
  {
    name: 'coingecko',
    isOn: (settings) => settings['oracle.coingecko_api_key'] !== '',
    read: (settings, { coingecko }) => askCoinGecko(settings, coingecko, 'usd'),
  },
]
async function askCoinGecko(settings: WebSettings, ids: string, currency: string): Promise<WebPrice> {
  const url = below(settings['oracle.coingecko_url'], 'simple/price')
  for (const [name, value] of Object.entries({ ids, vs_currencies: currency, ...EXACT }))
    url.searchParams.set(name, value)
  const headers = { [keyHeader(url)]: settings['oracle.coingecko_api_key'] }
  return coinGeckoPrice(await getText({ who: 'CoinGecko', url, headers }), ids, currency)
}

/** A coin that is a dollar, and that is traded in every currency. */
const DOLLAR_COIN = 'tether'

const EXACT = { include_last_updated_at: 'true', precision: 'full' }

/** Keys of paid plans have a host of their own, and another header. */
const keyHeader = ({ hostname }: URL): string =>
  hostname === 'pro-api.coingecko.com' ? 'x-cg-pro-api-key' : 'x-cg-demo-api-key'

const below = (base: string, path: string): URL => new URL(`${base.replace(/\/+$/, '')}/${path}`)

type Told = { readonly at: number; readonly price: Promise<WebPrice | undefined> }

/** Services beside the feeds that tell prices: those for which the operator has a key. */
export function webSources({ settings, clock }: WebParts) {
  const told = recent<Told>()
  const faults = new Map<Service['name'], string>()

  async function ask(service: Service, ids: WebIds): Promise<WebPrice | undefined> {
    try {
      const price = await service.read(settings(), ids)
      const age = Math.floor(clock.latest() / 1_000) - price.updatedAt
      faults.delete(service.name)
      return age <= AGE_MOST_S && age >= -AHEAD_S ? price : undefined
    } catch (error) {
      if (!isFailure(error)) throw error
      faults.set(service.name, error.message)
      return undefined
    }
  }

  function lately(service: Service, ids: WebIds): Promise<WebPrice | undefined> {
    const name = `${service.name} ${ids[service.name]}`
    const before = told.get(name)
    if (before && Math.abs(clock.latest() - before.at) < EVERY_MS) return before.price
    const price = ask(service, ids)
    told.put(name, { at: clock.latest(), price })
    return price
  }

  const services = () => SERVICES.filter((one) => one.isOn(settings()))
  return {
    /** What those that are asked say now; nothing of those that fail, or tell an old price. */
    async of(ids: WebIds): Promise<FeedAnswer[]> {
      const readAt = clock.latest()
      const all = await Promise.all(
        services().map(async (service) => ({ from: service.name, price: await lately(service, ids) })),
      )
      return all.flatMap(({ from, price }) => (price ? [{ ...price, from, readAt }] : []))
    },
    /** What a dollar is in a currency, by its code of ISO 4217. Failure CHAIN_ERROR; undefined where nobody is asked. */
    exchangeRate: (currency: string): Promise<WebPrice> | undefined =>
      settings()['oracle.coingecko_api_key'] === ''
        ? undefined
        : askCoinGecko(settings(), DOLLAR_COIN, currency.toLowerCase()),
    /** How many there are. */
    count: (): number => services().length,
    percent: (): number => settings()['oracle.cross_validation_threshold'],
    /** By name: why it gave nothing, the last time that it was asked. */
    fault: (name: Service['name']): string | null => faults.get(name) ?? null,
    isOn: (name: Service['name']): boolean => services().some((one) => one.name === name),
    host: (name: Service['name']): string => new URL(settings()[`oracle.${name}_url`]).origin,
  }
}
