import {
  findNetwork,
  formatUnits,
  formsOf,
  LOCAL_NETWORKS,
  NETWORKS,
  type Operation,
  operations,
  type Simulation,
  type Transaction,
  type TransactionSent,
  type WalletLimits,
  type Wire,
} from '@waiaas/contract'
import { plainText } from './plain-text.ts'

type Table = typeof operations
/** What stands beside an answer, and is said with it. `token` is what the call named its token. */
type Beside = { readonly next?: unknown; readonly approvalCode?: unknown; readonly token?: unknown }
type Sentences = {
  readonly [Name in keyof Table]?: (answer: Wire<Table[Name]>, beside: Beside) => string | undefined
}

/**
 * What an answer says to somebody who reads no data: ids, amounts and what comes next are in it. Undefined where the data
 * says it best, or where a newer daemon answers with something else than the contract says.
 */
export function sentenceOf(op: Operation, answer: unknown, beside: Beside): string | undefined {
  const all = heldByIn(answer)
  if (all)
    return all
      .map((one) => `${JSON.stringify(word(one.name))}: ${sentenceOf(op, one, {}) ?? 'not known now'}`)
      .join('\n')
  const [name] = Object.entries(operations).find(([, one]) => (one as Operation) === op) ?? []
  const say = name === undefined ? undefined : sentences[name as keyof Table]
  const parsed = say && op.output.safeParse(answer)
  // The schema of the same operation has read it.
  return parsed?.success
    ? (say as (answer: unknown, beside: Beside) => string | undefined)(parsed.data, beside)
    : undefined
}

/** What several wallets hold, which the server has asked for one by one. */
export const heldByIn = (answer: unknown): readonly { name: string }[] | undefined =>
  typeof answer === 'object' && answer !== null && 'heldBy' in answer
    ? (answer.heldBy as { name: string }[]) // as heldByAll makes it
    : undefined

const sentences: Sentences = {
  sendToken: (answer, beside) => ('success' in answer ? simulated(answer) : sent(answer, beside)),
  simulate: (answer) => simulated(answer),
  // What was signed is in the data.
  getTransaction: (answer) =>
    (answer.signature ?? answer.signedTransaction)
      ? undefined
      : `${rowOf(answer)}${onNetwork(answer)}. ${standing(answer)}Transaction ${answer.id}.`,
  listTransactions: ({ items, hasMore }) => listOf(items, hasMore),
  listPendingTransactions: ({ items, hasMore }) => listOf(items, hasMore),
  cancelTransaction: ({ id }) => `Cancelled: nothing leaves for the transaction ${id}.`,
  replaceTransaction: ({ id, txHash }) => `The transaction ${id} is sent anew, with the hash ${txHash}.`,
  // These lines are shown to people as they stand, on every channel.
  getCard: ({ title, lines, code, id }) =>
    [title, ...lines, `Code ${code}, transaction ${id}`].map(plainText).join('\n'),
  getAddress: ({ address, chain, environment, walletId }) =>
    `${address} is the address on ${chain} (${environment}) of the wallet ${walletId}.`,
  getBalance: (answer) => heldIn('balances' in answer ? answer.balances : [answer]),
  getAssets: (answer) => heldIn('networkAssets' in answer ? answer.networkAssets : [answer]),
  getLimits: (answer) => limits(answer),
}

/** What moves one amount from here to there. */
const TRANSFERS: readonly string[] =
  formsOf(operations.sendToken).find(({ tool }) => tool === 'send_token')?.values?.type ?? []

/** Names and symbols may be anybody's. */
const word = (text: string): string => plainText(text).slice(0, 64)
const timeOf = (at: number): string => `${new Date(at * 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`

function sent(answer: TransactionSent, { next, approvalCode, token }: Beside): string {
  const { type, network, humanAmount, status, error, waitReason, id, txHash, duplicateOf } = answer
  const native = findNetwork([...NETWORKS, ...LOCAL_NETWORKS], network)?.native.symbol ?? 'of the native currency'
  const unit = token === undefined ? native : typeof token === 'string' ? word(token) : ''
  const what = humanAmount === null || !TRANSFERS.includes(type) ? type : `${humanAmount} ${unit}`.trim()
  const why = error ?? waitReason
  return [
    `${STANDS[status] ?? status}: ${what} on ${network}${why ? ` (${plainText(why)})` : ''}`,
    duplicateOf === id ? 'It was asked for before, and nothing new was made' : '',
    `Transaction ${id}${txHash ? `, hash ${txHash}` : ''}`,
    typeof approvalCode === 'string' ? `Code ${approvalCode}, which the human sees too` : '',
    typeof next === 'string' ? `Next: ${next}` : '',
  ]
    .filter((part) => part !== '')
    .join('. ')
}

/** How a person says where a transaction stands. */
const STANDS: Readonly<Partial<Record<Transaction['status'], string>>> = {
  QUEUED: 'Waits, and nothing has left',
  GAS_WAITING: 'Waits, and nothing has left',
  PENDING: 'On its way',
  EXECUTING: 'On its way',
  SUBMITTED: 'On its way',
  CONFIRMED: 'Done',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled, and nothing leaves',
  EXPIRED: 'Ended without an answer, and nothing leaves',
}

function simulated({ success, policy, fee, simulation, meta }: Simulation): string | undefined {
  // What calls and allowances do is in the effects.
  if (!TRANSFERS.includes(meta.transactionType)) return undefined
  const costs = fee
    ? ` The fee is at most ${formatUnits(BigInt(fee.estimatedFee), fee.feeDecimals)} ${fee.feeSymbol}${fee.feeUsd === null ? '' : `, ${fee.feeUsd} USD`}.`
    : ''
  if (!policy.allowed) return `Would be refused: ${plainText(policy.reason ?? 'no policy allows it')}.`
  const fails = success ? '' : ` It would fail: ${plainText(simulation.error ?? 'nobody can tell why')}.`
  const why = policy.approvalReason === undefined ? '' : `: ${plainText(policy.approvalReason)}`
  return `${HOW[policy.tier ?? 'INSTANT']}${why}.${fails}${costs}`
}

/** How a tier is said of what was not sent. */
const HOW = {
  INSTANT: 'Would leave at once',
  NOTIFY: 'Would leave at once, and the operator be told',
  DELAY: 'Would leave after a delay',
  APPROVAL: 'Would wait for a human',
} as const

/** One transaction. Its address is in short, so that nobody pays what merely looks like it. */
function rowOf({ status, type, toAddress, ...row }: Transaction): string {
  const amount = row.humanAmount ?? undefined
  const what = amount === undefined ? type : `${amount} ${word(row.amountSymbol ?? '')}`.trim()
  return `${status} ${what}${toAddress === null ? '' : ` to ${inShort(toAddress)}`}`
}
const inShort = (address: string): string =>
  address.length > 14 ? `${address.slice(0, 6)}…${address.slice(-4)}` : word(address)
const onNetwork = ({ network }: Transaction): string => (network === null ? '' : ` on ${network}`)

/** A line for each; a network that all are on is said once. */
function listOf(items: readonly Transaction[], hasMore: boolean): string {
  const [only, ...others] = new Set(items.map(onNetwork))
  if (only === undefined) return 'There are none.'
  const isOne = others.length === 0
  return [
    ...(isOne && only !== '' ? [`All${only}:`] : []),
    ...items.map((row) => `${row.id} ${rowOf(row)}${isOne ? '' : onNetwork(row)}`),
    ...(hasMore ? ['There are more, behind cursor.'] : []),
  ].join('\n')
}

function standing({ error, waitReason, txHash, executeAt, approvalExpiresAt }: Transaction): string {
  const why = error ?? waitReason
  const until = executeAt ?? approvalExpiresAt
  return [
    why ? `${plainText(why)}. ` : '',
    until && waitReason ? `Until ${timeOf(until)}. ` : '',
    txHash ? `Hash ${txHash}. ` : '',
  ].join('')
}

type Holding = { readonly symbol: string; readonly balanceFormatted: string | null }
type OnNetwork = { readonly network: string } & (Holding | { assets: readonly Holding[] } | { error: string })
const amountOf = ({ symbol, balanceFormatted }: Holding): string => `${balanceFormatted ?? 'some'} ${word(symbol)}`

/** What there is on each network; why one does not tell is in the data. */
function heldIn(all: readonly OnNetwork[]): string {
  const unknown = all.flatMap((one) => ('error' in one ? [one.network] : []))
  const known = all.flatMap((one) => {
    if ('error' in one) return []
    const holdings = 'assets' in one ? one.assets : [one]
    return [`${holdings.map(amountOf).join(', ') || 'nothing'} on ${one.network}`]
  })
  return [...known, ...(unknown.length > 0 ? [`not known now on ${unknown.join(', ')}`] : [])].join('; ')
}

/** Whole addresses are long. */
const MOST_NAMED = 3

function limits({ network, refused, windows, payments, allowed, session }: WalletLimits): string {
  if (refused.length > 0)
    return `Nothing may leave on ${network} now: ${refused.map(({ message }) => plainText(message)).join('; ')}.`
  const left = windows.map(({ limit, leftUsd, limitUsd }) => `${leftUsd} of ${limitUsd} USD left of ${limit}`)
  const one = payments.map(({ symbol, largest }) => {
    const tiers = largest.map(({ tier, humanAmount }) => `${tier} up to ${humanAmount ?? 'anything'}`)
    return `${word(symbol)} ${tiers.join(', ') || 'nothing'}`
  })
  const { recipients } = allowed
  const { maxTransactionUsd, leftUsd } = session
  return [
    `On ${network} one payment of ${one.join('; ')}`,
    ...left,
    ...(maxTransactionUsd === null ? [] : [`This session pays ${maxTransactionUsd} USD at once at most`]),
    ...(leftUsd === null ? [] : [`This session has ${leftUsd} USD left`]),
    ...(recipients === null
      ? []
      : [
          `Only to ${recipients.slice(0, MOST_NAMED).join(', ')}${recipients.length > MOST_NAMED ? ' and others in allowed' : ''}`,
        ]),
  ].join('. ')
}
