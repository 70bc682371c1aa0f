import type { Settings } from '@waiaas/contract'
import { approvalHandlers } from './approvals/handlers.ts'
import { approvalService } from './approvals/service.ts'
import type { Audit } from './audit/service.ts'
import type { Exposure } from './exposure/service.ts'
import { pages } from './pages/service.ts'
import type { Displays } from './prices/service.ts'
import { sessionLabels } from './sessions/service.ts'
import type { Transactions } from './transactions/service.ts'

type Below = Pick<
  Parameters<typeof approvalService>[0],
  'clock' | 'database' | 'log' | 'instance' | 'killSwitch' | 'nextVersion'
> & {
  evidence: Pick<Audit, 'record'>
  keys: { subkey(purpose: 'links'): Promise<Uint8Array> }
  settings: { get(): Settings }
  shown: { in: Displays['in'] }
  exposure: Pick<Exposure, 'approving'>
  transactions: Transactions
}

/** Puts together what humans are asked, and over which channels. */
export function approvalFeature({ evidence, keys, settings, shown, exposure, transactions, ...below }: Below) {
  const service = approvalService({
    ...below,
    ...{ audit: evidence, secret: () => keys.subkey('links'), settings: settings.get, sessionLabels },
    ...{ cards: transactions.cards, display: shown.in, worstCase: exposure.approving },
    decide: (id, answer) => transactions.decide(id, answer),
  })
  return {
    handlers: approvalHandlers(service),
    pages: (app: Parameters<typeof pages>[0]) => [service.pages, pages].forEach((add) => void add(app)),
    /** With the work of what it tells of: what is told goes before that. */
    around: (money: Pick<Transactions, 'start' | 'stop'>, events: { stop(): Promise<void> }) => ({
      start() {
        money.start()
        service.start()
      },
      async stop() {
        await service.stop()
        await events.stop()
        await money.stop()
      },
    }),
  }
}
