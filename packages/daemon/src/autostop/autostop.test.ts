import { isFailure, newId } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds } from '../../test/made-up-bed.ts'
import { madeUpKey } from '../../test/made-up-chain.ts'
import { findWallet } from '../wallets/service.ts'

const HOUR = 3_600_000
const newAddress = () => madeUpKey().address

/** What a payment came to: accepted, or the code of its refusal. */
async function outcome(paying: Promise<unknown>): Promise<string> {
  try {
    const answer = (await paying) as { accepted?: unknown; refused?: { code: string } }
    return answer.accepted ? 'accepted' : (answer.refused?.code ?? 'nothing')
  } catch (error) {
    if (!isFailure(error)) throw error
    return error.code
  }
}
const count = (all: readonly string[], wanted: string) => all.filter((one) => one === wanted).length

forEachEngine((_engine, open, fresh) => {
  const start = madeUpBeds(open)
  const statusOf = ({ database, from }: MadeUpBed) =>
    database.read(async (db) => (await findWallet(db, from.id))!).then(({ status }) => status)
  const triggered = ({ database, from }: MadeUpBed) =>
    database.read((db) =>
      db.query<{ details: string; severity: string }>((k) =>
        k
          .selectFrom('evidence')
          .select(['details', 'severity'])
          .where('event', '=', 'AUTO_STOP_TRIGGERED')
          .where('wallet_id', '=', from.id),
      ),
    )
  const pays = ({ send, from }: MadeUpBed, to: string, amount = '1', session = from.session) =>
    outcome(send({ id: from.id, session }, { to, amount }, newId()))
  const resume = ({ wallets, from }: MadeUpBed) => wallets.resume(from.id, { actor: 'operator' })

  describe('failures in a row', () => {
    const stopsItself = { 'autostop.consecutive_failures_threshold': 3 }
    async function fails(bed: MadeUpBed, to: string): Promise<void> {
      const id = await bed.pay({ to })
      await bed.arrived(id)
      bed.node.mine(1)
      await bed.until(id, 'FAILED', 'CONFIRMED')
    }

    test('stop the wallet, once, and what is resumed is not stopped by the same failures', async () => {
      const bed = await start({ stopsItself })
      const bad = newAddress()
      bed.node.faults.reverts.add(bad)
      await fails(bed, bad)
      await fails(bed, bad)
      await fails(bed, bed.to)
      // One that succeeded between them begins anew.
      await fails(bed, bad)
      await fails(bed, bad)
      expect(await statusOf(bed)).toBe('ACTIVE')
      const waiting = (await bed.send(bed.from, { to: bed.to, amount: String(2_500n * DOLLAR) }, newId())).transactionId
      await fails(bed, bad)
      await until('the wallet to be stopped', async () => (await statusOf(bed)) === 'SUSPENDED')
      expect(await pays(bed, bed.to)).toBe('WALLET_SUSPENDED')
      expect(await bed.until(waiting, 'CANCELLED')).toBe('CANCELLED')
      const [event, ...others] = await triggered(bed)
      expect(others).toEqual([])
      expect(event!.severity).toBe('critical')
      expect(JSON.parse(event!.details)).toMatchObject({
        ...{ rule: 'consecutive_failures', action: 'suspend', observed: 3, allowed: 2 },
        reason: 'Failures in a row: 3 of its transactions in a row failed on chain',
        resume: `waiaas wallet resume w ${bed.from.id}`,
      })
      await resume(bed)
      await fails(bed, bad)
      await fails(bed, bad)
      expect(await statusOf(bed)).toBe('ACTIVE')
      expect(await triggered(bed)).toHaveLength(1)
    })

    test('that were on their way when the wallet was stopped do not stop it again', async () => {
      const bed = await start({ stopsItself })
      const bad = newAddress()
      bed.node.faults.reverts.add(bad)
      const ids = []
      for (let index = 0; index < 6; index++) ids.push(await bed.pay({ to: bad }))
      for (const id of ids) await bed.arrived(id)
      bed.node.mineOnly((await bed.get(ids[0]!)).txHash!)
      bed.node.mine(1)
      for (const id of ids) await bed.until(id, 'FAILED')
      await until('the wallet to be stopped', async () => (await statusOf(bed)) === 'SUSPENDED')
      await resume(bed)
      expect(await pays(bed, bed.to)).toBe('accepted')
      expect(await triggered(bed)).toHaveLength(1)
    })

    test('count on when another process takes over, and stop a wallet whose stop nobody has carried out', async () => {
      const bed = await start({ stopsItself })
      const bad = newAddress()
      bed.node.faults.reverts.add(bad)
      await fails(bed, bad)
      await fails(bed, bad)
      // As a process leaves it that dies between what it booked and the stop.
      const third = { kind: 'landed', to: [bad], succeeded: false } as const
      const scope = { shared: ['system'], exclusive: [`wallet:${bed.from.id}`] }
      const wallet = { id: bed.from.id, account: bed.from.id, name: 'it' }
      await bed.database.work(scope, (db) => bed.stopper.note(db, wallet, { happening: third }))
      expect(await statusOf(bed)).toBe('ACTIVE')
      expect(await pays(bed, bed.to)).toBe('WALLET_SUSPENDED')
      expect(await statusOf(bed)).toBe('SUSPENDED')
      expect(await triggered(bed)).toHaveLength(1)
    })
  })

  test('of a burst to strangers, over several sessions at once, not one more is accepted than the rule lets be', async () => {
    const bed = await start({ stopsItself: { 'autostop.first_recipients_threshold': 6 } })
    const sessions = [bed.from.session, await bed.session(bed.from.id), await bed.session(bed.from.id)]
    const known = newAddress()
    const id = await bed.pay({ to: known })
    await bed.arrived(id)
    bed.node.mine(1)
    await bed.until(id, 'CONFIRMED')
    bed.time.passed += HOUR
    // The same stranger again, and one that is known, are no more.
    const again = newAddress()
    for (const to of [again, again, known, known]) expect(await pays(bed, to)).toBe('accepted')
    const all = await Promise.all(
      Array.from({ length: 24 }, (_, index) => pays(bed, newAddress(), '1', sessions[index % sessions.length])),
    )
    expect(count(all, 'accepted')).toBe(4)
    expect(count(all, 'WALLET_SUSPENDED')).toBe(20)
    expect(await statusOf(bed)).toBe('SUSPENDED')
    expect(await triggered(bed)).toHaveLength(1)
    await resume(bed)
    expect(await pays(bed, newAddress())).toBe('accepted')
  })

  test('payments just below a limit stop the wallet, whoever of its sessions asks; smaller ones never do', async () => {
    const limits = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 20, daily_limit_usd: 10_000 }
    const bed = await start({ limits, stopsItself: { 'autostop.near_limit_threshold': 4 } })
    const other = await bed.session(bed.from.id)
    const usd = (cents: bigint) => String((cents * DOLLAR) / 100n)
    for (let index = 0; index < 8; index++) expect(await pays(bed, bed.to, usd(880n))).toBe('accepted')
    expect(await pays(bed, bed.to, usd(990n))).toBe('accepted')
    // Below the next threshold, as near; what a human decides on is none.
    expect(await pays(bed, bed.to, usd(1_950n), other)).toBe('accepted')
    expect(await pays(bed, bed.to, usd(2_100n))).toBe('accepted')
    expect(await pays(bed, bed.to, usd(990n), other)).toBe('accepted')
    expect(await pays(bed, bed.to, usd(990n), other)).toBe('WALLET_SUSPENDED')
    expect(JSON.parse((await triggered(bed))[0]!.details)).toMatchObject({
      rule: 'near_limit',
      observed: 4,
      allowed: 3,
    })
  })

  test('requests that are refused again and again stop the wallet behind the last of them; those of strange sessions do not', async () => {
    const limits = { instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1, daily_limit_usd: 1 }
    const bed = await start({ limits, stopsItself: { 'autostop.retry_storm_threshold': 3 } })
    const other = await bed.wallet()
    const strange = { id: bed.from.id, session: other.session }
    const much = String(5n * DOLLAR)
    for (let index = 0; index < 4; index++)
      expect(await outcome(bed.send(strange, { to: bed.to, amount: much }, newId()))).toBe('WALLET_NOT_FOUND')
    for (const to of [bed.to, bed.to, newAddress(), newAddress(), bed.to])
      expect(await pays(bed, to, much)).toBe('POLICY_DENIED')
    expect(await statusOf(bed)).toBe('SUSPENDED')
    expect(JSON.parse((await triggered(bed))[0]!.details).reason).toBe(
      `Retry storm: 3 requests to ${bed.to} were refused or failed within 5 minutes`,
    )
    await resume(bed)
    expect(await pays(bed, bed.to, much)).toBe('POLICY_DENIED')
    expect(await statusOf(bed)).toBe('ACTIVE')
  })

  test('a wallet that is to spend far more in an hour than it ever did is stopped, also when that is split', async () => {
    const bed = await start({ stopsItself: { 'autostop.spend_velocity_min_usd': 5 } })
    const other = await bed.session(bed.from.id)
    const [dollar, rest] = [String(DOLLAR), String(11n * DOLLAR)]
    // Nothing to compare with yet.
    for (let hour = 0; hour < 9; hour++) {
      expect(await pays(bed, bed.to, dollar)).toBe('accepted')
      bed.time.passed += HOUR
    }
    const all: string[] = []
    for (let index = 0; index < 12; index++)
      all.push(await pays(bed, bed.to, dollar, index % 2 === 0 ? other : bed.from.session))
    expect(all.lastIndexOf('accepted')).toBe(9)
    expect(all[10]).toBe('WALLET_SUSPENDED')
    await resume(bed)
    // What stopped it is forgotten, what it used to pay is not.
    expect(await pays(bed, bed.to, dollar)).toBe('accepted')
    expect(await pays(bed, bed.to, rest)).toBe('WALLET_SUSPENDED')
    expect(await triggered(bed)).toHaveLength(2)
  })

  test('while the clock is held its windows go by the earliest time, so that a clock that is set ahead opens none', async () => {
    const bed = await start({ stopsItself: { 'autostop.first_recipients_threshold': 3 } })
    for (let index = 0; index < 2; index++) expect(await pays(bed, newAddress())).toBe('accepted')
    bed.time.ahead = 24 * HOUR
    expect(await pays(bed, newAddress())).toBe('WALLET_SUSPENDED')
    await resume(bed)
    for (let index = 0; index < 2; index++) expect(await pays(bed, newAddress())).toBe('accepted')
    bed.time.ahead = 0
    bed.time.passed = 2 * HOUR
    expect(await pays(bed, newAddress())).toBe('accepted')
  })

  test('what a second process decides counts with what the first has decided', async () => {
    const options = { location: await fresh(), stopsItself: { 'autostop.first_recipients_threshold': 4 } }
    const bed = await start(options)
    const second = await start({ ...options, limits: {} }, bed.node)
    const turns = Array.from({ length: 12 }, (_, index) =>
      outcome((index % 2 === 0 ? bed : second).send(bed.from, { to: newAddress(), amount: '1' }, newId())),
    )
    const all = await Promise.all(turns)
    expect(count(all, 'accepted')).toBe(3)
    expect(await triggered(bed)).toHaveLength(1)
  })
})
