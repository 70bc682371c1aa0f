import type { EventName } from '@waiaas/contract'
import type { Log } from '../platform/log.ts'
import { eventText } from './texts.ts'
import type { NoticeBody } from './types.ts'

/** What has a line in the log although it is no warning: payments, what waits, and what changes what may leave. */
export const LOGGED: ReadonlySet<EventName> = new Set<EventName>([
  ...(['TX_CONFIRMED', 'TX_FAILED', 'TX_CANCELLED', 'TX_QUEUED', 'TX_REJECTED', 'TX_EXPIRED', 'TX_GIVEN_OUT'] as const),
  ...(['POLICY_CREATED', 'POLICY_UPDATED', 'POLICY_DELETED', 'SETTINGS_CHANGED', 'WALLET_RESUMED'] as const),
  ...(['WALLET_CREATED', 'WALLET_IMPORTED', 'SESSION_CREATED', 'SESSION_REVOKED', 'MESSAGE_SIGNED'] as const),
])

/** One line for each thing that a person who reads the log should see. */
export function logHappened(log: Log, events: readonly NoticeBody[]): void {
  for (const { event, severity, walletId, transactionId, details } of events) {
    if (severity === 'info' && !LOGGED.has(event)) continue
    const about = {
      event,
      ...(walletId !== null && { walletId }),
      ...(transactionId !== null && { transactionId }),
      ...(severity !== 'info' && { severity }),
      ...details,
    }
    log.info(about, eventText(event, 'en'))
  }
}
