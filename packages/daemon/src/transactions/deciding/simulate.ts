import {
  add,
  assetKey,
  type Base,
  Failure,
  factsOf,
  formatUnits,
  nativeAsset,
  type Simulation,
  shareDown,
  type Usd,
  usdCost,
  usdNumber,
  usdText,
  ZERO_USD,
} from '@waiaas/contract'
import type { Precheck } from '../../chains/follow.ts'
import type { Prices } from '../../policies/service.ts'
import { conditionText, isMet } from '../gas/condition.ts'
import { headlineOf } from '../kinds/all.ts'
import { bothAmounts } from '../kinds/amount.ts'
import type { Built } from './decide.ts'
import { heldOf, lackOf, type Spend, spendsOf } from './funds.ts'
import type { Verdict } from './verdict.ts'

type Warning = Simulation['warnings'][number]
type Judged = { built: Built; verdict: Verdict; prices: Prices; startedAt: number }

/** What sending would do, cost and be decided as. Reads balances and asks a node; stores nothing. */
export async function simulation({ built, verdict, prices, startedAt }: Judged): Promise<Simulation> {
  const { chain, sender, draft, request } = built
  const [held, [found], gas, ran] = await Promise.all([
    heldOf(built),
    chain.precheck(sender, [draft], []),
    gasOf(built),
    chain.run?.(sender, draft),
  ])
  const spends = spendsOf(built)
  const lack = found?.code === 'INSUFFICIENT_BALANCE' && lackOf(built.walletName, spends, held)
  const fault = found && lack ? { ...found, message: lack } : found
  if (fault?.code === 'CHAIN_ERROR') throw new Failure('CHAIN_ERROR', fault.message)
  const { decision } = verdict
  const isAllowed = decision.outcome === 'ALLOW'
  const near = isAllowed ? nearLimit(verdict) : undefined
  const reason = decision.reasons.map(({ message }) => message).join('; ')
  return {
    success: isAllowed && !fault,
    policy: {
      tier: decision.tier,
      allowed: isAllowed,
      ...(reason && { reason }),
      ...(decision.delaySeconds !== undefined && { delaySeconds: decision.delaySeconds }),
      ...(verdict.status === 'QUEUED' && decision.tier === 'APPROVAL' && { approvalReason: reason }),
      ...(near && { cumulativeWarning: near }),
    },
    fee: feeOf(built, prices),
    balanceChanges: spends.flatMap((spend, index) => (spend.amount > 0n ? [change(spend, held[index]!)] : [])),
    warnings: [
      ...faultWarnings(fault, { spends, held }),
      ...verdictWarnings(verdict),
      ...feeWarnings(built, prices),
      ...(near ? [limitWarning(near)] : []),
      ...(gas && !gas.met ? [gasWarning(built)] : []),
    ],
    simulation: {
      success: !fault,
      logs: [...(ran?.logs ?? [])],
      unitsConsumed: ran ? String(ran.units) : null,
      error: fault?.message ?? null,
    },
    effects: built.decoded.effects,
    meta: {
      chain: chain.network.chain,
      network: chain.network.id,
      transactionType: request.stored.type as Simulation['meta']['transactionType'],
      durationMs: Math.round(performance.now() - startedAt),
    },
    ...(gas && { gasCondition: gas }),
    ...amounts(built),
    decision,
  }
}

/** What gas costs now, and whether the request would wait for less. */
async function gasOf({ chain, request: { gas } }: Built): Promise<Simulation['gasCondition']> {
  if (!gas) return undefined
  const price = await chain.unitPrice()
  const { timeoutSeconds: _, ...most } = gas
  return {
    met: isMet(gas, price),
    currentGasPrice: String(price.asked),
    currentPriorityFee: String(price.tip),
    ...most,
  }
}

const gasWarning = ({ chain, request }: Built): Warning => ({
  code: 'GAS_CONDITION_NOT_MET',
  message: `it would wait for ${conditionText(request.gas!, chain.network)}`,
  severity: 'info',
})

function amounts({ chain, sender, request }: Built) {
  const { amount, decimals } = headlineOf(request.stored.intent, { network: chain.network, sender })
  return bothAmounts(amount, decimals)
}

function feeOf({ chain, draft, decoded }: Built, prices: Prices): Simulation['fee'] {
  const { decimals, symbol } = chain.network.native
  const price = prices[nativeAsset(chain.network)]
  const [deposit] = factsOf(decoded.effects).deposits
  return {
    estimatedFee: String(draft.maxFee),
    feeSymbol: symbol,
    feeDecimals: decimals,
    feeUsd: price ? usdNumber(usdCost(draft.maxFee, price)) : null,
    ...(deposit && { needsAtaCreation: true, ataRentCost: String(deposit.amount) }),
  }
}

const change = ({ asset, symbol, decimals, amount }: Spend, held: bigint) => ({
  asset,
  symbol,
  decimals,
  currentBalance: formatUnits(held, decimals),
  changeAmount: formatUnits(-amount, decimals),
  afterBalance: formatUnits(held - amount, decimals),
})

type Near = NonNullable<Simulation['policy']['cumulativeWarning']>
const PERIOD_OF: Partial<Record<string, string>> = { daily_limit_usd: 'daily', monthly_limit_usd: 'monthly' }
/** Of a window: from here on a payment is told that little is left. */
const NEAR = 0.8

/** The first window that this fills nearly; in dollars, for people. */
function nearLimit({ decision: { headroom, usd } }: Verdict): Near | undefined {
  for (const { limit, ofUsd, usd: left } of headroom.limits) {
    const type = PERIOD_OF[limit]
    if (type === undefined || !ofUsd || left === null || !usd) continue
    const spent = Math.min(ofUsd, ofUsd - left + usd)
    const ratio = spent / ofUsd
    if (ratio >= NEAR) return { type, ratio, spent, limit: ofUsd }
  }
  return undefined
}

const limitWarning = ({ type, ratio, spent, limit }: Near): Warning => ({
  code: 'CUMULATIVE_LIMIT_WARNING',
  message: `with it, ${spent} of the ${type} limit of ${limit} USD would be spent (${Math.floor(ratio * 100)} %)`,
  severity: 'warning',
})

const WARNING_OF: Partial<Record<string, string>> = {
  TOKEN_NOT_ALLOWED: 'TOKEN_NOT_IN_ALLOWED_LIST',
  CONTRACT_NOT_WHITELISTED: 'CONTRACT_NOT_WHITELISTED',
  NETWORK_NOT_ALLOWED: 'NETWORK_NOT_ALLOWED',
  PRICE_UNAVAILABLE: 'ORACLE_PRICE_UNAVAILABLE',
}

type Money = { spends: readonly Spend[]; held: readonly bigint[] }

function faultWarnings(fault: Precheck | null | undefined, { spends, held }: Money): Warning[] {
  if (!fault) return []
  // What is sent is there, and only the fee is not.
  const isByFee = spends.every(({ amount, fee }, index) => (held[index] ?? 0n) >= amount - fee)
  const lack = isByFee ? 'INSUFFICIENT_BALANCE_WITH_FEE' : 'INSUFFICIENT_BALANCE'
  const code = fault.code === 'INSUFFICIENT_BALANCE' ? lack : 'SIMULATION_FAILED'
  return [{ code, message: fault.message, severity: 'error' }]
}

function verdictWarnings({ decision, status }: Verdict): Warning[] {
  const list: Warning[] = []
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

const TENTH = { part: 1n, whole: 10n } as const

/** A fee that is large beside what is paid; a payment of nothing has nothing to compare with. */
function feeWarnings({ chain, draft, decoded }: Built, prices: Prices): Warning[] {
  const worth = (asset: string, amount: Base): Usd | undefined => {
    const price = prices[assetKey(asset)]
    return price && usdCost(amount, price)
  }
  const fee = worth(nativeAsset(chain.network), draft.maxFee)
  const paid = factsOf(decoded.effects).pays.map(({ asset, amount }) => worth(asset, amount))
  if (fee === undefined || !paid.every((one) => one !== undefined)) return []
  const value = paid.reduce(add, ZERO_USD)
  if (value <= ZERO_USD || fee <= shareDown(value, TENTH)) return []
  const message = `the fee may be ${usdText(fee)} USD, more than a tenth of the ${usdText(value)} USD that are paid`
  return [{ code: 'HIGH_FEE_RATIO', message, severity: 'warning' }]
}
