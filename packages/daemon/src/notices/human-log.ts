import type { EventName } from '@waiaas/contract'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log, LogForm } from '../platform/log.ts'
import { eventText, lineOf } from './texts.ts'
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
  /** Whom the lines are for. */
  readonly form: LogForm
  readonly database: Database
  readonly walletName: (db: Handle, id: string) => Promise<string | undefined>
  /** What a transaction does, in whole units; undefined where it is not kept any more. */
  readonly deed: (transactionId: string) => Promise<string | undefined>
}

/** A flood is told without what each does. */
const MOST_DEEDS = 100

/** One line for each thing that a person who reads the log should see. */
export async function logHappened(parts: Parts, events: readonly NoticeBody[]): Promise<void> {
  const lines = events.filter(isLogged)
  const names = await namesOf(parts, lines)
  const nameOf = ({ walletId }: NoticeBody) => (walletId === null ? undefined : names.get(walletId))
  const about =
    parts.form === 'text' ? await forPeople(parts, lines, nameOf) : lines.map((body) => forPrograms(body, nameOf(body)))
  for (const [at, { event }] of lines.entries()) parts.log.info(about[at]!, eventText(event, 'en'))
}

type NameOf = (body: NoticeBody) => string | undefined

/** In words, as the channels tell it. */
async function forPeople({ deed }: Parts, lines: readonly NoticeBody[], nameOf: NameOf): Promise<object[]> {
  const told: object[] = []
  for (const [at, body] of lines.entries()) {
    const { transactionId, severity } = body
    const done = transactionId === null || at >= MOST_DEEDS ? undefined : await deed(transactionId)
    told.push({ line: lineOf(body, { locale: 'en', walletName: nameOf(body), deed: done }), severity })
  }
  return told
}

const forPrograms = (
  { event, severity, walletId, transactionId, details }: NoticeBody,
  wallet: string | undefined,
) => ({
  ...(wallet !== undefined && { wallet }),
  event,
  ...(walletId !== null && { walletId }),
  ...(transactionId !== null && { transactionId }),
  ...(severity !== 'info' && { severity }),
  ...details,
})

/** The names of the wallets in all of them. */
async function namesOf({ database, walletName }: Parts, lines: readonly NoticeBody[]) {
  const ids = new Set(lines.flatMap(({ walletId }) => (walletId === null ? [] : [walletId])))
  const named = async (db: Handle, id: string) => [id, await walletName(db, id)] as const
  return ids.size === 0
    ? new Map<string, string | undefined>()
    : new Map(await database.read((db) => Promise.all([...ids].map((id) => named(db, id)))))
}
