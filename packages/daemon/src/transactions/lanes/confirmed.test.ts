import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'

// The third block makes the first one final.
forEachEngine((_, open) => {
  const start = madeUpBeds(open)
  const told = async ({ events }: Pick<Awaited<ReturnType<typeof start>>, 'events'>, id: string) =>
    (await events(id)).map(({ event }) => event).filter((event) => /CONFIRMED|FAILED|REORGED/.test(event))

  test('a payment is CONFIRMED once it lies as deep as the operator asks, and holds up nothing until then', async () => {
    const bed = await start({ confirmations: () => 2 })
    const { node, sentPayment, waits, states, get, until: reaches } = bed
    const { id, hash } = await sentPayment()
    node.mine(1)
    await waits(id, 'it is in block 1, and counts as confirmed after 2 blocks')
    expect(await states(id)).toEqual(['included'])
    expect(await get(id)).toMatchObject({ status: 'SUBMITTED', txHash: hash })
    expect(await told(bed, id)).toEqual([])
    const next = await sentPayment()
    node.mine(1)
    await reaches(id, 'CONFIRMED')
    expect(await get(id)).toMatchObject({ waitReason: null, txHash: hash })
    await waits(next.id, 'it is in block 2')
    node.mine(1)
    await reaches(next.id, 'CONFIRMED')
    expect([await told(bed, id), await told(bed, next.id)]).toEqual([['TX_CONFIRMED'], ['TX_CONFIRMED']])
  })

  test('what is final is told, however deep it was to be', async () => {
    const bed = await start({ confirmations: () => 100 })
    const { node, sentPayment, waits, states, until: reaches, to } = bed
    node.faults.reverts.add(to)
    const { id } = await sentPayment()
    node.mine(2)
    await waits(id, 'after 100 blocks')
    node.mine(1)
    await reaches(id, 'FAILED')
    await until('it to be final', async () => (await states(id))[0] === 'final')
    expect(await told(bed, id)).toEqual(['TX_FAILED'])
  })

  test('a block that leaves the chain before that has confirmed nothing', async () => {
    const bed = await start({ confirmations: () => 2 })
    const { node, sentPayment, waits, states, until: reaches } = bed
    const { id } = await sentPayment()
    node.mine(1)
    await waits(id, 'after 2 blocks')
    node.reorganise(1)
    await until('it to have left its block', async () => (await states(id))[0] === 'recorded')
    node.mine(2)
    await reaches(id, 'CONFIRMED')
    expect(await told(bed, id)).toEqual(['TX_REORGED', 'TX_CONFIRMED'])
  })

  test('asked for fewer blocks, it is told with the next look', async () => {
    let blocks = 50
    const bed = await start({ confirmations: () => blocks })
    const { node, sentPayment, waits, until: reaches } = bed
    const { id } = await sentPayment()
    node.mine(1)
    await waits(id, 'after 50 blocks')
    blocks = 1
    await reaches(id, 'CONFIRMED')
    expect(await told(bed, id)).toEqual(['TX_CONFIRMED'])
  })
})
