import {
  type Effects,
  Failure,
  factsOf,
  formatUnits,
  nativeAsset,
  type Simulation,
  usdCost,
  usdNumber,
} from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Prices } from '../../policies/service.ts'
import type { Verdict } from '../parts.ts'
import type { Built } from './decide.ts'
import { bothAmounts } from './request.ts'

type Warning = Simulation['warnings'][number]
type Balances = { native: bigint; token: bigint | undefined }
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
    fee: feeOf(chain, draft.maxFee, built.decoded.effects, prices),
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

const amounts = ({ request }: Built) =>
  request.stored.intent.kind === 'lane'
    ? { amount: null, humanAmount: null }
    : bothAmounts(request.stored.intent.amount, request.decimals)

async function readBalances({ chain, sender, request }: Built): Promise<Balances> {
  const { intent } = request.stored
  const native = await chain.balance(sender)
  if (intent.kind !== 'token-transfer') return { native, token: undefined }
  const held = await chain.tokenBalances(sender, [intent.token])
  return { native, token: held.find(({ token }) => token.asset === intent.token.asset)?.amount ?? 0n }
}

function feeOf(chain: Chain, fee: bigint, effects: Effects, prices: Prices): Simulation['fee'] {
  const { decimals, symbol } = chain.network.native
  const price = prices[nativeAsset(chain.network)]
  const [deposit] = factsOf(effects).deposits
  return {
    estimatedFee: String(fee),
    feeSymbol: symbol,
    feeDecimals: decimals,
    feeUsd: price ? usdNumber(usdCost(fee, decimals, price.usdMicros)) : null,
    ...(deposit && { needsAtaCreation: true, ataRentCost: String(deposit.amount) }),
  }
}

/** The native asset pays the fee whatever is sent. */
function changes({ chain, draft, request }: Built, balances: Balances): Simulation['balanceChanges'] {
  const { intent } = request.stored
  const { native } = chain.network
  const spent = draft.maxFee + (intent.kind === 'transfer' ? intent.amount : 0n)
  const nativeChange = change(nativeAsset(chain.network), native.symbol, native.decimals, {
    held: balances.native,
    spent,
  })
  if (intent.kind !== 'token-transfer') return [nativeChange]
  const { asset, symbol, decimals } = intent.token
  return [change(asset, symbol, decimals, { held: balances.token ?? 0n, spent: intent.amount }), nativeChange]
}

const change = (asset: string, symbol: string, decimals: number, { held, spent }: { held: bigint; spent: bigint }) => ({
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
