import type { z } from 'zod'
import { type ShownDecision, withShortDecision } from './decision.ts'
import type { Effect } from './effects.ts'
import { formatUnits } from './money.ts'
import { findNetwork, LOCAL_NETWORKS, NETWORKS, nativeAsset } from './networks.ts'
import { formsOf, type Operation, type Wire } from './operation.ts'
import { operations } from './operations.ts'
import { type AssetUnit, assetUnits, deedsOf } from './summary.ts'
import type { Transaction, TransactionDetail } from './transaction-answers.ts'

type Table = typeof operations
type Fields = Record<string, unknown>
/** What a model is told unless it asks for more, and what it is told then. Amounts are in whole units in both. */
type Shape<Answer> = { readonly short: (answer: Answer) => Fields; readonly whole: (answer: Answer) => Fields }
type Shapes = { readonly [Name in keyof Table]?: Shape<Wire<Table[Name]>> }

const known = [...NETWORKS, ...LOCAL_NETWORKS]

/**
 * An answer as a tool shows it to a model: what it needs to go on, or with `isWhole` all that it can read. What says
 * nothing is left out, and so is what is in base units: models get digits wrong.
 */
export function toolAnswer(op: Operation, answer: unknown, isWhole = false): unknown {
  const [name] = Object.entries(operations).find(([, one]) => (one as Operation) === op) ?? []
  const shape = name === undefined ? undefined : (shapes as Record<string, Shape<unknown> | undefined>)[name]
  const parsed = shape && op.output.safeParse(answer)
  // A newer daemon may answer with something else than the contract says.
  if (!shape || !parsed?.success) return shownOf(op, answer)
  return said(isWhole ? shape.whole(parsed.data) : shape.short(parsed.data))
}

/** Do its tools have more to tell than they do at first? */
export const hasMore = (op: Operation): boolean =>
  Object.keys(shapes).some((name) => (operations as Record<string, Operation>)[name] === op)

/** The fields that an operation names, where they say something. */
function shownOf({ toolShows }: Operation, answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  if (toolShows === undefined) return withShortDecision(answer, undefined)
  return said(pick(withShortDecision(answer, undefined) as Fields, toolShows))
}

/** What says nothing costs as much as what does. */
const said = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) =>
        (value ?? null) !== null && (LISTS.includes(name) || !Array.isArray(value) || value.length > 0),
    ),
  )
/** What there is none of is an answer too. */
const LISTS: readonly string[] = ['items', 'data', 'steps', 'balances', 'networkAssets', 'assets']
const pick = (fields: object, names: readonly string[]): Fields =>
  Object.fromEntries(names.map((name) => [name, (fields as Fields)[name]]))
const without = (fields: object, ...names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))

const nativeOf = (network: string | null): AssetUnit | undefined =>
  network === null ? undefined : findNetwork(known, network)?.native
/** Undefined where nobody here knows in what it is counted. */
const inWhole = (amount: string | null | undefined, unit: AssetUnit | undefined): string | undefined =>
  amount && unit ? formatUnits(BigInt(amount), unit.decimals) : undefined
const withSymbol = (amount: string | null | undefined, unit: AssetUnit | undefined): string | undefined =>
  amount && unit ? `${inWhole(amount, unit)} ${unit.symbol}` : undefined
const NATIVES = known.map((network) => ({ asset: nativeAsset(network), ...network.native }))

/** An address as a row has it: whoever pays one takes it from the transaction itself, not from a list that shows several. */
const clipped = (address: string | null): string | undefined =>
  address === null ? undefined : address.length > 14 ? `${address.slice(0, 6)}…${address.slice(-4)}` : address

function decisionOf({ outcome, tier, usd, reasons, suggestion }: z.output<typeof ShownDecision>): Fields {
  return said({ outcome, tier, usd, reasons, suggestion: suggestion && without(suggestion, 'amount', 'asset') })
}

const rowOf = (row: Transaction): Fields =>
  said({
    ...pick(row, ['id', 'status']),
    what: (row.humanAmount ?? null) === null ? row.type : `${row.humanAmount} ${row.amountSymbol ?? ''}`.trim(),
    to: clipped(row.toAddress),
    waits: row.status === 'QUEUED' ? row.tier : undefined,
  })

const ROW = [
  ...['id', 'status', 'type', 'network', 'toAddress', 'humanAmount', 'amountSymbol', 'amountUsd', 'txHash', 'error'],
  ...['waitReason', 'labels', 'planId', 'createdAt'],
]
const MORE = [
  ...['tier', 'walletId', 'explorerUrl', 'memo', 'planStep', 'reason', 'sweepId', 'updatedAt', 'executeAt'],
  ...['approvalExpiresAt', 'duplicateOf', 'owners', 'signature', 'signedTransaction', 'removed'],
]

/** Rows that are all on one network say it once. */
function listOf(items: readonly Transaction[], more: Fields): Fields {
  const [only, ...others] = new Set(items.map(({ network }) => network))
  const network = others.length === 0 ? only : undefined
  const rows = items.map((row) => (network === undefined ? { ...rowOf(row), network: row.network } : rowOf(row)))
  return { network, ...more, items: rows }
}
const wholeRow = (row: Transaction): Fields =>
  said({ ...pick(row, [...ROW, ...MORE]), fee: feeOf(row), decision: row.decision && decisionOf(row.decision) })

function feeOf({ fee, network }: Transaction): Fields | undefined {
  const unit = nativeOf(network)
  if (!fee || !unit) return undefined
  const amounts = { max: inWhole(fee.max, unit), paid: inWhole(fee.paid, unit), named: inWhole(fee.named, unit) }
  return said({ ...amounts, symbol: fee.symbol })
}

const SHORT = [
  ...['humanAmount', 'amountSymbol', 'toAddress', 'txHash', 'error', 'waitReason', 'executeAt'],
  ...['approvalExpiresAt', 'duplicateOf', 'planId', 'owners', 'signature', 'signedTransaction'],
]
function shortDetail(one: TransactionDetail): Fields {
  // Who is paid how much stands in the summary of everything else.
  const isPayment = (one.humanAmount ?? null) !== null && one.toAddress !== null && MOVES.includes(one.type)
  const told = isPayment ? SHORT : SHORT.filter((name) => !PAID.includes(name))
  return { ...pick(one, ['id', 'status', 'network']), does: isPayment ? undefined : one.summary, ...pick(one, told) }
}
/** What moves one amount from here to there. */
const MOVES: readonly unknown[] =
  formsOf(operations.sendToken).find(({ tool }) => tool === 'send_token')?.values?.type ?? []
const PAID = ['humanAmount', 'amountSymbol', 'toAddress']

function wholeDetail(one: TransactionDetail): Fields {
  const unit = nativeOf(one.network)
  return {
    ...wholeRow(one),
    does: one.deeds,
    attempts: one.attempts.map(({ maxFee, paidFee, ...rest }) =>
      said({ ...rest, maxFee: withSymbol(maxFee, unit), paidFee: withSymbol(paidFee, unit) }),
    ),
  }
}

const deeds = (
  effects: readonly Effect[] | null,
  network: string,
  units = assetUnits(NATIVES),
): string[] | undefined =>
  effects ? deedsOf({ network, sender: '', effects: [...effects], fee: { asset: '', max: '0' } }, units) : undefined

type Simulated = Exclude<Wire<Table['simulate']>, undefined>
/** What the assets are counted in that a trial names. */
function unitsOf({ balanceChanges, effects, amount, humanAmount }: Simulated) {
  const changed = balanceChanges.map(({ asset, symbol, decimals }) => ({ asset, symbol, decimals }))
  const table = assetUnits([...NATIVES, ...changed])
  // The one amount of the request is said in both ways.
  const allowed = effects.effects.flatMap((effect) =>
    effect.kind === 'approval' && effect.amount === amount ? [effect.asset] : [],
  )
  const decimals = DECIMALS.find(
    (one) => humanAmount !== null && amount && formatUnits(BigInt(amount), one) === humanAmount,
  )
  return (asset: string) =>
    table(asset) ??
    (decimals !== undefined && allowed.includes(asset) ? { symbol: tokenOf(asset), decimals } : undefined)
}
const DECIMALS = Array.from({ length: 37 }, (_, at) => at)
const tokenOf = (asset: string): string => `tokens of ${asset.slice(asset.lastIndexOf(':') + 1)}`

function simulated(one: Simulated): Fields {
  const { success, policy, fee, simulation, warnings, decision, meta } = one
  const unit = fee && { symbol: fee.feeSymbol, decimals: fee.feeDecimals }
  return {
    ...{ success, network: meta.network },
    ...said(pick(policy, ['allowed', 'tier', 'reason', 'delaySeconds', 'approvalReason'])),
    does: deedsOf(one.effects, unitsOf(one)),
    fee: fee && withSymbol(fee.estimatedFee, unit ?? undefined),
    feeUsd: fee?.feeUsd,
    error: simulation.error,
    warnings: warnings.map(({ message }) => message),
    suggestion: decision?.suggestion && without(decision.suggestion, 'amount', 'asset', 'message'),
  }
}
function wholeSimulated(one: Simulated): Fields {
  const { fee, decision, balanceChanges, meta, simulation, policy, warnings, humanAmount } = one
  const unit = fee ? { symbol: fee.feeSymbol, decimals: fee.feeDecimals } : undefined
  return {
    ...{ success: one.success, policy, does: deedsOf(one.effects, unitsOf(one)) },
    fee: withSymbol(fee?.estimatedFee, unit),
    rent: withSymbol(fee?.ataRentCost, unit),
    feeUsd: fee?.feeUsd,
    balanceChanges: balanceChanges.map((change) => without(change, 'decimals')),
    ...{ warnings, simulation, meta, humanAmount },
    decision: decision && decisionOf(decision),
  }
}

type Sent = Exclude<Wire<Table['sendToken']>, Simulated>
const sent = (one: Sent): Fields => without(one, 'amount', 'decision')

type PlanAnswer = Wire<Table['sendPlan']>
const planned = (one: PlanAnswer): Fields => {
  // The plan itself has the ids of its steps.
  if (!('success' in one))
    return { ...without(one, 'decision', 'walletId'), steps: one.steps.map(({ step, type }) => ({ step, type })) }
  const { fee, steps, decision, ...rest } = one
  return {
    ...rest,
    steps: steps.map(({ step, type, effects }) => ({ step, type, does: deeds(effects, '') })),
    decision: decisionOf(decision),
    fee: withSymbol(
      fee.max,
      NATIVES.find(({ symbol }) => symbol === fee.symbol),
    ),
  }
}

type Holding = { network: string } | { symbol: string }
const HELD = ['network', 'symbol', 'balanceFormatted', 'displayBalance', 'error']
const balances = (answer: Wire<Table['getBalance']>, names: readonly string[]): Fields =>
  'balances' in answer
    ? { walletId: answer.walletId, balances: answer.balances.map((one: Holding) => said(pick(one, names))) }
    : pick(answer, ['walletId', ...names])
const asset = (one: { isNative?: boolean; mint?: string }): Fields =>
  said({
    ...pick(one, ['symbol', 'balanceFormatted', 'usdValue', 'displayValue']),
    mint: one.isNative ? undefined : one.mint,
  })
const assetsOn = (one: object): Fields =>
  said({ ...pick(one, ['network', 'error']), assets: 'assets' in one && (one.assets as object[]).map(asset) })

/** Networks that say what is held there, and the names of those that do not: why is told where all is asked for. */
const told = <One extends object>(all: readonly One[]): One[] => all.filter((one) => !('error' in one))
const untold = (all: readonly { readonly network: string }[]): Fields => ({
  unknownOn: all.flatMap((one) => ('error' in one ? [one.network] : [])),
})

type Limits = Wire<Table['getLimits']>
/** The most of each tier; one that reaches no further than a quicker one is not said. */
const upTo = (largest: Limits['payments'][number]['largest']): Fields => {
  let before: string | null | undefined
  return Object.fromEntries(
    largest.flatMap(({ tier, humanAmount }) => {
      if (humanAmount === before) return []
      before = humanAmount
      return [[tier, humanAmount ?? 'any']]
    }),
  )
}
function limitsInShort({ network, refused, windows, payments, session, allowed }: Limits): Fields {
  const { recipients, hours } = allowed
  return {
    ...{ network, refused: refused.map(({ message }) => message) },
    windows: windows.map(({ limit, leftUsd, limitUsd }) => ({ limit, leftUsd, limitUsd })),
    payments: payments.map(({ symbol, largest }) => ({ symbol, ...upTo(largest) })),
    ...said(session),
    recipients: recipients?.slice(0, MOST_NAMED),
    moreRecipients: recipients && recipients.length > MOST_NAMED ? true : undefined,
    hours,
  }
}
const MOST_NAMED = 2
const limitsInFull = (one: Limits): Fields => ({
  ...without(one, 'payments'),
  payments: one.payments.map(({ held, fee, largest, decimals, ...rest }) =>
    said({
      ...rest,
      held: inWhole(held, { symbol: '', decimals }),
      fee: withSymbol(fee, nativeOf(one.network)),
      largest: largest.map((tier) => without(tier, 'amount')),
    }),
  ),
})

const SIGNED = ['id', 'signedTransaction', 'txHash', 'policyResult']
const signed = (one: Wire<Table['signTransaction']>): Fields => ({
  ...pick(one, SIGNED),
  operations: 'operations' in one ? one.operations.map((each) => said(without(each, 'amount'))) : undefined,
})

const shapes: Shapes = {
  getTransaction: { short: shortDetail, whole: wholeDetail },
  listTransactions: {
    short: ({ items, cursor, hasMore }) => listOf(items, { cursor, hasMore: hasMore || undefined }),
    whole: ({ items, cursor, hasMore }) => ({ cursor, hasMore, items: items.map(wholeRow) }),
  },
  listPendingTransactions: {
    short: ({ items, nextCursor, hasMore }) => listOf(items, { nextCursor, hasMore: hasMore || undefined }),
    whole: ({ items, nextCursor, hasMore }) => ({ nextCursor, hasMore, items: items.map(wholeRow) }),
  },
  sendToken: {
    short: (one) => ('success' in one ? simulated(one) : sent(one)),
    whole: (one) =>
      'success' in one ? wholeSimulated(one) : { ...sent(one), decision: one.decision && decisionOf(one.decision) },
  },
  simulate: { short: simulated, whole: wholeSimulated },
  sendPlan: { short: planned, whole: planned },
  getPlan: {
    short: ({ steps, leftAllowances, network, ...plan }) => ({
      ...pick(plan, ['id', 'status', 'tier']),
      network,
      steps: steps.map((step) => ({ step: step.planStep, ...rowOf(step) })),
      left: leftAllowances.length > 0 ? deeds(leftAllowances, network) : undefined,
    }),
    whole: ({ steps, leftAllowances, network, decision, ...plan }) => ({
      ...{ ...plan, network, decision: decision && decisionOf(decision) },
      steps: steps.map((step) => ({ ...wholeRow(step), does: deeds(step.effects, network) })),
      left: leftAllowances.length > 0 ? deeds(leftAllowances, network) : undefined,
    }),
  },
  getBalance: {
    short: (one) =>
      'balances' in one
        ? { ...balances({ ...one, balances: told(one.balances) }, HELD), ...untold(one.balances) }
        : balances(one, HELD),
    whole: (one) =>
      balances(one, [...HELD, 'address', 'chain', 'environment', 'chainId', 'assetId', 'displayCurrency']),
  },
  getAssets: {
    short: (one) =>
      'networkAssets' in one
        ? { walletId: one.walletId, networkAssets: told(one.networkAssets).map(assetsOn), ...untold(one.networkAssets) }
        : { walletId: one.walletId, ...assetsOn(one) },
    whole: (one) => bare(one, ['balance', 'decimals']),
  },
  getLimits: { short: limitsInShort, whole: limitsInFull },
  getConnectInfo: {
    short: ({ session, wallets, policies, daemon }) => ({
      ...{ sessionExpiresAt: session.expiresAt, daemon: daemon.version },
      wallets: wallets.map(({ id, name, chain, address, availableNetworks: networks }) => ({
        ...{ id, name, chain, address, networks },
        policies: [...new Set((policies[id] ?? []).map(({ type }) => type))],
      })),
    }),
    whole: (one) => without(one, 'prompt'),
  },
  getWallet: {
    short: (one) => pick(one, ['id', 'name', 'chain', 'environment', 'publicKey', 'status', 'suspensionReason']),
    whole: (one) => ({ ...one }),
  },
  listSessions: {
    short: ({ data, nextCursor }) => ({
      nextCursor,
      data: data.map((one) =>
        said({
          ...pick(one, ['id', 'status', 'expiresAt', 'spentUsd', 'constraints']),
          wallets: one.wallets.map(({ name }) => name),
        }),
      ),
    }),
    whole: (one) => ({ ...one }),
  },
  listPolicies: {
    short: ({ data, nextCursor }) => ({
      nextCursor,
      data: data.map((one) =>
        said({
          ...pick(one, ['id', 'name', 'says', 'network', 'sessionLabel']),
          type: one.says.length > 0 ? undefined : one.type,
        }),
      ),
    }),
    whole: (one) => ({ ...one }),
  },
  listAllowances: {
    short: ({ items, nextCursor }) => ({
      nextCursor,
      items: items.map(({ granted: _, open: __, used: ___, assetId: ____, decimals: _____, ...one }) => said(one)),
    }),
    whole: ({ items, ...rest }) => ({
      ...rest,
      items: items.map((one) => said(without(one, 'granted', 'open', 'used', 'decimals'))),
    }),
  },
  signTransaction: { short: signed, whole: signed },
}

/** All of a value but these fields, however deep they are. */
function bare(value: object, names: readonly string[]): Fields {
  const inner = (one: unknown): unknown =>
    Array.isArray(one) ? one.map(inner) : typeof one === 'object' && one !== null ? bare(one, names) : one
  return said(Object.fromEntries(Object.entries(without(value, ...names)).map(([name, one]) => [name, inner(one)])))
}
