import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations } from '../../../test/pipeline-bed.ts'
import type { Database } from '../../platform/db/database.ts'
import type { Parts } from '../job.ts'
import { lease } from './lease.ts'

const KEEPS_AFTER_MS = 11_000

forEachEngine((_engine, open) => {
  test('a lease that is given up while it is being kept has its lane put in order again', async () => {
    const database = await open(migrations)
    let now = 1_000
    let written: (() => Promise<void>) | undefined
    /** Answers when the test lets it, after the job has been committed. */
    const slow: Pick<Database, 'engine' | 'work'> = {
      engine: database.engine,
      async work(scope, fn) {
        const done = await database.work(scope, fn)
        await written?.()
        return done
      },
    }
    // A lease uses nothing else of them.
    const parts = { clock: { latest: () => now }, database: slow, instance: 'a' } as unknown as Parts
    const held = lease(parts, { id: 'n/x', network: 'n', walletId: () => 'w', scope: () => ({}) })
    expect(await held.hold()).toBe('taken')
    expect(await held.hold()).toBe('kept')
    now += KEEPS_AFTER_MS
    const [kept, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    written = () => {
      kept.resolve()
      return goOn.promise
    }
    const keeping = held.hold()
    await kept.promise
    // What was watched under it is forgotten now.
    held.drop()
    goOn.resolve()
    expect(await keeping).toBe('taken')
    expect(held.fence()).toBe(1)
    expect(await held.hold()).toBe('kept')
  })
})
