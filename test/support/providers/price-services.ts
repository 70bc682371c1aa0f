import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a service does in place of telling its price. */
type Odd = { status?: number; body?: string; hangs?: true; to?: string }
type Says = Odd & { usd?: string; at?: number }
export type PythSays = Says & { price?: string; conf?: string; expo?: number; id?: string }

const KEYS = { pyth: 'a-key-of-pyth', coingecko: 'CG-a-key' }
const PYTH_ETH = 'ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace'
const PYTH_HYPE = '4279e31cc369bbcc2faf022b382b080e32a8e689ff20fbc530d2a603eb6cd98b'

/**
 * Hermes of Pyth and CoinGecko, as far as they tell what ETH and HYPE cost: with the key in its header, the parameters that
 * the price needs, and no others. What is asked in another way is refused, and counted.
 */
export async function priceServices() {
  const pyth: PythSays = {}
  const coingecko: Says = {}
  /** What a dollar is in other currencies, as JSON has it. */
  const rates: Record<string, string> = { eur: '0.9213', jpy: '151.27', kwd: '0.30712', krw: '1391.5' }
  const asked: string[] = []
  const refused: string[] = []

  function hermes(url: URL, { headers }: IncomingMessage, response: ServerResponse): void {
    if (headers.authorization !== `Bearer ${KEYS.pyth}`) return void refuse(response, 401, 'pyth: key')
    const id = url.searchParams.get('ids[]') ?? ''
    const isWhole = [...url.searchParams.keys()].toSorted().join() === 'ids[],parsed'
    if (url.pathname !== '/hermes/v2/updates/price/latest' || !isWhole || url.searchParams.get('parsed') !== 'true')
      return void refuse(response, 400, `pyth: ${url.pathname}${url.search}`)
    if (id !== PYTH_ETH && id !== PYTH_HYPE) return void refuse(response, 404, `pyth: ${id}`)
    const { price = '200000000000', conf = '100000000', expo = -8, at: publish_time } = pyth
    const told = { price, conf, expo, publish_time }
    answer(response, pyth, {
      binary: { encoding: 'hex', data: ['504e4155'] },
      parsed: [{ id: pyth.id ?? id, price: told, ema_price: told, metadata: { slot: 1 } }],
    })
  }

  function gecko(url: URL, { headers }: IncomingMessage, response: ServerResponse): void {
    if (headers['x-cg-demo-api-key'] !== KEYS.coingecko) return void refuse(response, 401, 'coingecko: key')
    const { ids, ...rest } = Object.fromEntries(url.searchParams)
    // A coin that is worth a dollar tells what a dollar is elsewhere.
    const currency = ids === 'tether' ? (Object.keys(rates).find((one) => one === rest.vs_currencies) ?? '') : 'usd'
    const wanted = { vs_currencies: currency, include_last_updated_at: 'true', precision: 'full' }
    const isWhole =
      JSON.stringify(Object.entries(rest).toSorted()) === JSON.stringify(Object.entries(wanted).toSorted())
    if (url.pathname !== '/api/v3/simple/price' || !isWhole)
      return void refuse(response, 400, `coingecko: ${url.pathname}${url.search}`)
    if (ids === 'tether') {
      const told = `"${currency}":${rates[currency]},"last_updated_at":${coingecko.at}`
      return void answer(response, coingecko, `{"tether":{${told}}}`)
    }
    if (ids !== 'ethereum' && ids !== 'hyperliquid') return void refuse(response, 404, `coingecko: ${ids}`)
    const { usd = '2000', at } = coingecko
    // A number as it is written: JavaScript would write another one.
    answer(response, coingecko, `{"${ids}":{"usd":${usd},"last_updated_at":${at}}}`)
  }

  function refuse(response: ServerResponse, status: number, what: string): void {
    refused.push(what)
    response.writeHead(status).end('{}')
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const isHermes = url.pathname.startsWith('/hermes/')
    asked.push(isHermes ? 'pyth' : 'coingecko')
    if (request.method !== 'GET') return void refuse(response, 405, `${request.method}`)
    if (isHermes) hermes(url, request, response)
    else gecko(url, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // It listens on a port.
  const { port } = server.address() as AddressInfo
  const settings = {
    'oracle.pyth_url': `http://127.0.0.1:${port}/hermes/`,
    'oracle.pyth_api_key': '',
    'oracle.coingecko_url': `http://127.0.0.1:${port}/api/v3`,
    'oracle.coingecko_api_key': '',
    'oracle.cross_validation_threshold': 5,
  }
  return { pyth, coingecko, rates, asked, refused, settings, keys: KEYS }
}

function answer(response: ServerResponse, { status = 200, body, hangs, to }: Odd, sound: object | string): void {
  if (hangs) return
  const whole = typeof sound === 'string' ? sound : JSON.stringify(sound)
  response.writeHead(status, { 'content-type': 'application/json', ...(to && { location: to }) }).end(body ?? whole)
}
