import { add, type Decision, parseMicros, parseUsd, type Usd, usdNumber, ZERO_USD } from '@waiaas/contract'
import type { EvaluateInput, Judgement, Policy } from '../../policies/service.ts'
import type { Remade } from './again.ts'
import { countedAlong } from './counted.ts'
import type { KeptRequest } from './replay-store.ts'

export type Came = Decision['tier'] | 'DENY'
const cameOut = ({ outcome, tier }: Decision): Came => (outcome === 'DENY' ? 'DENY' : tier)

type Parts = {
  /** What the draft says of a wallet. */
  policies: (walletId: string) => Promise<readonly Policy[]>
  labels: (session: { labels: string | null }) => readonly string[]
}

/**
 * Judges what was asked for by a draft, along the history that the draft makes: what it refuses frees room for what came
 * later, and what it lets out that was refused takes some. What it delays or leaves to a human counts like what it lets out.
 */
export function alongDraft({ policies, labels }: Parts) {
  const counted = countedAlong()
  return {
    /** What was there before the first that is judged. */
    before(row: KeptRequest, account: string): void {
      if (row.tier !== null) counted.add(heldBy(row, account))
    },
    async judge(row: KeptRequest, { input, wallet, session, judge }: Remade): Promise<Judgement> {
      const place = { account: wallet.account, network: row.network, session: row.session_id }
      const drafted = await policies(row.wallet_id)
      const of: EvaluateInput = {
        ...input,
        policies: drafted,
        policyVersion: 'draft',
        ...(session && { session: { id: session.id, labels: labels(session) } }),
        ...counted.at(place, row.created_at, drafted),
      }
      const judgement = judge(of)
      if (judgement.decision.outcome === 'ALLOW') counted.add(heldUnder(row, wallet.account, judgement))
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

/** The same of one that a draft lets out: as it was where it was let out, else paid at once. */
function heldUnder(row: KeptRequest, account: string, { reserve }: Judgement) {
  if (row.tier !== null && row.spend_state !== null) return heldBy(row, account)
  const usd = reserve.reduce((sum, item) => add(sum, item.usd ?? ZERO_USD), ZERO_USD)
  return { ...heldBy(row, account), usd, over: { at: row.created_at, isPaid: true } }
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
