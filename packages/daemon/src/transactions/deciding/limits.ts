import {
  addressKey,
  assetKey,
  type Base,
  formatUnits,
  type Network,
  nativeAsset,
  parseUsd,
  remaining,
  SessionConstraints,
  smallest,
  type Usd,
  usdNumber,
  type WalletLimits,
  type WalletSpending,
  ZERO_BASE,
  ZERO_USD,
} from '@waiaas/contract'
import { openNow, sessionTotal } from '../../ledger/service.ts'
import { seconds } from '../../platform/clock.ts'
import { type EvaluateInput, isEndless, type LimitsNow, limitsNow, unlessEndless } from '../../policies/service.ts'
import type { SessionFacts, WalletFacts } from '../switches.ts'
import { inputOf, type JudgeJob, windowsByMinute } from './judgement.ts'
import type { LimitsOf } from './verdict.ts'

/** Entries of a list that are shown at most. */
const SHOWN = 200

/** What a session may spend of a wallet on a network now, as the next payment would be judged. */
export async function limitsOf(
  job: JudgeJob,
  { wallet, session, network, tokens, payable }: LimitsOf,
): Promise<WalletLimits> {
  const { db } = job
  const { now, asOf, worth } = await nowOf(job, { wallet, session, network, tokens })
  const { symbol, decimals } = network.native
  const all = [{ asset: nativeAsset(network), address: '', symbol, decimals }, ...tokens]
  const bound = boundsOf(session, await sessionTotal(db, { sessionId: session.id, worth }))
  const allowed = { ...now.allowed, recipients: both(now.allowed.recipients, bound.recipients) }
  const { tokens: listed } = allowed
  const shown = all.filter(({ address }) => address === '' || listed === null || listed.includes(addressKey(address)))
  const open = await openNow(db, { account: wallet.account, sessionId: session.id, worth })
  return {
    ...{ walletId: wallet.id, chain: wallet.chain, environment: wallet.environment },
    ...{ network: network.id, chainId: network.caip2, asOf },
    refused: [...now.refused, ...bound.refused(network)],
    windows: now.windows.map((window) => windowView(window)),
    payments: shown.map((token) => {
      const { held, fee, ceiling } = payable(token.asset)
      const most = bound.isClosed(network) ? ZERO_USD : bound.most
      return {
        ...{ asset: token.asset, symbol: token.symbol, decimals: token.decimals },
        held: text(held),
        fee: text(fee),
        largest: largestOf(now, { ...token, payment: { most, held, ceiling, fee: fee ?? ZERO_BASE } }),
      }
    }),
    allowed: {
      ...{ tokens: cut(allowed.tokens), recipients: cut(allowed.recipients), contracts: cut(allowed.contracts) },
      hours: allowed.hours.map((hours) => ({ ...hours, days: [...hours.days] })),
      more: [allowed.tokens, allowed.recipients, allowed.contracts].some((list) => (list?.length ?? 0) > SHOWN),
    },
    session: { maxTransactionUsd: dollars(bound.single), leftUsd: dollars(bound.left) },
    reserved: {
      sessionUsd: unlessEndless(open.session),
      othersUsd: unlessEndless(open.others),
      allowancesUsd: unlessEndless(open.allowed),
    },
  }
}

/** What the limits of a wallet have left, as the next payment that no session asks for would be judged on each of its networks. */
export async function spendingOf(
  job: JudgeJob,
  { wallet, networks }: { wallet: WalletFacts; networks: readonly Network[] },
): Promise<WalletSpending> {
  const shown = new Map<string, WalletSpending['windows'][number]>()
  const each: WalletSpending['networks'] = []
  for (const network of networks) {
    const { now } = await nowOf(job, { wallet, session: null, network, tokens: [] })
    each.push({ network: network.id, refused: [...now.refused] })
    for (const window of now.windows) {
      // One of the whole wallet is found anew on each of its networks.
      const key = [window.policyId, window.name, window.of === 'wallet' ? '' : network.id].join(' ')
      const known = shown.get(key)
      if (known) known.networks.push(network.id)
      else shown.set(key, { ...windowView(window), networks: [network.id] })
    }
  }
  const { id: walletId, name } = wallet
  return { walletId, name, asOf: seconds(job.reads.now), windows: [...shown.values()], networks: each }
}

type Whose = Pick<LimitsOf, 'wallet' | 'network' | 'tokens'> & { readonly session: SessionFacts | null }

/** What the policies say of a payment of nothing to nobody; what leaves a window first and last to the minute. */
async function nowOf(job: JudgeJob, { wallet, session, network, tokens }: Whose) {
  const native = nativeAsset(network)
  const nothing = {
    ...{ wallet, session, network, type: 'NOTHING', feePrice: undefined },
    effects: { network: network.id, sender: wallet.address, effects: [], fee: { asset: native, max: '0' } },
  }
  const { input, rules, reading } = await inputOf(job, nothing)
  const known: EvaluateInput = {
    ...input,
    prices: rules.prices.current(network, [native, ...tokens.map(({ asset }) => asset)]),
    tokens: Object.fromEntries(tokens.map((token) => [assetKey(token.asset), token])),
  }
  const coarse = limitsNow(known)
  const times = coarse.windows.flatMap(({ leaving }) => ends(leaving))
  const finer = () => windowsByMinute(job.db, nothing, { reading, times })
  const now = times.length === 0 ? coarse : limitsNow({ ...known, spent: await finer() })
  return { now, asOf: seconds(input.now), worth: rules.prices.worth }
}

const cut = (list: readonly string[] | null): string[] | null => list?.slice(0, SHOWN) ?? null
const dollars = (usd: Usd | null): number | null => (usd === null ? null : usdNumber(usd))

function both(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (!one || !other) return one ?? other
  return one.filter((entry) => other.includes(entry))
}

/** What the session was issued for. */
function boundsOf({ constraints }: SessionFacts, spent: Usd) {
  const { networks, allowedAddresses, maxTransactionUsd, maxTotalUsd } =
    constraints === null ? {} : SessionConstraints.parse(JSON.parse(constraints))
  const single = maxTransactionUsd === undefined ? null : parseUsd(maxTransactionUsd)
  const left = maxTotalUsd === undefined ? null : remaining(parseUsd(maxTotalUsd), spent)
  const isClosed = ({ id }: Network) => networks !== undefined && !networks.includes(id)
  return {
    single,
    left,
    most: smallest([single, left].filter((usd) => usd !== null)) ?? null,
    recipients: allowedAddresses?.map(addressKey) ?? null,
    isClosed,
    refused: (network: Network): WalletLimits['refused'] =>
      isClosed(network)
        ? [{ code: 'CONSTRAINT_VIOLATED', message: 'the session allows other networks', allowed: networks?.join(', ') }]
        : [],
  }
}

function windowView({ name, policyId, of, limit, used, isHard, leaving }: LimitsNow['windows'][number]) {
  const at = (ms: number): number => Math.ceil(ms / 1_000)
  const [first, last] = ends(leaving)
  return {
    ...{ limit: name, policyId, of },
    ...{
      limitUsd: usdNumber(limit),
      usedUsd: usdNumber(isEndless(used) ? limit : used),
      leftUsd: usdNumber(remaining(limit, used)),
    },
    above: isHard ? ('DENY' as const) : ('APPROVAL' as const),
    moreAt: first === undefined ? null : at(first),
    resetsAt: last === undefined ? null : at(last),
  }
}

/** When the first part of a window leaves it, and the last one. */
const ends = (leaving: readonly number[]): [first: number, last: number] | [] =>
  leaving.length === 0 ? [] : [Math.min(...leaving), Math.max(...leaving)]

const text = (amount: Base | null): string | null => (amount === null ? null : String(amount))

type Wanted = { asset: string; decimals: number; payment: Parameters<LimitsNow['largest']>[1] }

function largestOf(now: LimitsNow, { asset, decimals, payment }: Wanted) {
  return now.largest(assetKey(asset), payment).map(({ tier, amount, usd }) => ({
    ...{ tier, amount: text(amount), usd: dollars(usd) },
    humanAmount: amount === null ? null : formatUnits(amount, decimals),
  }))
}
