import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { ChosenTemplate } from './policy-files.ts'
import { CreatedSession, sessionOperations } from './sessions.ts'

const tag = 'Pairing'
const operator = ['operator'] as const

/** Letters of codes: no vowels, so that no code is a word, and none that looks like another sign (RFC 8628, section 6.1). */
export const CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
/** Letters in a code, shown in two halves. */
export const CODE_LENGTH = 8
/** How much of what an agent says of itself is shown. */
export const MOST_PAIRING_NAME = 60
export const MOST_PAIRING_SCOPE = 100

const Said = z.string().min(1).max(400)
const Code = z.string().min(CODE_LENGTH).max(40).describe('the code that the agent shows, such as BCDF-GHJK')
const code = z.strictObject({ code: Code })
const Pairing = z.object({
  id: Id,
  name: z.string().describe('what the agent calls itself'),
  address: z.string().describe('where its request came from'),
  scopes: z.array(z.string()).describe('what it would like to do, in its own words'),
  status: z.enum(['PENDING', 'APPROVED', 'DENIED']),
  createdAt: UnixSeconds,
  expiresAt: UnixSeconds,
  sessionId: Id.nullable().describe('the session that it got'),
})
const { ttl, maxRenewals, absoluteLifetime, constraints, labels } = sessionOperations.createSession.input.shape

/** How an agent gets a session without anybody pasting a secret, as RFC 8628 does it: it shows a code, and the operator types it. */
export const pairingOperations = {
  startPairing: operation({
    method: 'POST',
    path: '/v1/pairings',
    access: 'public',
    tag,
    summary:
      'Ask for a session. The answer has a code for the operator to type, and a token to ask with whether that is done. It waits ten minutes.',
    status: 201,
    input: z.strictObject({
      name: Said.describe(
        `what asks, such as "Claude on my laptop"; the first ${MOST_PAIRING_NAME} characters are shown`,
      ),
      scopes: z
        .array(Said)
        .max(10)
        .optional()
        .describe('what it would like to do, a short sentence each; the operator reads them, and they grant nothing'),
    }),
    output: z.object({
      code: z.string(),
      pollToken: z.string().describe('keep it secret: it gets the session'),
      interval: z.int().describe('seconds to wait between two polls'),
      expiresAt: UnixSeconds,
      command: z.string().describe('what the operator runs'),
    }),
    errors: ['PAIRING_NOT_ALLOWED', 'PAIRING_LIMIT_REACHED', 'SYSTEM_LOCKED'],
  }),
  pollPairing: operation({
    method: 'POST',
    path: '/v1/pairings/token',
    access: 'public',
    tag,
    summary:
      'Ask whether the operator has approved a pairing. Once that is done it answers the session, the same one each time until its first use.',
    input: z.strictObject({ pollToken: z.string().min(1).max(200) }),
    output: z.object({
      status: z
        .enum(['PENDING', 'SLOW_DOWN', 'APPROVED'])
        .describe('SLOW_DOWN is PENDING, asked too soon: `interval` is longer from now on'),
      interval: z.int().describe('seconds to wait before the next poll'),
      session: CreatedSession.optional(),
    }),
    errors: [
      'PAIRING_NOT_FOUND',
      'PAIRING_DENIED',
      'PAIRING_EXPIRED',
      'SESSION_REVOKED',
      'TOKEN_EXPIRED',
      'KEYSTORE_LOCKED',
    ],
  }),
  getPairing: operation({
    method: 'POST',
    path: '/v1/pairings/show',
    access: operator,
    whileLoggedIn: 'looks',
    tag,
    summary: 'Show who asks for a session under a code.',
    command: 'agent show',
    places: ['code'],
    input: code,
    output: Pairing,
    errors: ['PAIRING_NOT_FOUND'],
  }),
  approvePairing: operation({
    method: 'POST',
    path: '/v1/pairings/approve',
    mayLoosen: true,
    access: operator,
    tag,
    summary:
      'Give the agent that shows this code a session. It fetches the token by itself; doing it twice gives one session.',
    input: z.strictObject({
      code: Code,
      walletIds: z.array(WalletName).min(1).max(100).describe('ids or names of the wallets that it may use'),
      ...{ ttl, maxRenewals, absoluteLifetime, constraints, labels },
      policies: ChosenTemplate.optional().describe(
        'a template whose policies these wallets get with the session, or neither; not for one that was approved before',
      ),
    }),
    aliases: { walletIds: ['wallet_ids'] },
    output: Pairing.extend({
      sessionId: Id,
      fetchUntil: UnixSeconds.describe('until then the agent can fetch its token'),
    }),
    errors: [
      'PAIRING_NOT_FOUND',
      'PAIRING_DENIED',
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'SESSION_LIMIT_EXCEEDED',
      'POLICY_NAME_EXISTS',
    ],
  }),
  denyPairing: operation({
    method: 'POST',
    path: '/v1/pairings/deny',
    access: operator,
    whileLoggedIn: 'acts',
    tag,
    summary: 'Refuse the agent that shows this code.',
    command: 'agent deny',
    places: ['code'],
    input: code,
    output: Pairing,
    errors: ['PAIRING_NOT_FOUND', 'INVALID_STATE_TRANSITION'],
  }),
}
