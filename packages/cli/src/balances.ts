import type { Balances } from '@waiaas/contract'
import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { instant, printable } from './table.ts'

type OnNetwork = Balances['networks'][number]

/** What all wallets that have not ended hold, page by page; what was read within `maxAge` seconds is not asked for again. */
export async function allBalances(api: WAIaaSClient, maxAge: number): Promise<Balances[]> {
  const found: Balances[] = []
  let cursor: string | undefined
  do {
    const page = await api.listBalances({ maxAge, ...(cursor !== undefined && { cursor }) })
    found.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}

/** Dollars to the cent, as people read them. */
export const dollars = (usd: number): string =>
  usd > 0 && usd < 0.01
    ? 'less than 0.01 USD'
    : `${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} USD`

/** Each wallet with a line for each network that holds something or did not answer; at the end what all are worth. */
export function balancesText(wallets: readonly Balances[]): string {
  const each = wallets.map((wallet) => {
    const { name, publicKey, networks } = wallet
    const silent = networks.filter(({ asOf }) => asOf === null)
    const shown = networks.filter(
      ({ holdings, error, asOf }) => asOf !== null && (holdings.length > 0 || error !== null),
    )
    const empty = networks.length - shown.length - silent.length
    return [
      printable(`${name} (${publicKey}): ${worth([wallet])}${withoutPrice(wallet)}`),
      ...shown.map((network) => printable(`  ${network.network}: ${onNetwork(network)}`)),
      ...(silent.length > 0 ? [printable(`  ${unknownOf(silent)}`)] : []),
      ...(empty > 0 ? [`  nothing on ${empty} network${empty === 1 ? '' : 's'}`] : []),
    ].join('\n')
  })
  return [...each, ...(wallets.length > 1 ? [totals(wallets)] : [])].join('\n')
}

/** What is known of what they hold; where a network has never answered, that there may be more. */
function worth(wallets: readonly Balances[]): string {
  const networks = wallets.flatMap((wallet) => wallet.networks)
  const unread = networks.filter(({ asOf }) => asOf === null).length
  const sum = dollars(wallets.reduce((total, { usd }) => total + usd, 0))
  if (unread === 0) return sum
  return unread === networks.length ? 'not known' : `at least ${sum}`
}

const withoutPrice = ({ unpriced }: Balances): string => (unpriced > 0 ? `, and ${unpriced} without a price` : '')

/** Of one that is silent, why; of more their names, or a person sees nothing else. */
const unknownOf = (silent: readonly OnNetwork[]): string =>
  silent.length === 1
    ? `${silent[0]!.network}: not known, ${silent[0]!.error}`
    : `not known: ${silent.map(({ network }) => network).join(', ')}; --json says why`

function onNetwork({ holdings, more, asOf, error }: OnNetwork): string {
  const held = [
    ...holdings.map((one) =>
      one.listed
        ? `${one.balanceFormatted} ${one.symbol}${one.usdValue === null ? '' : ` (${dollars(one.usdValue)})`}`
        : `${one.balanceFormatted} of ${one.address} (in no list, calls itself ${one.symbol})`,
    ),
    ...(more > 0 ? [`${more} more tokens`] : []),
  ]
  const all = held.length > 0 ? held.join(', ') : 'nothing'
  return error === null ? all : `${all}, as of ${instant(asOf ?? 0)}: ${error}`
}

const kinds = { mainnet: 'on main networks', testnet: 'on test networks' } as const

/** Money for tests is not counted with money. */
function totals(wallets: readonly Balances[]): string {
  const sums = Object.entries(kinds).flatMap(([environment, where]) => {
    const own = wallets.filter((wallet) => wallet.environment === environment)
    return own.length > 0 ? [`${worth(own)} ${where}`] : []
  })
  return `all ${wallets.length} wallets: ${sums.join(', ')}`
}

type Row = Readonly<Record<string, unknown>>

/** A list of wallets with what each holds, for who may see all of it. */
export async function withBalances(api: WAIaaSClient, answer: { items: readonly Row[] }): Promise<unknown> {
  const held = new Map((await balancesFor(api)).map((wallet) => [wallet.id, wallet]))
  const items = answer.items.map((row) => {
    const own = held.get(String(row.id))
    return own ? { ...row, usd: worth([own]), holds: heldIn(own) } : row
  })
  return { ...answer, items }
}

/** An agent sees its own wallets, and what they hold by other calls. */
async function balancesFor(api: WAIaaSClient): Promise<Balances[]> {
  try {
    return await allBalances(api, 10)
  } catch (error) {
    if (error instanceof WAIaaSError && (error.status === 401 || error.status === 403)) return []
    throw error
  }
}

function heldIn({ networks }: Balances): string {
  const all = networks.flatMap(({ holdings }) =>
    holdings.filter(({ listed }) => listed).map(({ balanceFormatted, symbol }) => `${balanceFormatted} ${symbol}`),
  )
  const unread = networks.filter(({ error }) => error !== null).length
  return [...all, ...(unread > 0 ? [`${unread} not known`] : [])].join(', ') || 'nothing'
}
