import { describe, expect, test } from 'vitest'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds, madeUpKey } from '../../../test/made-up-bed.ts'

const start = madeUpBeds()
const THIRD = 2
/** What the six ask for; of the third what a test says. */
const AMOUNTS = [1n, 2n, 3n, 4n, 5n, 6n]
const FEE_MOST = 20n
/** Of what the others send, and of a fee that each transaction of a run pays: a base unit is worth 2,000 millionths of a dollar. */
const worth = (transactions: bigint): bigint => (1n + 2n + 4n + 5n + 6n + (transactions * FEE_MOST) / 2n) * 2_000n

/** Six payments that are issued together, the third of which goes to somebody else, and takes so much of all there is. */
async function run(take: (all: bigint) => bigint) {
  // What is signed never expires, so that blocks may come as they like.
  const bed = await start({ expiry: false, limits: { instant_max_usd: 1_000_000 } })
  const { node, from, service, database, spend, pay } = bed
  const other = madeUpKey().address
  /** Lets the lane go on once the last of them is stored; the third, and the others. */
  async function together() {
    const third = String(take(node.balance(from.address)))
    await service.stops.halt(from.id)
    const ids: string[] = []
    for (const [index, amount] of AMOUNTS.entries())
      ids.push(await pay(index === THIRD ? { to: other, amount: third } : { amount: String(amount) }))
    service.stops.resume(from.id)
    return { third: ids[THIRD]!, others: ids.filter((_, index) => index !== THIRD) }
  }
  const held = () =>
    database.read((db) =>
      db.query((k) => k.selectFrom('spends').select('transaction_id').where('state', 'in', ['reserved', 'out'])),
    )
  /** Makes blocks until nothing is open or held any more; what the wallet has spent by then. */
  async function settled(others: readonly string[]) {
    await until(
      'the others to be final, and nothing to be held',
      async () => {
        node.mine(1)
        const spends = await Promise.all(others.map(spend))
        return spends.every((one) => one?.state === 'final') && (await held()).length === 0
      },
      { everyMs: 50 },
    )
    return (await bed.counted()).total
  }
  const noncesOf = async (ids: readonly string[]) =>
    (await Promise.all(ids.map(bed.attempts))).map((all) => all.map(({ nonce }) => nonce))
  return { ...bed, other, together, settled, noncesOf }
}

describe('refusal in the middle of a nonce run', () => {
  test('what the signer refuses ends alone: its nonce is filled, the others land in a row, and nothing is held', async () => {
    const { node, from, to, other, together, settled, noncesOf, get, spend, states, ...bed } = await run(() => 3n)
    node.faults.signer = ({ body }) => (body.to === other ? 'not that one' : undefined)
    const { third, others } = await together()
    expect(await bed.until(third, 'CANCELLED', 'SUBMITTED')).toBe('CANCELLED')
    expect(await get(third)).toMatchObject({ txHash: null, error: 'the signer refused: not that one' })
    expect((await spend(third))?.state).toBe('void')
    expect(await settled(others)).toBe(worth(6n))
    expect((await Promise.all(others.map(get))).map(({ status }) => status)).toEqual(Array(5).fill('CONFIRMED'))
    expect(await noncesOf(others)).toEqual([[0], [1], [3], [4], [5]])
    expect(await states(third)).toEqual(['reused'])
    const own = (await bed.service.listOfWallet(from.id, undefined, 20)).rows.filter((row) => row.session_id === null)
    expect(await noncesOf(own.map(({ id }) => id))).toEqual([[2]])
    expect([node.balance(to), node.balance(other), node.nonce(from.address)]).toEqual([18n, 0n, 6])
    const next = await bed.sentPayment()
    expect(await noncesOf([next.id])).toEqual([[6]])
  })

  test('what the balance cannot pay beside the others is not signed: they land in a row, and nothing is held', async () => {
    const { node, from, to, other, together, settled, noncesOf, get, spend, ...bed } = await run(
      (all) => all - FEE_MOST,
    )
    const { third, others } = await together()
    expect(await bed.until(third, 'FAILED', 'SUBMITTED')).toBe('FAILED')
    expect(await get(third)).toMatchObject({ txHash: null, error: expect.stringContaining('are needed') })
    expect((await spend(third))?.state).toBe('void')
    expect(await settled(others)).toBe(worth(5n))
    expect(await noncesOf(others)).toEqual([[0], [1], [2], [3], [4]])
    expect(await noncesOf([third])).toEqual([[]])
    expect([node.balance(to), node.balance(other), node.nonce(from.address)]).toEqual([18n, 0n, 5])
    expect(node.sent).toHaveLength(5)
    const next = await bed.sentPayment()
    expect(await noncesOf([next.id])).toEqual([[5]])
  })
})
