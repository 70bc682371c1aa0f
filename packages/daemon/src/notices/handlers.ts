import type {
  Handlers,
  noticeOperations,
  noticeRouteOperations,
  pushOperations,
  webhookOperations,
} from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Notices } from './service.ts'

/** What is told of what happens, and to whom. */
export const noticeHandlers = (
  notices: Notices,
): Handlers<
  typeof noticeOperations & typeof noticeRouteOperations & typeof webhookOperations & typeof pushOperations,
  Calls
> => ({
  getNotificationStatus: () => notices.status(),
  testNotification: (_call, { channel }) => notices.test(channel),
  listNotificationLog: (_call, input) => notices.log(input),
  redeliverNotices: (call, { channel }) => notices.redeliver(channel, by(call)),
  listNoticeRoutes: () => notices.routes.list(),
  addNoticeRoute: (call, route) => notices.routes.add(route, by(call)),
  removeNoticeRoutes: (call, { channel }) => notices.routes.remove(channel, by(call)),
  createWebhook: (call, input) => notices.webhooks.create(input, by(call)),
  listPushes: () => notices.browsers.list(),
  addPush: (call, input) => notices.browsers.add(input, by(call)),
  removePush: (call, { id }) => notices.browsers.remove(id, by(call)),
  listWebhooks: () => notices.webhooks.list(),
  deleteWebhook: (call, { id }) => notices.webhooks.delete(id, by(call)),
  rotateWebhookSecret: (call, { id }) => notices.webhooks.rotate(id, by(call)),
  listWebhookDeliveries: (_call, input) => notices.webhooks.logs(input),
})
