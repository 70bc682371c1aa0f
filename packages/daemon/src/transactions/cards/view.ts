import { type Card, toUsd, type Usd } from '@waiaas/contract'
import { standingWords } from '../../owners/service.ts'
import { seconds } from '../../platform/clock.ts'
import { labelsOf } from '../rows/label-store.ts'
import { readable } from '../views.ts'
import { amountsOf } from './amounts.ts'
import {
  askedLines,
  askerOf,
  backgroundLines,
  deedLines,
  endLines,
  reasonsOf,
  recipientLines,
  warningsOf,
  worthLines,
} from './lines.ts'
import type { CardFacts } from './reading.ts'

/** What a card says beside what the database has. */
export type Around = {
  readonly now: number
  /** The operator's labels of the session that asks. */
  readonly labels: readonly string[]
  /** In the currency of the settings; null where that is the dollar. */
  readonly display: (usd: Usd) => string | null
  /** How the worst case moves; undefined: it is not told. */
  readonly worstCase?: string | undefined
  /** It is still being worked out. */
  readonly isWorstCaseLater?: boolean
  readonly link?: string | undefined
}

/** The one renderer of what a human is asked. */
export function cardView(facts: CardFacts, { now, labels, display, worstCase, isWorstCaseLater, link }: Around): Card {
  const { row } = facts
  const amounts = amountsOf(facts, display)
  const warnings = warningsOf(facts, amounts)
  const reasons = reasonsOf(facts)
  const by = askerOf(facts, labels)
  const deeds = deedLines(facts)
  const several = facts.owners && facts.owners.needed > 1 ? facts.owners : undefined
  return {
    ...{ id: row.id, planId: row.plan_id, walletId: row.wallet_id, walletName: facts.wallet?.name ?? '' },
    ...{ network: row.network, status: row.status, tier: row.tier as Card['tier'] },
    title: titleOf(facts, deeds),
    lines: [
      ...warnings,
      ...deeds,
      ...worthLines(facts, (micros) => display(toUsd(micros))),
      ...recipientLines(facts),
      ...backgroundLines(facts),
      ...askedLines(facts, by),
      ...reasons.map((reason) => `Why it waits: ${reason}`),
      ...(worstCase === undefined ? [] : [`Approving it ${worstCase}`]),
      ...(several ? [`Owners: ${standingWords(several)}`] : []),
      ...endLines(facts, now),
      `Code ${facts.code}`,
      ...(link === undefined ? [] : [`To see or reject it: ${link}`]),
    ],
    ...{ warnings, amounts, recipients: [...facts.recipients], reasons },
    asked: { by, at: seconds(row.created_at), sessionId: row.session_id, labels: readable(() => labelsOf(row)) },
    ...(several && { owners: several }),
    ...(worstCase !== undefined && { worstCase }),
    ...(isWorstCaseLater && { isWorstCaseLater }),
    ...{ digest: facts.digest, code: facts.code },
    expiresAt: row.approval_expires_at === null ? null : seconds(row.approval_expires_at),
    executeAt: row.due_at === null ? null : seconds(row.due_at),
    link: link ?? null,
    resumes: true,
  }
}

function titleOf({ row, steps }: CardFacts, deeds: readonly string[]): string {
  const what = steps.length > 1 ? `A plan of ${steps.length} steps` : (deeds[0] ?? 'A transaction')
  if (row.status !== 'QUEUED') return `${row.status}: ${what}`
  return row.due_at === null ? `Approve? ${what}` : `Goes on by itself: ${what}`
}
