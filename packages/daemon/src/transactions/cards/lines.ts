import { deedsOf, formatUnits, safeText } from '@waiaas/contract'
import { isFill, memoOf } from '../kinds/all.ts'
import { bothAmounts } from '../kinds/amount.ts'
import { addressOf } from '../lanes/lane-id.ts'
import { labelsOf } from '../rows/label-store.ts'
import { decisionOf, intentOf } from '../rows/readings.ts'
import { readable } from '../views.ts'
import { type CardAmount, unitsOfStep } from './amounts.ts'
import type { CardFacts, CardStep } from './reading.ts'
import { signedText } from './signed-text.ts'

// What others have written goes through `safeText` here, and nowhere else: no line of a card comes from elsewhere.

const MOST_REASON = 500
const MOST_MEMO = 300

/** To the minute, as people everywhere read it. */
const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** What stands on the card before anything else. */
export function warningsOf({ row, steps, recipients, network }: CardFacts, amounts: readonly CardAmount[]): string[] {
  const decision = readable(() => decisionOf(row))
  const { neverFunded = [], impostors = {} } = decision?.inputs ?? {}
  const facts = steps.flatMap((step) => step.facts ?? [])
  return [
    ...recipients.flatMap(({ address, looksLike }) =>
      looksLike === null
        ? []
        : [
            `${address} begins and ends like ${looksLike}, which this wallet has paid, and is another address. Compare every sign of it.`,
          ],
    ),
    ...neverFunded.map((one) => `${one} has never received anything: if it is mistyped, the money is lost.`),
    ...Object.entries(impostors).map(
      ([asset, symbol]) => `The token ${placeOf(asset)} is in no list, and calls itself like ${safeText(symbol, 20)}.`,
    ),
    ...steps.flatMap((step) =>
      (step.facts?.spenders ?? [])
        .filter(({ unlimited, amount }) => unlimited && amount > 0n)
        .map(
          ({ spender, asset }) =>
            `${spender} could take all that this wallet has of ${assetIn(step, asset, network)}, at any time.`,
        ),
    ),
    ...facts.flatMap(({ operators }) =>
      operators.map(({ operator, contract }) => `${operator} could take everything in ${contract}, at any time.`),
    ),
    ...facts.flatMap(({ unknown, foreign }) =>
      [...unknown, ...foreign].map((what) => `Nobody can read a part of it: ${safeText(what, MOST_REASON)}.`),
    ),
    ...amounts
      .filter(({ usd, unlimited }) => usd === null && !unlimited)
      .map(
        ({ assetId, symbol }) =>
          `No price of ${symbol ?? `the token ${placeOf(assetId)}`} is known, so nobody can say what it is worth.`,
      ),
    ...(decision?.reasons.some(({ code }) => code === 'ABOVE_CEILING')
      ? [
          `It is above the ceiling of its wallet: it takes waiaas tx approve ${row.id} --over-ceiling, and the master password.`,
        ]
      : []),
    ...(steps.some(({ effects }) => effects === null) ? ['What its bytes do is not kept any more.'] : []),
  ].map((text) => `Warning: ${text}`)
}

/** An asset's own part of its CAIP-19: the address of a token. */
const placeOf = (asset: string): string => asset.slice(asset.lastIndexOf(':') + 1)

/** By its symbol where it is known, and by its address: others have the same symbol. */
function assetIn(step: CardStep, asset: string, network: CardFacts['network']): string {
  const unit = unitsOfStep(step, network)(asset)
  return unit ? `${unit.symbol} (${placeOf(asset)})` : `the token ${placeOf(asset)}`
}

/** What it does, a line for each thing. */
export function deedLines({ steps, network }: CardFacts): string[] {
  return steps.flatMap((step) => {
    const { effects, row } = step
    const deeds = effects ? deedsOf(effects, unitsOfStep(step, network)) : []
    const place = steps.length > 1 ? `Step ${row.plan_step}: ` : ''
    return [...deeds.map((deed) => `${place}${sentence(deed)}`), ...callLines(step), ...ownWords(step)]
  })
}

const sentence = (text: string): string => {
  const safe = safeText(text, MOST_REASON)
  return `${safe.slice(0, 1).toUpperCase()}${safe.slice(1)}`
}

const callLines = ({ facts }: CardStep): string[] =>
  (facts?.calls ?? []).flatMap(({ contract, selector }) =>
    selector === null ? [] : [`It calls the function ${selector} of ${contract}`],
  )

/** What it says in words: of a text to sign all, each line of it marked. */
function ownWords({ row }: CardStep): string[] {
  const memo = readable(() => memoOf(intentOf(row)))
  return [
    ...(readable(() => signedText(intentOf(row))) ?? []),
    ...(memo === null ? [] : [`Memo, as its sender has written it: "${safeText(memo, MOST_MEMO)}"`]),
  ]
}

/** What leaves in all, where that is known, also in another currency. */
export function worthLines({ steps }: CardFacts, inCurrency: (micros: bigint) => string | null): string[] {
  const all = steps.map(({ row }) => row.amount_usd)
  if (all.some((usd) => usd === null)) return []
  const sum = all.reduce((total, usd) => total + BigInt(usd!), 0n)
  const other = inCurrency(sum)
  return [`Worth ${formatUnits(sum, 6)} USD in all${other === null ? '' : ` (${other})`}, without the fee`]
}

export const recipientLines = ({ recipients }: CardFacts): string[] =>
  recipients.map(({ address, standing, since }) =>
    standing === 'known'
      ? `Recipient ${address}: known, since ${moment(since! * 1_000)}`
      : `Recipient ${address}: ${standing === 'new' ? 'new, no payment to it is final yet' : 'LOOK-ALIKE of one that is known'}`,
  )

/** From where, for which fee, by whom and why. */
export function backgroundLines({ row, steps, wallet, network }: CardFacts): string[] {
  const fee = steps.reduce((sum, step) => sum + BigInt(step.row.max_fee ?? '0'), 0n)
  const native = network?.native
  return [
    `From wallet "${safeText(wallet?.name ?? row.wallet_id, 100)}", ${addressOf(row.lane)}, on ${row.network}`,
    ...(native ? [`Fee: at most ${bothAmounts(String(fee), native.decimals).humanAmount} ${native.symbol}`] : []),
  ]
}

/** Who asks: the operator's labels of a session are facts, the agent's own are what it says. */
export function askedLines(facts: CardFacts, by: string): string[] {
  const { row } = facts
  const labels = Object.entries(readable(() => labelsOf(row)) ?? {})
  const said = labels.map(([name, value]) => `${safeText(name, 32)}: ${safeText(value, 64)}`).join(', ')
  return [`Asked for by ${by}, ${moment(row.created_at)}`, ...(said === '' ? [] : [`For, as the agent says: ${said}`])]
}

/** The label by which the operator calls a session. */
const NAME = 'name:'

export function askerOf({ row, session }: CardFacts, labels: readonly string[]): string {
  if (row.sweep_id !== null) return 'a sweep of the operator'
  if (row.session_id === null) return isFill(row) ? 'the daemon itself' : 'the operator'
  const over = session === undefined || session.revoked_at !== null ? ', which is over' : ''
  const name = labels.find((label) => label.startsWith(NAME))
  const called = name === undefined ? '' : `"${safeText(name.slice(NAME.length), 100)}", `
  const others = labels.filter((label) => label !== name).map((label) => safeText(label, 100))
  return `${called}session ${row.session_id}${others.length === 0 ? '' : ` (${others.join(', ')})`}${over}`
}

/** Each a sentence. What begins with an address stays as it is: another letter makes another address. */
export const reasonsOf = ({ row }: CardFacts): string[] =>
  (readable(() => decisionOf(row))?.reasons ?? []).map(({ message }) => {
    const text = safeText(message, MOST_REASON)
    const begins = /^[a-z]+ /.test(text) ? `${text.slice(0, 1).toUpperCase()}${text.slice(1)}` : text
    return /[.…]$/.test(begins) ? begins : `${begins}.`
  })

const STATES = { QUEUED: 'It waits.', CANCELLED: 'It was cancelled.', EXPIRED: 'It has expired.' } as const

/** Until when, and what comes then. */
export function endLines({ row, owners }: CardFacts, now: number): string[] {
  if (row.status !== 'QUEUED') return [STATES[row.status as keyof typeof STATES] ?? `It is ${row.status}.`]
  if (row.due_at !== null)
    return [`It goes on by itself at ${moment(row.due_at)}${fromNow(row.due_at - now)}, unless it is cancelled`]
  const until = row.approval_expires_at
  return [
    ...(until === null ? [] : [`It ends unanswered at ${moment(until)}${fromNow(until - now)}`]),
    `Once ${whoApproves(owners)} approved it, it goes on by itself, after it is judged once more`,
  ]
}

const whoApproves = (owners: CardFacts['owners']): string =>
  owners === undefined
    ? 'the operator has'
    : owners.needed === 1
      ? 'its owner has'
      : `${owners.needed} of its owners have`

function fromNow(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return ', within a minute'
  if (minutes < 120) return `, in ${minutes} minute${minutes === 1 ? '' : 's'}`
  return `, in ${Math.floor(minutes / 60)} hours`
}
