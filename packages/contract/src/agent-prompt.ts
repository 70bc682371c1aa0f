import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { DEFAULT_SESSION_TTL, LONGEST_SESSION_TTL } from './sessions.ts'

/** How somebody lets an agent in that takes nothing but a text. */
export const agentPromptOperations = {
  createAgentPrompt: operation({
    method: 'POST',
    path: '/v1/admin/agent-prompt',
    access: ['operator'],
    tag: 'Sessions',
    summary:
      'Write what to paste to an agent that has nothing else: how to use the wallets that you name, and the token of a new session for them.',
    command: 'session prompt',
    places: ['walletIds'],
    example: 'shop',
    status: 201,
    aliases: { walletIds: ['wallet_ids'] },
    input: z.strictObject({
      walletIds: z.array(WalletName).min(1).max(100).describe('ids or names of the wallets; there is no word for all'),
      ttl: z
        .int()
        .min(300)
        .max(LONGEST_SESSION_TTL)
        .default(DEFAULT_SESSION_TTL)
        .describe('lifetime in seconds, 300 to 31536000'),
    }),
    output: z.object({
      prompt: z.string().describe('holds the token: whoever reads it can use the wallets'),
      sessionId: Id,
      walletCount: z.int(),
      sessionsCreated: z.int(),
      sessionReused: z.boolean().describe('false: each prompt has a session of its own'),
      expiresAt: UnixSeconds,
    }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'SESSION_LIMIT_EXCEEDED'],
  }),
}
