import { z } from 'zod'
import { cursors, Id, Limit, nextPage, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { TransactionSent } from './transaction-answers.ts'
import { Address, Digits, TransactionStatus } from './wire.ts'

const Allowance = z.object({
  id: Id,
  network: z.string(),
  spender: Address.describe('who may take the token'),
  token: Address,
  assetId: z.string().describe('CAIP-19; of all NFTs of a contract with the namespace nft'),
  symbol: z.string().nullable(),
  decimals: z.int().nullable(),
  nft: z
    .object({ tokenId: z.string().nullable().describe('null: all of the contract') })
    .optional()
    .describe('of NFTs: which may be taken; what is granted and open is 1, or 0 when it is not'),
  unlimited: z.boolean(),
  granted: Digits.describe('by the last transaction or signature that changed it, in base units'),
  grantedFormatted: z.string().nullable().describe('whole units'),
  open: Digits.nullable().describe('what the chain says can be taken now; null when that is not known'),
  openFormatted: z.string().nullable().describe('whole units'),
  used: Digits.nullable().describe('of what was granted last; null when that cannot be told'),
  transactionId: Id.describe('which granted it last'),
  status: TransactionStatus.describe('of that transaction'),
  grantedAt: UnixSeconds,
  error: z.string().optional().describe('why it is not known what is open'),
})
export type Allowance = z.output<typeof Allowance>

/** Who may take tokens of a wallet. */
export const allowanceOperations = {
  listAllowances: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/allowances',
    access: ['agent', 'operator'],
    tag: 'Wallet',
    summary:
      'List who may take tokens and NFTs of a wallet: what the daemon has granted, and what is still open on the chain. What was granted without it is not looked for.',
    tool: 'list_allowances',
    command: 'wallet allowances',
    aliases: { id: ['walletId', 'wallet_id'] },
    input: z.strictObject({ id: WalletName, limit: Limit(20, 50), cursor: cursors.id.optional() }),
    output: z.object({ items: z.array(Allowance), ...nextPage }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED'],
  }),
  revokeAllowance: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/allowances/{allowanceId}/revoke',
    access: ['operator'],
    tag: 'Wallet',
    summary:
      'Take back what somebody may take of a token of a wallet. It is a transaction of the wallet, which the policies judge and which pays a fee; what was granted at Permit2 stays.',
    command: 'wallet revoke',
    places: ['id', 'allowanceId'],
    status: 201,
    input: z.strictObject({ id: WalletName, allowanceId: Id.describe('its id in the list of allowances') }),
    output: TransactionSent,
    errors: [
      ...(['NOT_FOUND', 'WALLET_NOT_FOUND', 'WALLET_SUSPENDED', 'WALLET_TERMINATED', 'SYSTEM_LOCKED'] as const),
      ...(['UNSUPPORTED_TX_TYPE', 'ENVIRONMENT_NETWORK_MISMATCH', 'TOKEN_NOT_FOUND', 'TOKEN_UNSUPPORTED'] as const),
      ...(['POLICY_DENIED', 'INSUFFICIENT_BALANCE', 'WAITING_LIMIT_REACHED', 'CHAIN_ERROR'] as const),
    ],
  }),
}
