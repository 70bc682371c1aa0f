import { z } from 'zod'
import { Id } from './ids.ts'
import { WalletName } from './names.ts'
import { RoutedChannel, routeFields } from './notice-settings.ts'
import { operation } from './operation.ts'

const tag = 'Notifications'
const operator = ['operator'] as const
const path = '/v1/admin/notifications/routes'
const Routes = z.object({
  data: z.array(
    z.object({
      channel: z.string(),
      wallets: z
        .array(z.object({ id: Id, name: z.string().nullable() }))
        .nullable()
        .describe('null: all'),
      events: z.array(z.string()).nullable().describe('null: all'),
      severity: z.string().nullable().describe('null: any'),
    }),
  ),
})

/** What single channels are told in place of all. */
export const noticeRouteOperations = {
  listNoticeRoutes: operation({
    method: 'GET',
    path,
    access: operator,
    tag,
    summary: 'List what single channels are told in place of all.',
    command: 'notice route list',
    input: z.strictObject({}),
    output: Routes,
    errors: [],
  }),
  addNoticeRoute: operation({
    method: 'POST',
    path,
    access: operator,
    tag,
    summary:
      'Tell a channel of these wallets, events or severities alone, and of what its other routes name. People are told what is critical in any case.',
    command: 'notice route add',
    places: ['channel'],
    status: 201,
    input: z.strictObject({
      channel: RoutedChannel,
      walletIds: z.array(WalletName).min(1).max(100).optional().describe('ids or names; left out: all'),
      ...routeFields,
    }),
    output: Routes,
    errors: ['WALLET_NOT_FOUND'],
  }),
  removeNoticeRoutes: operation({
    method: 'DELETE',
    path: `${path}/{channel}`,
    access: operator,
    tag,
    summary: 'Take away all routes of a channel: from now on it is told what the other settings say.',
    command: 'notice route remove',
    input: z.strictObject({ channel: RoutedChannel }),
    output: Routes,
    errors: ['NOT_FOUND'],
  }),
}
