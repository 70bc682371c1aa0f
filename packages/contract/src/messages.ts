import { z } from 'zod'
import { Id } from './ids.ts'
import { operation } from './operation.ts'
import { buildErrors } from './transactions.ts'
import { walletAlias, walletChoice } from './wallet.ts'
import { NetworkName } from './wire.ts'

const SignType = z.enum(['personal'])
/** A signature that was given out; `signature` is what the wallets of the chain give. */
const MessageSigned = z.object({
  id: Id,
  signature: z.string().describe('0x and hex of r, s and v on EVM networks'),
  signType: SignType,
})
export type MessageSigned = z.output<typeof MessageSigned>

/** What is signed for an agent and never sent by the daemon. */
export const messageOperations = {
  signMessage: operation({
    method: 'POST',
    path: '/v1/transactions/sign-message',
    access: ['agent'],
    tag: 'Transactions',
    summary:
      'Sign a message: a text, or a sign-in (ERC-4361). What has to wait is refused with its id, and the same call with the same Idempotency-Key brings the signature later, as get_transaction does.',
    tool: 'sign_message',
    command: 'tx sign-message',
    idempotent: true,
    aliases: { ...walletAlias, signType: ['sign_type'] },
    input: z.strictObject({
      ...walletChoice,
      message: z
        .string()
        .min(1)
        .max(8_000)
        .describe('the text as people read it; it is never taken as hex, base64 or bytes'),
      signType: SignType.default('personal').describe('what is signed: a text'),
      network: NetworkName.optional().describe('network id; needed when several can be meant'),
    }),
    output: MessageSigned,
    errors: [
      ...buildErrors,
      'CEILING_EXCEEDED',
      'POLICY_DENIED',
      'RATE_LIMIT_EXCEEDED',
      'WAITING_LIMIT_REACHED',
      'KILL_SWITCH_ACTIVE',
    ],
  }),
}
