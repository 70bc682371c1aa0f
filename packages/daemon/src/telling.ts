import { isFailure } from '@waiaas/contract'
import type { Audit } from './audit/service.ts'
import { noticeHandlers } from './notices/handlers.ts'
import { type NoticeParts, noticeService, type WatchParts, watcher } from './notices/service.ts'
import { endingSessions } from './sessions/service.ts'
import type { SettingsService } from './settings/service.ts'
import { followed, type Transactions } from './transactions/service.ts'
import { findWallet, keyFailures } from './wallets/service.ts'

type Below = Pick<NoticeParts, 'database' | 'clock' | 'log' | 'form' | 'instance'> & {
  evidence: Pick<Audit, 'record'>
  keys: { isUnlocked(): boolean; subkey(purpose: 'settings'): Promise<Uint8Array> }
  settings: Pick<SettingsService, 'get' | 'refresh' | 'edit'>
  chains: { status: WatchParts['rpc'] }
}

/** Puts together whom is told what happens. */
export function noticesOf(
  { evidence, keys, settings, chains, ...below }: Below,
  transactions: Pick<Transactions, 'get'>,
) {
  const service = noticeService({
    ...below,
    ...{ audit: evidence, settings: settings.get, subkey: () => keyFailures(keys.subkey('settings')) },
    facts: (db, ids) => followed(db, ids, []),
    async isReady() {
      if (!keys.isUnlocked()) return false
      await settings.refresh()
      return true
    },
    walletName: async (db, id) => (await findWallet(db, id))?.name,
    changeRoutes: (next, by) => settings.edit('notifications.routes', next, by),
    deed: (id) => deedOf(transactions, id),
  })
  const watching = watcher({ ...below, audit: evidence, ending: endingSessions, rpc: chains.status })
  return {
    handlers: noticeHandlers(service),
    pages: service.pages,
    warning: service.warning,
    status: service.status,
    /** With the signing of the evidence, by which is read what has happened. */
    around: (signing: { start(): void; stop(): Promise<void> }) => ({
      start() {
        signing.start()
        service.start()
        watching.start()
      },
      async stop() {
        await watching.stop()
        await service.stop()
        await signing.stop()
      },
    }),
  }
}

async function deedOf(transactions: Pick<Transactions, 'get'>, id: string): Promise<string | undefined> {
  try {
    return (await transactions.get(id, undefined)).summary ?? undefined
  } catch (error) {
    // It is not kept any more.
    if (isFailure(error, 'TX_NOT_FOUND')) return undefined
    throw error
  }
}
