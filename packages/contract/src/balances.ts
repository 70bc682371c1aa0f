import { z } from 'zod'
import { cursors, Limit, nextPage, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { Held } from './wallet.ts'
import { Wallet } from './wallets.ts'
import { EnvironmentName } from './wire.ts'

const usd = (what: string) => z.number().describe(`dollars of ${what}; what has no price is not in it`)

const OnNetwork = z.object({
  network: z.string(),
  chainId: z.string().describe('CAIP-2'),
  usd: usd('what it holds there'),
  holdings: z.array(Held).describe('what is not zero, 200 at most'),
  more: z.int().describe('tokens that it holds beyond these'),
  asOf: UnixSeconds.nullable().describe('when the network said so; null where it has not said anything yet'),
  error: z.string().nullable().describe('why it could not be asked now; what is shown is from before'),
})

const Balances = Wallet.pick({
  ...{ id: true, name: true, chain: true, environment: true, publicKey: true, status: true },
}).extend({
  usd: usd('all that it holds'),
  unpriced: z.int().describe('holdings that have no price, and are not in usd'),
  networks: z.array(OnNetwork),
})
export type Balances = z.output<typeof Balances>

/** What all wallets hold. */
export const balanceOperations = {
  listBalances: operation({
    method: 'GET',
    path: '/v1/admin/balances',
    access: ['operator'],
    tag: 'Wallet',
    summary:
      'Show what wallets hold on each of their networks, in whole units and dollars. No silent network holds it up.',
    command: 'balance',
    input: z.strictObject({
      walletId: WalletName.optional().describe('id or name of one wallet; all that have not ended otherwise'),
      environment: EnvironmentName.optional(),
      maxAge: z
        .int()
        .min(0)
        .max(3_600)
        .default(10)
        .describe('seconds; what was read since then is not asked for again'),
      limit: Limit(50, 100),
      cursor: cursors.id.optional(),
    }),
    output: z.object({ items: z.array(Balances), ...nextPage }),
    errors: ['WALLET_NOT_FOUND'],
  }),
}
