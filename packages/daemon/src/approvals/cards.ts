import type { Card, cardOperations, Output, Parsed } from '@waiaas/contract'
import type { Moves } from '../exposure/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Displays } from '../prices/service.ts'
import { cardView, type Transactions } from '../transactions/service.ts'
import type { CardFacts } from '../transactions/types.ts'
import type { CardAnswer } from './channel.ts'
import type { Links } from './links.ts'

export type ApprovalParts = {
  readonly cards: Transactions['cards']
  readonly decide: (id: string, answer: Parameters<Transactions['decide']>[1]) => Promise<{ at: number }>
  readonly links: Pick<Links, 'of'>
  readonly clock: Clock
  readonly display: Displays['in']
  /** How the worst case of its wallet moves when this one is approved. */
  readonly worstCase: (transactionId: string) => Promise<Moves>
  readonly sessionLabels: (session: { labels: string | null }) => readonly string[]
}
/** Of all wallets, or of these. */
type Wanted = Omit<Parsed<(typeof cardOperations)['listWaiting']>, 'walletId'> & {
  readonly walletIds?: readonly string[] | undefined
}
export type Approvals = ReturnType<typeof approvals>

const LATER = 'moves your worst case by what is still being worked out: look again in a moment'
const NOT_KNOWN = 'moves your worst case by what is not known now: its networks do not answer'

/** What humans are asked: a card for each that waits, the same for every channel. */
export function approvals(parts: ApprovalParts) {
  const { cards, clock } = parts

  async function view(
    facts: CardFacts,
    more: Pick<Parameters<typeof cardView>[1], 'worstCase' | 'isWorstCaseLater' | 'link'> = {},
  ): Promise<Card> {
    const display = await parts.display(undefined)
    return cardView(facts, {
      ...{ now: clock.now(), labels: facts.session ? parts.sessionLabels(facts.session) : [] },
      display: (usd) => display?.text(usd) ?? null,
      ...more,
    })
  }

  async function worstCaseOf({ row }: CardFacts) {
    if (row.status !== 'QUEUED' || row.due_at !== null) return {}
    const { text, isLater } = await parts.worstCase(row.id)
    return { worstCase: text ?? (isLater ? LATER : NOT_KNOWN), isWorstCaseLater: isLater }
  }

  return {
    /** As an agent is shown it: without the worst case, and with no way to answer. Failure TX_NOT_FOUND. */
    ofAgent: async (id: string, sessionId: string): Promise<Card> => view(await cards.one(id, sessionId)),
    /** As whoever may answer is shown it, on whichever channel. Failure TX_NOT_FOUND. */
    async card(id: string, mayLook: (walletId: string) => void = () => undefined): Promise<Card> {
      const facts = await cards.one(id, undefined)
      mayLook(facts.row.wallet_id)
      const { id: waiting, status, approval_expires_at, due_at } = facts.row
      const link = await parts.links.of({
        ...{ id: waiting, digest: facts.digest, status },
        endsAt: approval_expires_at ?? due_at,
      })
      return view(facts, { ...(await worstCaseOf(facts)), link })
    },
    /** What somebody says to a card that they were shown; the first answer counts. Failures as of an approval. */
    answer: async ({ id, code, says, channel, actor, ip }: CardAnswer): Promise<number> =>
      (await parts.decide(id, { says, channel, code, by: { actor, ip } })).at,
    /** Without the worst case, which takes a look at the chains for each. */
    async waiting({ walletIds, limit, cursor }: Wanted): Promise<Output<(typeof cardOperations)['listWaiting']>> {
      if (walletIds?.length === 0) return { items: [], nextCursor: null, hasMore: false }
      const { all, hasMore } = await cards.waiting({ walletIds, before: cursor }, limit)
      const items = await Promise.all(all.map((facts) => view(facts)))
      return { items, nextCursor: hasMore ? all.at(-1)!.row.id : null, hasMore }
    },
  }
}
