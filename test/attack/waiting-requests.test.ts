import { newId } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { madeUpBeds } from '../../packages/daemon/test/made-up-bed.ts'
import { agent } from '../../packages/daemon/test/pipeline-bed.ts'
import { requireCounted } from '../../packages/daemon/test/waiting-counts.ts'
import { forEachEngine } from '../support/for-each-engine.ts'

const FULL = { code: 'WAITING_LIMIT_REACHED' }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  test('a session has so many requests waiting at most, and what was answered is answered again', async () => {
    const bed = await start({ mostWaiting: { session: 3, wallet: 100 } })
    const { from, service } = bed
    await service.stops.halt(from.id)
    const key = newId()
    // Of those that come together, which are let in is nobody's to say.
    const first = await bed.pay({ key })
    await Promise.all([...Array(5)].map(() => bed.pay().catch(() => undefined)))
    await expect(bed.pay()).rejects.toMatchObject({
      ...FULL,
      details: { scope: 'session', waiting: 3, limit: 3 },
      message: '3 requests of this session wait to be signed, and no more may',
    })
    await expect(bed.send(from, { to: bed.to, amount: '9' })).rejects.toMatchObject(FULL)
    expect(await bed.pay({ key })).toBe(first)
    // Another session of the wallet has its own.
    const other = { ...from, session: await bed.session(from.id) }
    await bed.pay({}, other)
    // What leaves the line makes room: by being cancelled, or signed.
    await service.cancel(first, agent(from.session))
    const last = await bed.pay()
    await expect(bed.pay()).rejects.toMatchObject(FULL)
    service.stops.resume(from.id)
    await bed.arrived(last)
    await requireCounted(bed.database)
    await bed.pay({ amount: '1250000' })
    await requireCounted(bed.database)
  })

  test('a wallet has so many waiting at most, whoever asks', async () => {
    const bed = await start({ mostWaiting: { session: 100, wallet: 3 } })
    await bed.service.stops.halt(bed.from.id)
    const other = { ...bed.from, session: await bed.session(bed.from.id) }
    const asked = await Promise.allSettled([...Array(10)].map((_, at) => bed.pay({}, at % 2 ? other : bed.from)))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    await expect(bed.pay({}, other)).rejects.toMatchObject({ ...FULL, details: { scope: 'wallet', limit: 3 } })
    await requireCounted(bed.database)
  })
})
