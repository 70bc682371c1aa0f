import {
  add,
  type Decision,
  factsOf,
  parseMicros,
  parseUsd,
  receiversOf,
  type Usd,
  usdNumber,
  ZERO_USD,
} from '@waiaas/contract'
import type { EvaluateInput, Judgement, Policy } from '../../policies/service.ts'
import type { Remade } from './again.ts'
import { countedAlong } from './counted.ts'
import { itemsOf, type knownAlong } from './knowing.ts'
import type { KeptRequest } from './replay-store.ts'
import { totalsAlong } from './totals.ts'

export type Came = Decision['tier'] | 'DENY'
const cameOut = ({ outcome, tier }: Decision): Came => (outcome === 'DENY' ? 'DENY' : tier)

type Parts = {
  /** What the draft says of a wallet. */
  policies: (walletId: string) => Promise<readonly Policy[]>
  labels: (session: { labels: string | null }) => readonly string[]
  known: Awaited<ReturnType<typeof knownAlong>>
}

/**
 * Judges what was asked for by a draft, along the history that the draft makes: what it refuses frees room for what came
 * later, and what it lets out that was refused takes some. What it delays or leaves to a human counts like what it lets out.
 * Whom it lets a wallet pay is known from then on, and what it lets a session spend counts in that session's total.
 */
export function alongDraft({ policies, labels, known }: Parts) {
  const counted = countedAlong()
  const totals = totalsAlong()
  const count = (row: KeptRequest, account: string, judgement?: Judgement): void => {
    counted.add(judgement ? heldUnder(row, account, judgement) : heldBy(row, account))
    const { wallet_id: wallet, effects } = row
    if (row.spend_state === 'final') known.pay({ wallet, effects, items: itemsOf(row), at: row.spend_at! })
    // What a human would have had to say is not known.
    else if (row.tier === null && judgement && judgement.decision.tier !== 'APPROVAL')
      known.pay({ wallet, effects, items: judgement.reserve, at: row.created_at })
  }
  return {
    /** What was there before the first that is judged. */
    before(row: KeptRequest, account: string): void {
      if (row.tier !== null) count(row, account)
    },
    async judge(row: KeptRequest, { input, wallet, session, total, judge }: Remade): Promise<Judgement> {
      const place = { account: wallet.account, network: row.network, session: row.session_id }
      const drafted = await policies(row.wallet_id)
      const receivers = receiversOf(factsOf(input.effects), input.effects.sender)
      const of: EvaluateInput = {
        ...input,
        policies: drafted,
        policyVersion: 'draft',
        ...(session && { session: { id: session.id, labels: labels(session) } }),
        ...counted.at(place, row.created_at, drafted),
        known: known.at(row.wallet_id, receivers, row.created_at),
      }
      const spent = session && total !== undefined ? totals.at(session.id, row.created_at, total) : undefined
      const judgement = judge(of, spent)
      const [isOut, wasOut] = [judgement.decision.outcome === 'ALLOW', row.tier !== null]
      if (isOut) count(row, wallet.account, judgement)
      if (isOut && !wasOut) totals.more(row.session_id, usdOf(judgement))
      if (!isOut && wasOut) {
        const { usd, over } = heldBy(row, wallet.account)
        totals.less(row.session_id, usd, over && !over.isPaid ? over.at : null)
      }
      return judgement
    },
  }
}

/** What a request held, as it was. */
const heldBy = (row: KeptRequest, account: string) => ({
  ...{ account, network: row.network, session: row.session_id, at: row.created_at },
  usd: parseMicros(row.spend_usd ?? '0'),
  over:
    row.spend_state === 'final' || row.spend_state === 'void'
      ? { at: row.spend_at!, isPaid: row.spend_state === 'final' }
      : null,
})

const usdOf = ({ reserve }: Judgement): Usd => reserve.reduce((sum, item) => add(sum, item.usd ?? ZERO_USD), ZERO_USD)

/** The same of one that a draft lets out: as it was where it was let out, else paid at once. */
function heldUnder(row: KeptRequest, account: string, judgement: Judgement) {
  if (row.tier !== null && row.spend_state !== null) return heldBy(row, account)
  return { ...heldBy(row, account), usd: usdOf(judgement), over: { at: row.created_at, isPaid: true } }
}

type Change = { before: Came; after: Came; count: number; usd: Usd; unpriced: number }
type Example = { transactionId: string; before: Came; after: Came; usd: number | null; reasons: Decision['reasons'] }
const EXAMPLES = 20

/** Sums up how requests came out, and would have come out. */
export function changesOf() {
  const changes = new Map<string, Change>()
  const examples: Example[] = []
  let requests = 0
  return {
    add(id: string, before: Decision, after: Decision): void {
      requests++
      const [was, is] = [cameOut(before), cameOut(after)]
      const change = changes.get(`${was} ${is}`) ?? { before: was, after: is, count: 0, usd: ZERO_USD, unpriced: 0 }
      const usd = before.usd ?? after.usd
      changes.set(`${was} ${is}`, {
        ...change,
        count: change.count + 1,
        ...(usd === null ? { unpriced: change.unpriced + 1 } : { usd: add(change.usd, parseUsd(usd)) }),
      })
      if (was !== is && examples.length < EXAMPLES)
        examples.push({ transactionId: id, before: was, after: is, usd, reasons: after.reasons })
    },
    sum: () => ({
      requests,
      changes: [...changes.values()].map((change) => ({ ...change, usd: usdNumber(change.usd) })),
      examples,
    }),
  }
}
