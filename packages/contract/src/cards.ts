import { z } from 'zod'
import { cursors, Id, Limit, nextPage, UnixSeconds } from './ids.ts'
import { Labels } from './labels.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { lookers, OwnersAgreed } from './owners.ts'
import { Tier } from './tiers.ts'
import { Digits, TransactionStatus } from './wire.ts'

const CardAmount = z.object({
  assetId: z.string().describe('CAIP-19'),
  symbol: z.string().nullable().describe('null: nobody here knows the asset'),
  amount: Digits,
  humanAmount: z.string().nullable(),
  unlimited: z.boolean().describe('of what others may take: all that there is'),
  usd: z.number().nullable().describe('at the price that it was judged at; null without one'),
  displayAmount: z.string().nullable().describe('the same in the currency of the settings, where that is another'),
})
const CardRecipient = z.object({
  address: z.string().describe('all of it'),
  standing: z
    .enum(['new', 'known', 'look-alike'])
    .describe(
      'known: had something of worth of this wallet in a payment that is final; look-alike: of one that is known',
    ),
  since: UnixSeconds.nullable().describe('since when it is known'),
  looksLike: z.string().nullable().describe('the address that it could be taken for'),
})

/** What a human is asked, the same on every channel: `title` and `lines` are all of it in words, the rest is for programs. */
export const Card = z.object({
  id: Id.describe('the transaction that waits; of a plan, the step that does'),
  planId: Id.nullable(),
  walletId: Id,
  walletName: z.string(),
  network: z.string(),
  status: TransactionStatus,
  tier: Tier.nullable(),
  title: z.string(),
  lines: z.array(z.string()).describe('one line of text each; warnings come first'),
  warnings: z.array(z.string()).describe('the first of the lines'),
  amounts: z.array(CardAmount),
  recipients: z.array(CardRecipient),
  asked: z.object({
    by: z.string(),
    at: UnixSeconds,
    sessionId: Id.nullable(),
    labels: Labels.nullable().describe('what the agent says that it is for'),
  }),
  reasons: z.array(z.string()).describe('why it waits, by the policies'),
  owners: OwnersAgreed.optional().describe('where several owners have to approve: who has, and who has not'),
  worstCase: z.string().optional().describe('how the worst case of the wallet moves; not for agents'),
  isWorstCaseLater: z
    .literal(true)
    .optional()
    .describe('how the worst case moves is still being worked out: ask for the card again in a moment'),
  digest: z.string().describe('of the effects; of a plan, of those of all its steps'),
  code: z.string().describe('the digest in short, to compare with what another channel shows'),
  expiresAt: UnixSeconds.nullable().describe('when it ends if nobody answers'),
  executeAt: UnixSeconds.nullable().describe('of a delay: when it goes on by itself'),
  link: z.string().nullable().describe('shows it in a browser, where it can be rejected; not for agents'),
  resumes: z.literal(true).describe('once it is approved it goes on by itself: it need not be asked for again'),
})
export type Card = z.output<typeof Card>

/** A card as a text: each channel shows these lines, in this order, and nothing less. */
export const cardText = ({ title, lines }: Pick<Card, 'title' | 'lines'>): string => [title, ...lines].join('\n')

const tag = 'Approvals'

/** What waits for a human, as people are shown it. */
export const cardOperations = {
  getCard: operation({
    method: 'GET',
    path: '/v1/transactions/{id}/card',
    access: ['agent', 'operator', 'viewer'],
    tag,
    summary:
      'Show the approval card of a transaction: what a human is asked, in plain lines to show to that human as they stand.',
    tool: 'get_approval_card',
    toolShows: ['title', 'lines', 'code', 'status', 'expiresAt', 'executeAt', 'resumes'],
    command: 'tx card',
    aliases: { id: ['transaction_id', 'txId'] },
    input: z.strictObject({ id: Id }),
    output: Card,
    errors: ['TX_NOT_FOUND'],
  }),
  listWaiting: operation({
    method: 'GET',
    path: '/v1/admin/approvals',
    access: lookers,
    tag,
    summary:
      'List the cards of all that waits for an approval or a delay, newest first. An owner sees those of their wallets.',
    command: 'tx waiting',
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({
      walletId: WalletName.optional(),
      limit: Limit(20, 100),
      cursor: cursors.id.optional(),
    }),
    output: z.object({ items: z.array(Card), ...nextPage }),
    errors: [],
  }),
}
