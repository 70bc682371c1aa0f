import { randomBytes } from 'node:crypto'
import { defaultSettings, newId, type Settings } from '@waiaas/contract'
import { afterEach } from 'vitest'
import { handClock } from '../../../test/support/feature-bed.ts'
import { type Receivers, startReceivers } from '../../../test/support/notice-receivers.ts'
import { strictAudit } from '../../../test/support/strict-audit.ts'
import { until } from '../../../test/support/until.ts'
import { checkpointStore } from '../src/audit/checkpoint-store.ts'
import { SYSTEM_EVIDENCE } from '../src/audit/service.ts'
import { type Notices, noticeService } from '../src/notices/service.ts'
import type { Database } from '../src/platform/db/database.ts'
import { jsonLog, type Log, type LogForm } from '../src/platform/log.ts'

// Test support: who is told what happens, over evidence that is written by the real log.

const key = randomBytes(32)
export const operator = { actor: 'operator', ip: '127.0.0.1' } as const
export type Recording = Parameters<ReturnType<typeof strictAudit>['record']>[1]

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop()
})

export async function receivers(): Promise<Receivers> {
  const started = await startReceivers()
  running.push(started)
  return started
}

/** Notices over evidence that is written by the real log and signed by hand. */
type Looked = { readonly log?: Log; readonly form?: LogForm; readonly deed?: string }
export function bedOn(
  database: Database,
  clock = handClock(),
  { log = jsonLog('silent'), form = 'json', deed }: Looked = {},
) {
  const audit = strictAudit({ clock })
  let settings: Settings = defaultSettings()
  let checkpoints = 0
  async function happens(of: Pick<Recording, 'event'>, walletId?: string, times = 1): Promise<void> {
    const lock = walletId === undefined ? SYSTEM_EVIDENCE : `wallet:${walletId}`
    const recorded = { actor: 'system', ...of, ...(walletId !== undefined && { walletId }) } as Recording
    await database.work({ exclusive: [lock] }, async (db) => {
      for (let at = 0; at < times; at++) await audit.record(db, recorded)
    })
    await database.work({}, async (db) => {
      const moved = await checkpointStore.moved(db)
      checkpoints += 1
      const about = { at: 1, publicKey: '', prevHash: '', signature: '', hash: `hash ${checkpoints}` }
      await checkpointStore.insert(db, { ...about, seq: checkpoints, heads: moved })
    })
  }
  return {
    clock,
    happens,
    set(more: Partial<Settings>) {
      // Without what is undefined.
      settings = { ...settings, ...more } as Settings
    },
    /** Another daemon on the same database. */
    async start(instance = 'one'): Promise<Notices> {
      const service = noticeService({
        ...{ database, clock, audit, instance, log, form },
        ...{ settings: () => settings, subkey: async () => new Uint8Array(key) },
        facts: async () => [],
        isReady: async () => true,
        walletName: async (_db, id) => (id === WALLET ? 'treasury' : undefined),
        deed: async () => deed,
        async changeRoutes(next) {
          settings = { ...settings, 'notifications.routes': next(settings['notifications.routes']) }
        },
      })
      service.start()
      running.push(service)
      // From here on it is told.
      await until('the place to begin at', () =>
        database
          .read((db) => db.query<{ id: string }>((kysely) => kysely.selectFrom('notice_feed').select('id')))
          .then((rows) => rows.length > 0),
      )
      return service
    },
  }
}
export const WALLET = newId()
export const OTHER = newId()

type Wanted = Parameters<Notices['webhooks']['create']>[0]['events']
export async function hooked(service: Notices, to: Receivers, events: Wanted = []) {
  const hook = await service.webhooks.create({ url: to.hook, events }, operator)
  to.expect(hook.secret)
  return hook
}
