import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { lookers, OwnerChallenge, Signer } from './owners.ts'
import { Tier } from './tiers.ts'
import { Address, Digits, NetworkName, TransactionStatus, Unwritten } from './wire.ts'

/** What one step of a sweep sends: native currency, which goes last on each network, or a token. */
const swept = {
  network: z.string(),
  assetId: z.string().describe('CAIP-19'),
  symbol: z.string(),
}
const Planned = z.object({
  ...swept,
  amount: Digits.nullable().describe('base units now; of native currency what the fees before it leave, about'),
  humanAmount: z.string().nullable().describe('the same in whole units'),
  tier: Tier.nullable().describe('how it would go on now: alone, with a delay or with an approval; null: not at all'),
  obstacles: z.array(z.string()).describe('what stands in its way now'),
})
const Unread = z.array(z.object({ network: z.string(), error: z.string() })).describe('networks that did not answer')
const Left = z.object({ ...swept, address: Address, humanAmount: z.string(), why: z.string() })

/** What a sweep would do, before it is started. */
export const SweepPlan = z.object({
  digest: z.string().describe('starts exactly this sweep, when it is sent along'),
  walletId: Id,
  to: Address,
  steps: z.array(Planned).describe('in their order; those of different networks go on beside each other'),
  left: z.array(Left).describe('what would stay, and why'),
  unread: Unread,
})
export type SweepPlan = z.output<typeof SweepPlan>

export const Sweep = z.object({
  id: Id,
  walletId: Id,
  to: Address,
  status: z
    .enum(['RUNNING', 'DONE', 'CANCELLED', 'STOPPED'])
    .describe(
      'DONE: nothing is left to do, whatever became of its steps; STOPPED: the wallet or everything was stopped',
    ),
  createdAt: UnixSeconds,
  updatedAt: UnixSeconds,
  steps: z.array(
    z.object({
      step: z.int(),
      ...swept,
      status: z
        .enum(['WAITING', 'LEFT', ...TransactionStatus.options])
        .describe('of its transaction; WAITING: it has none yet; LEFT: it will have none'),
      amount: Digits.nullable().describe('base units; null before it is asked for'),
      humanAmount: z.string().nullable().describe('the same in whole units'),
      transactionId: Id.nullable(),
      error: z.string().nullable().describe('why it was refused, failed or is left'),
    }),
  ),
})
export type Sweep = z.output<typeof Sweep>

const tag = 'Wallets'
const operator = ['operator'] as const
const one = z.strictObject({ id: Id })
const withdrawn = z.strictObject({
  id: Id,
  network: NetworkName.optional().describe('all networks of the wallet unless given; of a contract its own one'),
  to: Address.optional().describe('the address of another owner of the wallet than the one who asks'),
})
const ofOwner = [
  'WALLET_NOT_FOUND',
  'NO_OWNER',
  'WITHDRAW_LOCKED_ONLY',
  'ENVIRONMENT_NETWORK_MISMATCH',
  'INVALID_ADDRESS',
  'CHAIN_ERROR',
] as const

/** All that a wallet holds, sent to one address. */
export const sweepOperations = {
  sweepWallet: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/sweep',
    access: operator,
    tag,
    summary:
      'Send all that a wallet holds to one address. Without a digest it only shows what would be sent and what stands in the way; with the digest of that it starts.',
    command: 'wallet sweep',
    input: z.strictObject({
      id: WalletName,
      to: Address.describe('who gets it, the same on each network'),
      networks: z.array(NetworkName).min(1).max(50).optional().describe('all networks of the wallet unless given'),
      tokens: z
        .array(Address)
        .max(50)
        .default([])
        .describe('tokens of no list that are to be sent as well, by address'),
      digest: z.string().max(64).optional().describe('of what was shown; starts it'),
    }),
    output: z.union([SweepPlan, Sweep]),
    errors: [
      'OWNER_CONSENT_REQUIRED',
      'WALLET_NOT_FOUND',
      'WALLET_SUSPENDED',
      'WALLET_TERMINATED',
      'ENVIRONMENT_NETWORK_MISMATCH',
      'INVALID_ADDRESS',
      'INVALID_TRANSACTION',
      'CHAIN_ERROR',
      'SWEEP_CHANGED',
      'SWEEP_RUNNING',
    ],
  }),
  getWithdrawChallenge: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/withdraw/challenge',
    access: lookers,
    tag,
    summary: 'Get the text that the owner of a wallet signs to have all that it holds.',
    input: withdrawn.extend({ id: WalletName, signer: Signer }),
    output: OwnerChallenge,
    errors: [...ofOwner, 'OWNER_NOT_CONNECTED', 'CHAIN_NOT_SUPPORTED'],
  }),
  withdrawWallet: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/withdraw',
    access: ['owner'],
    tag,
    summary:
      'Send all that a wallet holds to its owner, who has verified. The signature of the challenge is the approval; what the policies refuse stays, and a delay runs.',
    input: withdrawn,
    output: z.object({
      sweepId: Id.describe('what becomes of it'),
      ...{ walletId: Id, to: Address },
      total: z.int().describe('assets that the wallet holds'),
      succeeded: z.int().describe('that have arrived: none yet'),
      failed: z.int().describe('that stay'),
      results: z.array(
        z.object({
          asset: z.string().describe('address of the token; native'),
          network: z.string(),
          amount: Digits.describe('base units now; of native currency the fees are taken off'),
          status: z.enum(['pending', 'failed']).describe('pending: it is about to be sent'),
          error: z.string().optional().describe('why it stays'),
        }),
      ),
      unread: Unread,
    }),
    errors: [
      ...ofOwner,
      'OWNER_CONSENT_REQUIRED',
      'SYSTEM_LOCKED',
      'WALLET_SUSPENDED',
      'WALLET_TERMINATED',
      'INVALID_TRANSACTION',
      'SWEEP_RUNNING',
    ],
  }),
  getSweep: operation({
    method: 'GET',
    path: '/v1/sweeps/{id}',
    access: operator,
    tag,
    summary: 'Show a sweep: what became of each of its steps.',
    command: 'sweep get',
    input: one,
    output: Sweep,
    errors: ['SWEEP_NOT_FOUND'],
  }),
  cancelSweep: operation({
    method: 'POST',
    path: '/v1/sweeps/{id}/cancel',
    access: operator,
    tag,
    summary:
      'End a sweep: nothing more of it is started, and what is not signed yet is cancelled. What is signed goes on.',
    command: 'sweep cancel',
    input: one,
    output: z.object({ id: Id, cancelled: z.int().describe('how many transactions'), unwritten: Unwritten }),
    errors: ['SWEEP_NOT_FOUND', 'TX_ALREADY_PROCESSED'],
  }),
}
