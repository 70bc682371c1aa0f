import { z } from 'zod'
import { Reason } from './decision.ts'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { Tier } from './tiers.ts'
import { walletAlias, walletChoice } from './wallet.ts'
import { Chain, Digits, EnvironmentName, NetworkName } from './wire.ts'

const Usd = z.number().describe('US dollars')

const WindowLimit = z.object({
  limit: z.enum(['daily_limit_usd', 'monthly_limit_usd']).describe('in any 24 hours, or in any 30 days'),
  policyId: z.string(),
  of: z.enum(['wallet', 'network', 'session']).describe('whose spending counts'),
  limitUsd: Usd,
  usedUsd: Usd.describe('US dollars, with what is reserved and with fees'),
  leftUsd: Usd,
  above: z.enum(['DENY', 'APPROVAL']).describe('what comes of more'),
  moreAt: UnixSeconds.nullable().describe('when the first part of it comes back; null when nothing will by itself'),
  resetsAt: UnixSeconds.nullable().describe('when all that is final has come back, if nothing more is spent'),
})

const Largest = z.object({
  tier: Tier,
  amount: Digits.nullable().describe(
    'the most in base units that has this tier at the strictest; null: nothing bounds it',
  ),
  humanAmount: z.string().nullable().describe('the same in whole units'),
  usd: Usd.nullable(),
})

const Hours = z.object({
  start: z.int(),
  end: z.int(),
  days: z.array(z.int()).describe('0 is Sunday'),
  timezone: z.string(),
})

/** What a wallet may spend now on one network, for the session that asks. */
export const WalletLimits = z.object({
  walletId: Id,
  chain: Chain,
  environment: EnvironmentName,
  network: z.string(),
  chainId: z.string().describe('CAIP-2'),
  asOf: UnixSeconds,
  refused: z.array(Reason).describe('why nothing at all may leave now; empty when something may'),
  windows: z.array(WindowLimit),
  payments: z.array(
    z.object({
      asset: z.string(),
      symbol: z.string(),
      decimals: z.int(),
      held: Digits.nullable().describe(
        'base units that can leave, of native currency what its fee leaves; null: no node tells',
      ),
      fee: Digits.nullable().describe(
        'base units of native currency that one payment of it costs at most now, which counts; null: nobody can tell',
      ),
      largest: z
        .array(Largest)
        .describe(
          'of one payment with that fee, to a recipient that the wallet knows; it has this tier, and more has not',
        ),
    }),
  ),
  allowed: z.object({
    tokens: z.array(z.string()).nullable().describe('addresses; null: any'),
    recipients: z.array(z.string()).nullable().describe('null: any'),
    contracts: z.array(z.string()).nullable().describe('null: any'),
    hours: z.array(Hours).describe('each of them has to allow it'),
    more: z.boolean().describe('lists are longer than what is shown of them'),
  }),
  session: z
    .object({
      maxTransactionUsd: Usd.nullable().describe('US dollars of one payment, its fee included'),
      leftUsd: Usd.nullable().describe('US dollars of all that the session may spend'),
    })
    .describe('what the session itself is bound to; null: nothing'),
  reserved: z.object({
    sessionUsd: Usd.nullable().describe(
      'US dollars of this session that are not final yet; null: all that the windows have, for an allowance without a limit is on its way',
    ),
    othersUsd: Usd.nullable().describe('of all others, as one sum; null likewise'),
    allowancesUsd: Usd.nullable().describe(
      'of the wallet, what open allowances hold beside that (list_allowances names them); one that is used or revoked counts as if it were paid at that moment; null: all that the windows have, for one has no limit and no node has told yet what the wallet has of its token',
    ),
  }),
})
export type WalletLimits = z.output<typeof WalletLimits>

/** What the limits of a wallet have left, whoever asks for it. */
export const WalletSpending = z.object({
  walletId: Id,
  name: z.string(),
  asOf: UnixSeconds,
  windows: z
    .array(WindowLimit.extend({ networks: z.array(z.string()).describe('on which it binds payments') }))
    .describe('of the wallet and of single networks; those of sessions are not here'),
  networks: z.array(
    z.object({
      network: z.string(),
      refused: z.array(Reason).describe('why nothing at all may leave there now; empty when something may'),
    }),
  ),
})
export type WalletSpending = z.output<typeof WalletSpending>

/** What an agent may spend, before it asks, and what the operator sees of it. */
export const limitOperations = {
  getLimits: operation({
    method: 'GET',
    path: '/v1/wallet/limits',
    access: ['agent'],
    tag: 'Wallet',
    summary:
      'Show what may be spent now: what each limit leaves, the largest payment of each tier, and who may be paid.',
    tool: 'get_limits',
    command: 'wallet limits',
    places: ['walletId'],
    example: 'shop',
    aliases: walletAlias,
    input: z.strictObject({
      ...walletChoice,
      network: NetworkName.optional().describe('network id; needed when the wallet has several'),
    }),
    output: WalletLimits,
    errors: [
      'WALLET_ID_REQUIRED',
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'NETWORK_REQUIRED',
      'ENVIRONMENT_NETWORK_MISMATCH',
      'CHAIN_NOT_SUPPORTED',
    ],
  }),
  getWalletSpending: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/spending',
    access: ['operator'],
    tag: 'Wallet',
    summary: 'Show how much of the limits of a wallet is spent, and when it comes back.',
    command: 'wallet spending',
    example: 'shop',
    input: z.strictObject({ id: WalletName }),
    output: WalletSpending,
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED'],
  }),
}
