import { z } from 'zod'
import { CODE_BODY } from './costs.ts'
import { Decision } from './decision.ts'
import { Effects } from './effects.ts'
import { Id } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { CreatePolicyRequest, UpdatePolicyRequest } from './policies.ts'
import { refuseUnsendable, SimulateRequest } from './requests/request.ts'
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

/** How something compares with what it was: `different` where it is neither, or where nobody can tell. */
export const Strictness = z.enum(['same', 'tighter', 'looser', 'different'])
export type Strictness = z.infer<typeof Strictness>

const tag = 'Policies'

export const policyDraftOperations = {
  testPolicies: operation({
    method: 'POST',
    path: '/v1/policies/test',
    access: ['operator'],
    tag,
    summary:
      'Try one request against the policies of a wallet, or a draft of them. Nothing is stored, reserved or sent.',
    command: 'policy test',
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
}
