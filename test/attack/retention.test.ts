import { newId } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { sessionStore } from '../../packages/daemon/src/sessions/store.ts'
import { MOST_KEPT } from '../../packages/daemon/src/transactions/deciding/refusal-counts.ts'
import { type MadeUpBed, madeUpBeds } from '../../packages/daemon/test/made-up-bed.ts'
import { forEachEngine } from '../support/for-each-engine.ts'
import { until } from '../support/until.ts'

const DAY_MS = 86_400_000
/** More than the policy of the bed lets go in a day. */
const TOO_MUCH = '60000000'

/** Of all beds together: a process makes no ids of a time that is over. */
// Ids are of the time that the process has seen last, and tests before may have been ahead of now.
let passed = Math.max(0, Number.parseInt(newId().replace('-', '').slice(0, 12), 16) - Date.now())

/** The bed's own worker removes; what it is at would take the time before for that after. */
async function later(bed: MadeUpBed, days: number): Promise<void> {
  await until('the worker to have nothing to do', async () => {
    const rows = await bed.database.read((db) =>
      db.query<{ due_at: number; lease_owner: string | null }>((k) => k.selectFrom('retention').selectAll()),
    )
    return rows.every((row) => row.due_at > Date.now() + bed.time.passed && row.lease_owner === null)
  })
  passed += days * DAY_MS
  bed.time.passed = passed
}
const isFinal = (bed: MadeUpBed, id: string) =>
  until(`${id} to be final`, async () => {
    bed.node.mine(1)
    return (await bed.states(id)).includes('final')
  })
const rowsOf = (
  bed: MadeUpBed,
  table:
    | 'idempotency_keys'
    | 'transaction_labels'
    | 'transaction_addresses'
    | 'late_endings'
    | 'sessions'
    | 'session_wallets',
) => bed.database.read((db) => db.query<Record<string, unknown>>((k) => k.selectFrom(table).selectAll()))
const requests = (bed: MadeUpBed, session: string) =>
  bed.database.read((db) =>
    db.query<{ id: string }>((k) => k.selectFrom('transactions').select('id').where('session_id', '=', session)),
  )

forEachEngine((_engine, open) => {
  const startBed = madeUpBeds(open)
  async function start(): Promise<MadeUpBed> {
    const bed = await startBed()
    bed.time.passed = passed
    return bed
  }

  test('what is over loses its long texts after its time, and what counts and proves stays', async () => {
    const bed = await start()
    const { id, hash } = await bed.sentPayment({ memo: 'for a coffee', labels: { task: 'coffee' } })
    const refused = await bed.pay({ amount: TOO_MUCH, key: 'refused', labels: { task: 'coffee' } })
    await isFinal(bed, id)
    const before = await bed.get(id)
    expect(before).toMatchObject({ memo: 'for a coffee', labels: { task: 'coffee' }, status: 'CONFIRMED' })
    expect(before.removed).toBeUndefined()
    const books = async () => (await bed.service.movements({}, { limit: 10, walletName: async () => 'shop' })).csv
    const moved = await books()
    expect(moved).toMatch(/,payment,.*,fee,/s)
    const labelled = () => rowsOf(bed, 'transaction_labels')
    expect(await labelled()).toHaveLength(2)
    const evidence = async () => (await bed.events(id)).concat(await bed.events(refused))
    const proven = await evidence()

    await later(bed, 31)
    await until('the refused request to be gone', async () => (await bed.row(refused)) === undefined)
    expect(await labelled()).toEqual([{ label: 'task:coffee', transaction_id: id }])
    expect(await rowsOf(bed, 'transaction_addresses')).toMatchObject([{ transaction_id: id }])
    // Its key went with it, as its answer is not known any more: it is decided on anew.
    expect(await rowsOf(bed, 'idempotency_keys')).toMatchObject([{ transaction_id: id }])
    expect(await bed.pay({ amount: TOO_MUCH, key: 'refused' })).not.toBe(refused)
    expect((await bed.get(id)).removed).toBeUndefined()

    await later(bed, 60)
    const shown = await until('the texts to be gone', async () => {
      const found = await bed.get(id)
      return found.removed && found
    })
    expect(shown).toEqual({
      ...before,
      ...{ memo: null, summary: null, effects: null, deeds: null },
      removed: ['request', 'effects', 'bytes'],
    })
    expect(await books()).toBe(moved)
    const [attempt] = await bed.attempts(id)
    expect(attempt).toMatchObject({ hash, signed: null, unsigned: '', draft: '', state: 'final' })
    expect(await bed.spend(id)).toBeUndefined()
    await until('its key to be gone', async () => (await rowsOf(bed, 'idempotency_keys')).length === 0)
    // Lists answer, and the evidence is whole.
    const { summary: _summary, deeds: _deeds, effects: _effects, attempts: _attempts, ...row } = shown
    expect((await bed.service.listOfWallet(bed.from.id, undefined, 10)).items).toEqual([row])
    expect(await evidence()).toEqual(proven)
    expect(await bed.database.read((db) => bed.evidence.verify(db))).toMatchObject({ faults: [] })
    // Money goes on.
    await bed.sentPayment()
  })

  test('what is not over when its time comes keeps everything until it is', async () => {
    const bed = await start()
    const { id } = await bed.sentPayment()
    await later(bed, 91)
    await until('it to be noted', async () => (await rowsOf(bed, 'late_endings')).length === 1)
    const [attempt] = await bed.attempts(id)
    expect(attempt).toMatchObject({ state: 'recorded', signed: expect.any(String) })
    expect((await bed.get(id)).removed).toBeUndefined()
    await isFinal(bed, id)
    await later(bed, 91)
    await until('the texts to be gone', async () => (await bed.get(id)).removed)
    expect(await rowsOf(bed, 'late_endings')).toEqual([])
  })

  test('refusals beyond the most of a day are counted, and neither stored nor put on record one by one', async () => {
    const bed = await start()
    const { from, database } = bed
    const day = Math.floor((Date.now() + passed) / DAY_MS)
    await database.work({}, (db) =>
      db.query((k) =>
        k.insertInto('refusals').values({ session_id: from.session, day, kept: MOST_KEPT - 1, not_kept: 0 }),
      ),
    )
    const ask = (key?: string) => bed.send(from, { to: bed.to, amount: TOO_MUCH }, key)
    expect((await ask()).refused).toMatchObject({ code: 'POLICY_DENIED' })
    const key = newId()
    for (const again of [key, key, undefined])
      await expect(ask(again)).rejects.toMatchObject({
        code: 'POLICY_DENIED',
        details: { kept: false, reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED' }] },
      })
    expect(await requests(bed, from.session)).toHaveLength(1)
    expect(await rowsOf(bed, 'idempotency_keys')).toEqual([])
    const rows = await database.read((db) => bed.evidence.list(db, {}, 100))
    const told = rows.map(({ event }) => event).filter((event) => /POLICY_DENIED|REFUSALS/.test(event))
    expect(told.sort()).toEqual(['POLICY_DENIED', 'REFUSALS_COUNTED'])
    // What is allowed is as ever.
    await bed.sentPayment()
  })

  test('a session that ended is forgotten after its time, one with open money is not', async () => {
    const bed = await start()
    const idle = await bed.session(bed.from.id)
    const { id } = await bed.sentPayment()
    await bed.revoke(idle)
    await bed.revoke(bed.from.session)
    await later(bed, 91)
    const left = async () => (await rowsOf(bed, 'sessions')).map((row) => row.id)
    await until('the idle one to be gone', async () => !(await left()).includes(idle))
    expect(await left()).toEqual([bed.from.session])
    expect((await rowsOf(bed, 'session_wallets')).map((row) => row.session_id)).toEqual([bed.from.session])
    await isFinal(bed, id)
    await later(bed, 1)
    await until('the other one to be gone', async () => (await left()).length === 0)
    expect(await bed.database.read((db) => sessionStore.byId(db, idle))).toBeUndefined()
  })
})
