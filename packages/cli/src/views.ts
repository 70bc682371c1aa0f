import type { AllOperations, Output, WalletHoldings } from '@waiaas/contract'
import { plainText, printable, table } from './table.ts'

type RpcStatus = Output<AllOperations['getRpcStatus']>
type Endpoint = RpcStatus['networks'][string][number]

/** A line for each endpoint, with what was learnt of it; --json has the known limits of the built-in ones too. */
function rpcStatus({ networks }: RpcStatus): string {
  const rows = Object.entries(networks).flatMap(([network, endpoints]) =>
    endpoints.map((endpoint) => ({ network, ...lineOf(endpoint) })),
  )
  return table(rows)
}

const lineOf = ({ url, status, failureCount, cooldownRemainingMs, ...rest }: Endpoint) => ({
  url,
  status: status === 'cooldown' ? `cooldown, ${Math.ceil(cooldownRemainingMs / 1_000)} s` : status,
  failures: failureCount,
  batches: batchesOf(rest.batchMost),
  rate: typeof rest.callsPerSecond === 'number' ? `${rest.callsPerSecond}/s` : null,
  notOffered: rest.missingMethods?.join(' ') || null,
  lastErrorAt: rest.lastErrorAt,
  lastError: rest.lastError,
})

function batchesOf(most: number | null | undefined): string | null {
  if (typeof most !== 'number') return null
  return most === 1 ? 'none' : `up to ${most}`
}

type Ceiling = Omit<Output<AllOperations['changeWalletCeiling']>, 'id'>

/** A line for each asset on each network, in whole units. */
function ceiling({ networks, recipients }: Ceiling): string {
  const rows = networks.flatMap(({ network, symbol, fee, tokens, otherTokens, deploys, contracts, ...native }) => [
    { network, asset: symbol, ...native, fee, otherTokens, deploys, contracts: contracts.join(' ') || null },
    ...tokens.map(({ address, symbol: name, ...limits }) => ({ network, asset: name ?? address, ...limits })),
  ])
  const to = recipients.length > 0 ? `\npays these alone: ${recipients.join(' ')}` : ''
  return table(rows) + to
}

function walletInfo({ ceiling: most, ...about }: Output<AllOperations['getWallet']>): string {
  return most ? `${plainText(about)}\n\nthe most that is signed for it:\n${ceiling(most)}` : plainText(about)
}
/** A line for each network, in whole units. */
export const holdingsText = ({ balances }: WalletHoldings): string =>
  balances
    .map(({ network, native, tokens, error }) => {
      const all = [...(native ? [native] : []), ...tokens].map(({ balance, symbol }) => `${balance} ${symbol}`)
      return printable(`${network}: ${error === undefined ? all.join(', ') : `not known, ${error}`}`)
    })
    .join('\n')

/** Answers that are neither a list nor a record, as a person at a terminal wants them. */
export const views: { readonly [Name in keyof AllOperations]?: (answer: Output<AllOperations[Name]>) => string } = {
  getRpcStatus: rpcStatus,
  changeWalletCeiling: ceiling,
  getWallet: walletInfo,
  adminGetWalletBalance: holdingsText,
}
