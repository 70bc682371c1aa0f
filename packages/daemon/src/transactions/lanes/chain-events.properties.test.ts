import { integerOf, ZERO_USD } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { until } from '../../../../../test/support/until.ts'
import { DOLLAR, madeUpBeds, madeUpNode } from '../../../test/made-up-bed.ts'
import { LIVES } from '../../../test/made-up-node.ts'
import { operator } from '../../../test/pipeline-bed.ts'

const start = madeUpBeds()
type Bed = Awaited<ReturnType<typeof start>>

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant('pay' as const) },
    { weight: 4, arbitrary: fc.constant('mine' as const) },
    { weight: 2, arbitrary: fc.constantFrom('speed-up' as const, 'cancel' as const) },
    { weight: 2, arbitrary: fc.constantFrom('forget' as const, 'swallow' as const, 'take' as const) },
    { weight: 2, arbitrary: fc.constantFrom('reorganise' as const, 'reorganise and forget' as const) },
    { weight: 1, arbitrary: fc.constantFrom('pay elsewhere' as const, 'expire' as const) },
  ),
  { minLength: 4, maxLength: 14 },
)
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never

/** Plays steps on a bed; the transactions, each of an amount of its own. */
async function play(bed: Bed, all: readonly Step[]): Promise<Map<string, bigint>> {
  const { node, service, from, pay } = bed
  const paid = new Map<string, bigint>()
  let top = 0
  const acts: { [S in Step]: () => unknown } = {
    pay: async () => {
      const amount = 2n ** BigInt(paid.size)
      paid.set(await pay({ amount: String(amount) }), amount)
    },
    mine: () => node.mine(1),
    'speed-up': () => replace('speed-up'),
    cancel: () => replace('cancel'),
    forget: () => node.pool.clear(),
    swallow: () => swallow(true),
    take: () => swallow(false),
    reorganise: () => reorganise(false),
    'reorganise and forget': () => reorganise(true),
    'pay elsewhere': () => void node.payElsewhere(from.address),
    expire: () => node.mine(LIVES),
  }
  const swallow = (wanted: boolean) => {
    node.faults.swallows = wanted
  }
  const replace = async (purpose: 'speed-up' | 'cancel') => {
    const last = [...paid.keys()].at(-1)
    // Often there is nothing to outbid any more.
    if (last) await service.replace(last, operator, { with: purpose }).catch(() => undefined)
  }
  // Only the newest block ever leaves: what is final stays.
  const reorganise = (forget: boolean) => {
    if (node.height() >= top && top > 0) node.reorganise(1, forget)
  }
  for (const step of all) {
    await acts[step]()
    top = Math.max(top, node.height())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return paid
}

/** Makes blocks, with a node that takes everything, until nothing is open. */
async function settle({ node, counted, row }: Bed, ids: readonly string[]) {
  node.faults.swallows = false
  const rows = () => Promise.all(ids.map(async (id) => (await row(id))!))
  await until(
    'nothing to be open',
    async () => {
      const isSigning = (await rows()).some(({ status }) => status === 'PENDING' || status === 'EXECUTING')
      if (!isSigning) node.mine(1)
      return !isSigning && (await counted()).open === ZERO_USD
    },
    { everyMs: 60 },
  )
  return rows()
}

test('whatever the chain does, a payment is made once or never, is told so, and counts what it cost', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const node = madeUpNode()
      const bed = await start({}, node)
      const before = node.balance(bed.from.address)
      const paid = await play(bed, all)
      let received = 0n
      for (const { id, status } of await settle(bed, [...paid.keys()])) {
        expect(['CONFIRMED', 'FAILED', 'CANCELLED']).toContain(status)
        const attempts = await bed.attempts(id)
        const final = attempts.filter(({ state }) => state === 'final')
        if (status === 'CONFIRMED') {
          received += paid.get(id)!
          expect(final.map(({ purpose }) => purpose === 'cancel')).toEqual([false])
        } else expect(final.every(({ purpose }) => purpose === 'cancel')).toBe(true)
        expect(attempts.filter(({ state }) => ['issued', 'recorded', 'included'].includes(state))).toEqual([])
      }
      expect(node.balance(bed.to)).toBe(received)
      // What other programs paid with the key is their fee alone: one unit each.
      const elsewhere = all.filter((step) => step === 'pay elsewhere').length
      const spent = before - node.balance(bed.from.address)
      const counted = (integerOf((await bed.counted()).total) * DOLLAR) / 1_000_000n
      expect(spent - counted).toBeGreaterThanOrEqual(0n)
      expect(spent - counted).toBeLessThanOrEqual(BigInt(elsewhere))
      expect(await bed.database.read((db) => bed.evidence.verify(db))).toMatchObject({ whole: true, faults: [] })
      await bed.end()
    }),
    { numRuns: 8 },
  )
})
