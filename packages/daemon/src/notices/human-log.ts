import type { EventName } from '@waiaas/contract'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { eventText } from './texts.ts'
import type { NoticeBody } from './types.ts'

/** What has a line in the log although it is no warning: payments, what waits, and what changes what may leave. */
export const LOGGED: ReadonlySet<EventName> = new Set<EventName>([
  ...(['TX_CONFIRMED', 'TX_FAILED', 'TX_CANCELLED', 'TX_QUEUED', 'TX_REJECTED', 'TX_EXPIRED', 'TX_GIVEN_OUT'] as const),
  ...(['POLICY_CREATED', 'POLICY_UPDATED', 'POLICY_DELETED', 'SETTINGS_CHANGED', 'WALLET_RESUMED'] as const),
  ...(['WALLET_CREATED', 'WALLET_IMPORTED', 'SESSION_CREATED', 'SESSION_REVOKED', 'MESSAGE_SIGNED'] as const),
])

const isLogged = ({ event, severity }: NoticeBody): boolean => severity !== 'info' || LOGGED.has(event)

type Parts = {
  readonly log: Log
  readonly database: Database
  readonly walletName: (db: Handle, id: string) => Promise<string | undefined>
}

/** One line for each thing that a person who reads the log should see. */
export async function logHappened(parts: Parts, events: readonly NoticeBody[]): Promise<void> {
  const lines = events.filter(isLogged)
  const names = await namesOf(parts, lines)
  for (const { event, severity, walletId, transactionId, details } of lines) {
    const wallet = walletId === null ? undefined : names.get(walletId)
    const about = {
      ...(wallet !== undefined && { wallet }),
      event,
      ...(walletId !== null && { walletId }),
      ...(transactionId !== null && { transactionId }),
      ...(severity !== 'info' && { severity }),
      ...details,
    }
    parts.log.info(about, eventText(event, 'en'))
  }
}

/** The names of the wallets in all of them. */
async function namesOf({ database, walletName }: Parts, lines: readonly NoticeBody[]) {
  const ids = new Set(lines.flatMap(({ walletId }) => (walletId === null ? [] : [walletId])))
  const named = async (db: Handle, id: string) => [id, await walletName(db, id)] as const
  return ids.size === 0
    ? new Map<string, string | undefined>()
    : new Map(await database.read((db) => Promise.all([...ids].map((id) => named(db, id)))))
}
