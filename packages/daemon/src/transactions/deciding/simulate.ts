import {
  Failure,
  factsOf,
  formatUnits,
  nativeAsset,
  type Simulation,
  toBase,
  usdCost,
  usdNumber,
} from '@waiaas/contract'
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
  const [held, [found], gas] = await Promise.all([heldOf(built), chain.precheck(sender, [draft], []), gasOf(built)])
  const spends = spendsOf(built)
  const lack = found?.code === 'INSUFFICIENT_BALANCE' && lackOf(built.walletName, spends, held)
  const fault = found && lack ? { ...found, message: lack } : found
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
    balanceChanges: spends.flatMap((spend, index) => (spend.amount > 0n ? [change(spend, held[index]!)] : [])),
    warnings: [...warnings(verdict, fault?.message, fault?.code), ...(gas && !gas.met ? [gasWarning(built)] : [])],
    simulation: { success: !fault, logs: [], unitsConsumed: null, error: fault?.message ?? null },
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
    feeUsd: price ? usdNumber(usdCost(toBase(draft.maxFee), price)) : null,
    ...(deposit && { needsAtaCreation: true, ataRentCost: String(deposit.amount) }),
  }
}

const change = ({ asset, symbol, decimals, amount }: Spend, held: bigint) => ({
  asset,
  symbol,
  decimals,
  currentBalance: formatUnits(held, decimals),
  changeAmount: formatUnits(-amount, decimals),
  afterBalance: formatUnits(held > amount ? held - amount : 0n, decimals),
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
