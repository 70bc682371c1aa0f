import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { LabelFilter } from './labels.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { PolicyDraft } from './policy-drafts.ts'
import { Address, Digits } from './wire.ts'

const Usd = z.number().describe('US dollars at the prices of now')
const UsdOrMore = z.number().nullable().describe('US dollars at the prices of now; null: no number bounds it')

const Units = z.object({
  network: z.string(),
  assetId: z.string().describe('CAIP-19'),
  symbol: z.string(),
  amount: Digits.nullable().describe('base units; null: all that is there, which could not be read'),
  humanAmount: z.string().nullable().describe('the same in whole units'),
})

/** The most that may leave in some time, and what it is made of. */
export const WorstCase = z.object({
  period: z.enum(['hour', 'day', 'month']).describe('the next hour, 24 hours or 30 days'),
  text: z.string().describe('the same in one sentence'),
  usd: UsdOrMore,
  withoutPrice: z.array(Units).describe('what may leave beside it and has no price, in its own units'),
  isEverything: z.boolean().describe('nothing holds any of it back but what the wallet has'),
  causes: z
    .object({
      payments: UsdOrMore.describe('new requests that the policies let pass without a human, their fees included'),
      pending: Usd.describe('requests that wait for their turn or their time, and go by themselves'),
      signed: Usd.describe('what is signed or approved and can still leave: on its way, permits, vouchers'),
      allowances: Usd.describe('what others may take at any time'),
      fees: UsdOrMore.describe('fees of cancels and of outbidding that no limit in dollars counts'),
    })
    .describe('US dollars of which the whole is made; each part counts once'),
})
export type WorstCase = z.output<typeof WorstCase>

const Allowed = z.object({
  network: z.string(),
  spender: Address,
  assetId: z.string(),
  symbol: z.string(),
  amount: Digits.nullable().describe('base units that it may take now; null: all that the wallet has'),
  humanAmount: z.string().nullable(),
  usd: Usd.nullable().describe('US dollars of it, no more than the wallet has; null without a price'),
})
const Waiting = z.object({
  transactionId: Id,
  usd: Usd.nullable().describe('null: some part has no price'),
  worstCase: z.string().describe('how the worst case moves when it is approved'),
})

const TakenOver = z.object({
  taken: z
    .enum(['session', 'sessions', 'daemon'])
    .describe('what is taken over: one session, all that were named, or the whole daemon but its signer'),
  sessions: z.array(Id).nullable().describe('which; null: of the daemon'),
  names: z
    .array(z.string())
    .nullable()
    .describe('what each of them is called: by its labels, or else by the end of its id; null: of the daemon'),
  worst: z.array(WorstCase),
})

const exposure = {
  walletId: Id,
  name: z.string(),
  asOf: UnixSeconds,
  text: z.string().describe('the most that matters, in a sentence or two'),
  takenOver: z.array(TakenOver),
  allowances: z.array(Allowed),
  approvals: z.array(Waiting).describe('what waits for a human, and is in none of the numbers'),
  unread: z
    .array(z.object({ network: z.string(), error: z.string() }))
    .describe('networks that did not answer: what the wallet has there bounds nothing'),
}
export const WalletExposure = z.object(exposure)
export type WalletExposure = z.output<typeof WalletExposure>

const tag = 'Wallet'
const Whose = {
  sessionId: Id.optional().describe('this session alone; left out: each session of the wallet'),
  label: LabelFilter.optional().describe('sessions with this label, as the operator gave it: name:value'),
}

/** The worst case: the most that can leave of wallets if an agent or the daemon is taken over now. */
export const exposureOperations = {
  getWalletExposure: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/exposure',
    access: ['operator'],
    tag,
    summary:
      'Show the most that can leave a wallet in an hour, a day and 30 days if a session, an agent or the daemon is taken over now.',
    command: 'wallet exposure',
    aliases: { sessionId: ['session_id'] },
    input: z.strictObject({ id: WalletName, ...Whose }),
    output: WalletExposure,
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'SESSION_NOT_FOUND'],
  }),
  getExposure: operation({
    method: 'GET',
    path: '/v1/admin/exposure',
    access: ['operator'],
    tag,
    summary: 'Show the most that can leave all wallets together if their sessions, or the daemon, are taken over now.',
    input: z.strictObject({}),
    output: z.object({
      text: z.string(),
      takenOver: z.array(TakenOver),
      wallets: z.array(z.object({ id: Id, name: z.string(), text: z.string() })),
      unread: exposure.unread,
    }),
    errors: [],
  }),
  draftExposure: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/exposure',
    access: ['operator'],
    tag,
    summary: 'Show how a draft of the policies would change the most that can leave a wallet. Nothing is stored.',
    whileLoggedIn: 'looks',
    command: 'wallet exposure-draft',
    example: `shop --draft '{"remove":["0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57"]}'`,
    aliases: { sessionId: ['session_id'] },
    input: z.strictObject({ id: WalletName, ...Whose, draft: PolicyDraft }),
    output: z.object({
      text: z.string().describe('how much more or less, such as "raises your worst case by 50 USD a day"'),
      current: WalletExposure,
      draft: WalletExposure,
    }),
    errors: [
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'SESSION_NOT_FOUND',
      'POLICY_NOT_FOUND',
      'INVALID_ADDRESS',
      'ACTION_VALIDATION_FAILED',
    ],
  }),
}
