import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { freshPostgresDatabase } from '../../../../../test/support/postgres.ts'
import { openDatabase } from './database.ts'
import { sampleMigrations } from './sample.ts'

test('an exclusive job gets its turn while shared ones keep coming', { timeout: 60_000 }, async () => {
  const db = await openDatabase({ url: await freshPostgresDatabase(), migrations: sampleMigrations })
  let isOver = false
  const share = async (name: string) => {
    while (!isOver)
      await db.work({ shared: ['system'], exclusive: [name] }, (tx) =>
        tx.query(() => sql`select pg_sleep(0.05)`).then(() => undefined),
      )
  }
  const sharing = Array.from({ length: 12 }, (_, i) => `wallet:${i}`).map((name, i) =>
    new Promise((r) => setTimeout(r, i * 13)).then(() => share(name)),
  )
  await new Promise((r) => setTimeout(r, 300))
  const t = performance.now()
  const stop = db.work({ exclusive: ['system'] }, async () => performance.now() - t)
  const result = await Promise.race([
    stop.catch((e) => e),
    new Promise((r) => setTimeout(() => r('starved 8 s'), 8_000)),
  ])
  isOver = true
  await Promise.all(sharing)
  await stop.catch(() => undefined)
  await db.close()
  console.log('RESULT', result)
  expect(result).toBeLessThan(2_000)
})
