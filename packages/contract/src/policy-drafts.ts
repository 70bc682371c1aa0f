import { z } from 'zod'
import { CODE_BODY } from './costs.ts'
import { Decision, Reason } from './decision.ts'
import { Effects } from './effects.ts'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { CreatePolicyRequest, UpdatePolicyRequest } from './policies.ts'
import { refuseUnsendable, SimulateRequest } from './requests/request.ts'
import { Strictness } from './strictness.ts'
import { buildErrors } from './transactions.ts'

const MOST = 1_000

/** The policies that are in force with changes, which nobody stores. Added ones are called draft-1, draft-2 and so on. */
export const PolicyDraft = z
  .strictObject({
    set: z
      .array(CreatePolicyRequest)
      .max(MOST)
      .optional()
      .describe('these alone, in place of all that are there; with nothing else beside it'),
    add: z.array(CreatePolicyRequest).max(MOST).optional().describe('as they would be created'),
    change: z.array(UpdatePolicyRequest).max(MOST).optional().describe('as they would be updated, by id'),
    remove: z.array(Id).max(MOST).optional().describe('ids'),
  })
  .refine(({ set, add, change, remove }) => !set || !(add || change || remove), {
    error: 'expected set alone, or add, change and remove',
    path: ['set'],
  })
  .describe('policies that are only thought of: those in force with changes; nothing is stored')
export type PolicyDraft = z.output<typeof PolicyDraft>

const Came = z.enum(['INSTANT', 'NOTIFY', 'DELAY', 'APPROVAL', 'DENY'])
const Named = z.object({ transactionId: Id, why: z.string() })
const some = 'the first 20 of them'

/** What a draft would have made of requests that were decided on. */
const ReplayedDraft = z.object({
  requests: z.int(),
  changes: z
    .array(
      z.object({
        before: Came,
        after: Came,
        count: z.int(),
        usd: z.number().describe('US dollars of those that have a price, without fees'),
        unpriced: z.int().describe('how many have none'),
      }),
    )
    .describe('how many requests came out as what, and would have come out as what'),
  examples: z
    .array(
      z.object({
        transactionId: Id,
        before: Came,
        after: Came,
        usd: z.number().nullable(),
        reasons: z.array(Reason),
      }),
    )
    .describe(`those that come out otherwise, ${some}`),
})

const tag = 'Policies'

export const policyDraftOperations = {
  testPolicies: operation({
    method: 'POST',
    path: '/v1/policies/test',
    access: ['operator'],
    tag,
    summary:
      'Try one request against the policies of a wallet, or a draft of them. Nothing is stored, reserved or sent.',
    whileLoggedIn: 'looks',
    command: 'policy test',
    example: '--wallet-id shop --to 0x00000000219ab540356cBB839Cbe05303d7705Fa --human-amount 2.5',
    maxBody: CODE_BODY,
    aliases: { walletId: ['wallet_id'], sessionId: ['session_id'] },
    refuse: refuseUnsendable,
    input: SimulateRequest.safeExtend({
      walletId: WalletName.describe('id or name of the wallet that would pay'),
      sessionId: Id.optional().describe('as if this session asked; left out: nobody in particular does'),
      draft: PolicyDraft.optional(),
    }),
    output: z.object({
      walletId: Id,
      network: z.string(),
      effects: Effects,
      current: Decision.describe('by the policies that are in force'),
      draft: Decision.optional().describe('by the draft'),
      change: Strictness.optional().describe('how the draft treats this one request'),
    }),
    errors: [...buildErrors, 'POLICY_NOT_FOUND', 'SESSION_NOT_FOUND'],
  }),
  replayPolicies: operation({
    method: 'POST',
    path: '/v1/policies/replay',
    access: ['operator'],
    tag,
    summary:
      'Make recorded decisions again: by the policies of then, which must come out to the letter, and by a draft. Nothing is stored.',
    whileLoggedIn: 'looks',
    command: 'policy replay',
    example: '--wallet-id shop',
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({
      walletId: WalletName.optional().describe('id or name of a wallet; left out: of all'),
      since: UnixSeconds.optional().describe('requests made then or later, in unix seconds; left out: 30 days ago'),
      until: UnixSeconds.optional().describe('requests made then or earlier, in unix seconds; left out: now'),
      most: z.int().min(1).max(1_000_000).default(100_000).describe('at most so many requests, the oldest first'),
      draft: PolicyDraft.optional(),
    }),
    output: z.object({
      from: UnixSeconds,
      until: UnixSeconds.describe('of the newest request that was looked at, where there are more than were asked for'),
      isWhole: z.boolean().describe('false: there are more requests after until'),
      decisions: z.int().describe('made again by the policies of then: of requests, and of their signatures'),
      exact: z.int().describe('how many came out to the letter'),
      inexact: z.array(Named).describe(`those that did not, ${some}`),
      unread: z.int().describe('how many cannot be made again, because something of them is not kept any more'),
      unreadExamples: z.array(Named).describe(some),
      draft: ReplayedDraft.optional(),
    }),
    errors: ['ACTION_VALIDATION_FAILED', 'INVALID_ADDRESS', 'WALLET_NOT_FOUND', 'POLICY_NOT_FOUND'],
  }),
  diffPolicies: operation({
    method: 'POST',
    path: '/v1/policies/diff',
    access: ['operator'],
    tag,
    summary: 'Say whether a draft is tighter or looser than the policies in force, with a payment that shows it.',
    whileLoggedIn: 'looks',
    command: 'policy diff',
    example: `--wallet-id shop --draft '{"remove":["0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57"]}'`,
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({
      walletId: WalletName.describe('id or name of the wallet that they judge'),
      draft: PolicyDraft,
    }),
    output: z.object({
      walletId: Id,
      change: Strictness.describe(
        'tighter or looser: proven for whatever may be asked, and shown; different: it lets out more and less, or nobody can tell',
      ),
      message: z.string(),
      witnesses: z
        .array(
          z.object({
            shows: Strictness,
            effects: Effects,
            before: Decision.describe('by the policies in force; its inputs say when, after what and at which prices'),
            after: Decision.describe('by the draft'),
          }),
        )
        .describe('at most one that shows each'),
    }),
    errors: ['ACTION_VALIDATION_FAILED', 'INVALID_ADDRESS', 'WALLET_NOT_FOUND', 'POLICY_NOT_FOUND'],
  }),
}
