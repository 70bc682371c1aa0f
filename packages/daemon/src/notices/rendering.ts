import { type AuditCheckpoint, CHECKPOINT_NOTICE, type Settings } from '@waiaas/contract'
import type { Database, Handle } from '../platform/db/database.ts'
import type { NoticeRow } from './store.ts'
import { type Around, digestText, textOf } from './texts.ts'
import type { DigestBody, Notice, NoticeBody } from './types.ts'

export type RenderParts = {
  readonly database: Database
  readonly settings: () => Settings
  readonly walletName: (db: Handle, id: string) => Promise<string | undefined>
  /** What a transaction does, in whole units; undefined where it is not kept any more. */
  readonly deed: (transactionId: string) => Promise<string | undefined>
}

/** What is kept, as a channel tells it now. */
export function renderer({ database, settings, walletName, deed }: RenderParts): (row: NoticeRow) => Promise<Notice> {
  const around = async ({ walletId, transactionId }: NoticeBody): Promise<Omit<Around, 'locale'>> => ({
    walletName: walletId === null ? undefined : await database.read((db) => walletName(db, walletId)),
    deed: transactionId === null ? undefined : await deed(transactionId),
  })

  return async (row) => {
    const { 'notifications.locale': locale } = settings()
    // All are written by `spreading.ts`.
    if (row.event === 'DIGEST') {
      const body = JSON.parse(row.body) as DigestBody
      const { severity, until: at } = body
      return { id: row.id, event: row.event, severity, at, ...digestText(body, { locale }), data: { ...body } }
    }
    if (row.event === CHECKPOINT_NOTICE) {
      const data = JSON.parse(row.body) as AuditCheckpoint
      return { id: row.id, event: row.event, severity: 'info', at: data.at, title: row.event, lines: [], data }
    }
    const body = JSON.parse(row.body) as NoticeBody
    const { event, severity, at, details, walletId, transactionId, sessionId, status, txHash } = body
    const data = { walletId, txId: transactionId, sessionId, status, txHash, severity, ...details }
    // A program reads the ids; people are told what they mean.
    const text = row.channel.startsWith('webhook:')
      ? { title: event, lines: [] }
      : textOf(body, { locale, ...(await around(body)) })
    return { id: row.id, event, severity, at, ...text, data }
  }
}
