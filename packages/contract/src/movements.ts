import { z } from 'zod'
import { cursors, Limit, nextPage, UnixSeconds } from './ids.ts'
import { LabelFilter } from './labels.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { NetworkName } from './wire.ts'

/** The columns of the movements, in their order. */
export const MOVEMENT_COLUMNS = [
  'time',
  'transaction',
  'wallet',
  'network',
  'status',
  'kind',
  'to',
  'asset',
  'symbol',
  'amount',
  'base_units',
  'usd',
  'hash',
  'labels',
] as const

/** What left wallets, for books. */
export const movementOperations = {
  exportTransactions: operation({
    method: 'GET',
    path: '/v1/admin/transactions/export',
    access: ['operator'],
    tag: 'Transactions',
    summary:
      'Export what has left wallets as CSV, newest first: payments, deposits and fees, each with its dollars when it was decided on.',
    aliases: { wallet_id: ['walletId'] },
    input: z.strictObject({
      wallet_id: WalletName.optional(),
      network: NetworkName.optional(),
      label: LabelFilter.optional(),
      since: UnixSeconds.optional().describe('made then or later, in unix seconds'),
      until: UnixSeconds.optional().describe('made then or earlier, in unix seconds'),
      limit: Limit(100, 500).describe('transactions per page, at most 500'),
      cursor: cursors.id.optional(),
    }),
    output: z.object({
      header: z.string().describe('the first line of the file'),
      csv: z.string().describe('the lines of this page, each with its end; none for what moved nothing'),
      movements: z.int().describe('how many lines'),
      ...nextPage,
    }),
    errors: [],
  }),
}
