import {
  assetKey,
  Failure,
  factsOf,
  formatUnits,
  nativeAsset,
  type Simulation,
  toBase,
  usdCost,
  usdNumber,
} from '@waiaas/contract'
import type { Token } from '../../chains/intent.ts'
import type { Prices } from '../../policies/service.ts'
import { headlineOf, tokensOf } from '../kinds/all.ts'
import { bothAmounts } from '../kinds/amount.ts'
import type { Built } from './decide.ts'
import type { Verdict } from './verdict.ts'

type Warning = Simulation['warnings'][number]
type Balances = { native: bigint; tokens: readonly { token: Token; held: bigint }[] }
type Judged = { built: Built; verdict: Verdict; prices: Prices; startedAt: number }

/** What sending would do, cost and be decided as. Reads balances and asks a node; stores nothing. */
export async function simulation({ built, verdict, prices, startedAt }: Judged): Promise<Simulation> {
  const { chain, sender, draft, request } = built
  const [balances, [fault]] = await Promise.all([readBalances(built), chain.precheck(sender, [draft], [])])
  if (fault?.code === 'CHAIN_ERROR') throw new Failure('CHAIN_ERROR', fault.message)
  const { decision } = verdict
  const isAllowed = decision.outcome === 'ALLOW'
  const reason = decision.reasons.map(({ message }) => message).join('; ')
  return {
    success: isAllowed && !fault,
    policy: {
      tier: decision.tier,
      allowed: isAllowed,
      ...(reason && { reason }),
      ...(decision.delaySeconds !== undefined && { delaySeconds: decision.delaySeconds }),
    },
    fee: feeOf(built, prices),
    balanceChanges: changes(built, balances),
    warnings: warnings(verdict, fault?.message, fault?.code),
    simulation: { success: !fault, logs: [], unitsConsumed: null, error: fault?.message ?? null },
    meta: {
      chain: chain.network.chain,
      network: chain.network.id,
      transactionType: request.stored.type as Simulation['meta']['transactionType'],
      durationMs: Math.round(performance.now() - startedAt),
    },
    ...amounts(built),
    decision,
  }
}

function amounts({ chain, sender, request }: Built) {
  const { amount, decimals } = headlineOf(request.stored.intent, { network: chain.network, sender })
  return bothAmounts(amount, decimals)
}

async function readBalances({ chain, sender, request }: Built): Promise<Balances> {
  const named = tokensOf(request.stored.intent)
  const [native, found] = await Promise.all([
    chain.balance(sender),
    named.length === 0 ? [] : chain.tokenBalances(sender, named),
  ])
  const heldOf = ({ asset }: Token) => found.find(({ token }) => token.asset === asset)?.amount ?? 0n
  return { native, tokens: named.map((token) => ({ token, held: heldOf(token) })) }
}

function feeOf({ chain, draft, decoded }: Built, prices: Prices): Simulation['fee'] {
  const { decimals, symbol } = chain.network.native
  const price = prices[nativeAsset(chain.network)]
  const [deposit] = factsOf(decoded.effects).deposits
  return {
    estimatedFee: String(draft.maxFee),
    feeSymbol: symbol,
    feeDecimals: decimals,
    feeUsd: price ? usdNumber(usdCost(toBase(draft.maxFee), price)) : null,
    ...(deposit && { needsAtaCreation: true, ataRentCost: String(deposit.amount) }),
  }
}

/** By what the bytes do. The native asset pays the fee whatever is sent, and what a new account is given with it. */
function changes({ chain, draft, decoded }: Built, balances: Balances): Simulation['balanceChanges'] {
  const { pays } = factsOf(decoded.effects)
  const { native } = chain.network
  const paid = (asset: string) =>
    pays.filter((one) => assetKey(one.asset) === assetKey(asset)).reduce((sum, { amount }) => sum + amount, 0n)
  const asset = nativeAsset(chain.network)
  const all = [
    ...balances.tokens.map(({ token, held }) => ({ ...token, held, spent: paid(token.asset) })),
    { ...native, asset, held: balances.native, spent: draft.maxFee + paid(asset) },
  ]
  return all.filter(({ spent }) => spent > 0n).map(change)
}

type Change = { asset: string; symbol: string; decimals: number; held: bigint; spent: bigint }

const change = ({ asset, symbol, decimals, held, spent }: Change) => ({
  asset,
  symbol,
  decimals,
  currentBalance: formatUnits(held, decimals),
  changeAmount: formatUnits(-spent, decimals),
  afterBalance: formatUnits(held > spent ? held - spent : 0n, decimals),
})

const WARNING_OF: Partial<Record<string, string>> = {
  TOKEN_NOT_ALLOWED: 'TOKEN_NOT_IN_ALLOWED_LIST',
  NETWORK_NOT_ALLOWED: 'NETWORK_NOT_ALLOWED',
  PRICE_UNAVAILABLE: 'ORACLE_PRICE_UNAVAILABLE',
}

function warnings({ decision, status }: Verdict, fault: string | undefined, code: string | undefined): Warning[] {
  const list: Warning[] = []
  if (fault)
    list.push({
      code: code === 'INSUFFICIENT_BALANCE' ? 'INSUFFICIENT_BALANCE_WITH_FEE' : 'SIMULATION_FAILED',
      message: fault,
      severity: 'error',
    })
  if (status === 'QUEUED') {
    const isApproval = decision.tier === 'APPROVAL'
    list.push({
      code: isApproval ? 'APPROVAL_REQUIRED' : 'DELAY_REQUIRED',
      message: isApproval ? 'it would wait for an approval' : `it would wait ${decision.delaySeconds} s`,
      severity: 'info',
    })
  }
  for (const reason of decision.reasons) {
    const warning = WARNING_OF[reason.code]
    if (warning)
      list.push({ code: warning, message: reason.message, severity: decision.outcome === 'DENY' ? 'error' : 'warning' })
  }
  return list
}
