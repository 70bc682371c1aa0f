import { newId, operations } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { bin, DEAR, ownersOf, usd } from '../../test/owned-bed.ts'
import { codeOf, peopleOf } from '../../test/owners-bed.ts'
import { migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'

let node: EvmNode
beforeAll(async () => {
  node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
})
afterAll(() => node.stop())

forEachEngine((engine, open, fresh) => {
  let stop: () => Promise<void> = async () => undefined
  afterEach(() => stop())

  async function start() {
    const pipeline = await startPipeline(await open(migrations), node)
    stop = pipeline.stop
    return { pipeline, bed: ownersOf(pipeline) }
  }
  /** A wallet of these, so many of whom have to agree. */
  async function owned(needed: number, count: number) {
    const { pipeline, bed } = await start()
    const people = Array.from({ length: count }, evmOwner) as [TestOwner, ...TestOwner[]]
    const wallet = await bed.ownedBy(needed, people)
    return { bed, people, wallet, ...peopleOf(pipeline, wallet.id), ...ways(bed, wallet) }
  }
  type Beds = Awaited<ReturnType<typeof start>>['bed']
  const ways = (bed: Beds, wallet: Awaited<ReturnType<Beds['wallet']>>) => ({
    /** Waits until gas is cheap, which it is not. */
    async dear(...by: TestOwner[]) {
      const { id } = (await bed.send(wallet, { to: bin, amount: usd(600), ...DEAR }, newId())).accepted!
      for (const one of by) await bed.answer(id, 'approve', await bed.word(one, id, 'approve'))
      return id
    },
    ends: (ids: readonly string[]) => Promise.all(ids.map((id) => bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED'))),
    async neverLeft() {
      const rows = await bed.database.read((db) => bed.evidence.list(db, { walletId: wallet.id }, 100))
      expect(rows.filter(({ event }) => event === 'TX_SUBMITTED')).toEqual([])
    },
  })

  test('what fewer owners approved than have to agree now ends unsent, and what enough did goes on', async () => {
    const { bed, people, agreedNeed, dear, ends } = await owned(2, 3)
    const [first, second, third] = people as [TestOwner, TestOwner, TestOwner]
    const byTwo = await dear(first, second)
    const byNobodyYet = await dear(first)
    await agreedNeed(3, [second, third])
    const byThree = await dear(first, second, third)
    await agreedNeed(2, people)
    await agreedNeed(3, [first, third])
    await bed.cheapen([byTwo, byThree])
    expect(await ends([byTwo, byThree])).toEqual(['CANCELLED', 'CONFIRMED'])
    expect((await bed.service.get(byTwo, undefined)).error).toContain('not enough any more')
    // What waits for owners waits for all of them now.
    const waits = { needed: 3, agreed: [], missing: people.map(({ address }) => address) }
    expect((await bed.service.get(byNobodyYet, undefined)).owners).toEqual(waits)
  })

  test('what one owner approved never leaves where two have to agree before it does, alone or as the steps of a plan', async () => {
    const { bed, people, wallet, agreedNeed, ends, neverLeft } = await owned(1, 2)
    const [first] = people
    const raise = async () => void (await agreedNeed(2, [first]))
    const steps = [1, 2].map(() => ({ to: bin, value: usd(600) }))
    const input = operations.sendPlan.input.parse({ walletId: wallet.id, steps })
    const asking = { sessionId: wallet.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
    const { accepted } = await bed.service.plans.send(input, asking)
    const ids = (await bed.service.plans.get(accepted!.id, undefined)).steps.map(({ id }) => id)
    // Signed, and nobody has sent it.
    bed.onSign(raise)
    await bed.answer(ids[0]!, 'approve', await bed.word(first, ids[0]!, 'approve'))
    expect(await ends(ids)).toEqual(['CANCELLED', 'CANCELLED'])
    await neverLeft()
    await agreedNeed(1, people)
    const id = await bed.asks(wallet)
    bed.onSign(raise)
    await bed.answer(id, 'approve', await bed.word(first, id, 'approve'))
    expect(await ends([id])).toEqual(['CANCELLED'])
    await neverLeft()
  })

  test.runIf(engine === 'postgres')(
    'what two owners approved at one replica ends unsent once three have to agree at another',
    async () => {
      const location = await fresh()
      const one = await startPipeline(await open(migrations, location), node)
      const other = await startPipeline(await open(migrations, location), node, one.keyring)
      stop = async () => void (await Promise.all([one.stop(), other.stop()]))
      const bed = ownersOf(one)
      const people = Array.from({ length: 3 }, evmOwner) as [TestOwner, TestOwner, TestOwner]
      const wallet = await bed.ownedBy(2, people)
      const { agreedNeed } = peopleOf(other, wallet.id)
      const { dear, ends } = ways(bed, wallet)
      const [first, second, third] = people
      const byTwo = await dear(first, second)
      await agreedNeed(3, [second, third])
      const byThree = await dear(...people)
      await bed.cheapen([byTwo, byThree])
      expect(await ends([byTwo, byThree])).toEqual(['CANCELLED', 'CONFIRMED'])
      expect((await bed.service.get(byTwo, undefined)).error).toContain('not enough any more')
    },
  )

  test('what waits while fewer have to agree is let out by nobody’s older word, but by a new one', async () => {
    const { bed, people, agreedNeed, dear } = await owned(2, 2)
    const [first, second] = people as [TestOwner, TestOwner]
    const id = await dear(first)
    const early = await bed.word(second, id, 'approve')
    await agreedNeed(1, people)
    expect((await bed.service.get(id, undefined)).owners).toMatchObject({ needed: 1, agreed: [] })
    expect(await codeOf(() => bed.answer(id, 'approve', early))).toBe('INVALID_NONCE')
    expect(await codeOf(() => bed.service.approve(id))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await bed.until(id, 'QUEUED')).toBe('QUEUED')
    await bed.answer(id, 'approve', await bed.word(second, id, 'approve'))
    expect(await bed.until(id, 'GAS_WAITING')).toBe('GAS_WAITING')
  })

  test('what the operator approved alone ends where an owner has verified before it leaves', async () => {
    const { pipeline, bed } = await start()
    const wallet = await bed.wallet()
    await bed.limit(wallet.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500 })
    const { dear, ends, neverLeft } = ways(bed, wallet)
    const at = peopleOf(pipeline, wallet.id)
    const [waiting, signed] = [await dear(), await bed.asks(wallet)]
    await bed.service.approve(waiting)
    const owner = evmOwner()
    await at.set(owner)
    bed.onSign(async () => void (await at.verify(owner)))
    await bed.service.approve(signed)
    expect(await ends([signed])).toEqual(['CANCELLED'])
    await bed.cheapen([waiting])
    expect(await ends([waiting])).toEqual(['CANCELLED'])
    await neverLeft()
    const next = await bed.asks(wallet)
    await bed.answer(next, 'approve', await bed.word(owner, next, 'approve'))
    expect(await ends([next])).toEqual(['CONFIRMED'])
  })

  test('what a key approved that was taken away ends, also where the same key signs for its owner again by then', async () => {
    const { bed, people, owners, addWallet, dropWallet, verify, dear, ends } = await owned(1, 1)
    const [owner] = people
    const [again, ownerId] = [evmOwner(), (await owners())[0]!.id]
    const add = async () => {
      await addWallet(owner, { ownerId, wallet: again })
      await verify(again)
    }
    await add()
    const before = await dear(again)
    await dropWallet(again)
    await add()
    const after = await dear(again)
    await bed.cheapen([before, after])
    expect(await ends([before, after])).toEqual(['CANCELLED', 'CONFIRMED'])
  })
})
