import { LOCAL_NETWORKS } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { until } from '../../../../test/support/until.ts'
import { madeUpBeds } from '../../test/made-up-bed.ts'
import { exposure } from './service.ts'
import type { ExposureParts } from './types.ts'

const start = madeUpBeds()
/** A human decides on everything. */
const LIMITS = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }

/** The worst case for a card, which reads until it is told what comes out. */
async function reading() {
  const bed = await start({ limits: LIMITS })
  const [logged, begun, read]: [unknown[], PromiseWithResolvers<void>, PromiseWithResolvers<never>] = [
    [],
    Promise.withResolvers(),
    Promise.withResolvers(),
  ]
  const service = exposure({
    database: bed.database,
    clock: { now: Date.now, latest: Date.now },
    log: { error: (told: unknown) => logged.push(told) },
    chains: { networks: () => LOCAL_NETWORKS },
    policies: async () => ({ policies: [] }),
    allowances() {
      begun.resolve()
      return read.promise
    },
  } as unknown as ExposureParts)
  const id = await bed.pay()
  const answer = service.approving(id)
  await begun.promise
  const fails = () => read.reject(new Error('what it reads from is closed'))
  return { service, id, answer, logged, fails }
}

test('a card that is made while the daemon stops ends with it, without a fault in the log', async () => {
  const { service, id, answer, logged, fails } = await reading()
  service.stop()
  fails()
  expect((await answer).text).toBeUndefined()
  expect((await service.approving(id)).text).toBeUndefined()
  expect(logged).toEqual([])
})

test('what fails while the daemon runs is told in the log', async () => {
  const { answer, logged, fails } = await reading()
  fails()
  expect((await answer).text).toBeUndefined()
  await until('it to be told', () => logged.length === 1)
})
