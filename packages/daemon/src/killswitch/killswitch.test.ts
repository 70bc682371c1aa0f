import { expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()

forEachEngine((engine, open, fresh) => {
  const start = () => openBed(open, { keys: keys() })
  const read = (bed: Awaited<ReturnType<typeof start>>) => bed.database.read((db) => bed.killSwitch.read(db))

  test('throwing the switch stops and halts everything before it answers', async () => {
    const bed = await start()
    const answer = await bed.killSwitch.activate(operator)
    expect(answer).toEqual({ state: 'SUSPENDED', activatedAt: bed.clock.now() / 1000 })
    expect(bed.calls).toEqual(['stop all: SYSTEM_LOCKED', 'halt all'])
    expect(bed.killSwitch.current()).toBe('SUSPENDED')
    expect(await read(bed)).toMatchObject({ state: 'SUSPENDED', epoch: 2 })
    expect(await bed.killSwitch.view()).toMatchObject({ state: 'SUSPENDED', activatedBy: 'operator' })
    expect(await bed.evidence('KILL_SWITCH_ACTIVATED')).toMatchObject([{ severity: 'critical', actor: 'operator' }])
    await expect(bed.killSwitch.activate(operator)).rejects.toMatchObject({ code: 'KILL_SWITCH_ACTIVE' })
  })

  test('of many hands on the switch one throws it', async () => {
    const bed = await start()
    const hands = await Promise.allSettled([...Array(6)].map(() => bed.killSwitch.activate(operator)))
    expect(hands.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await bed.evidence('KILL_SWITCH_ACTIVATED')).toHaveLength(1)
    expect((await read(bed)).epoch).toBe(2)
  })

  test('a suspended daemon is lifted at once, under another epoch', async () => {
    const bed = await start()
    await expect(bed.killSwitch.recover(operator)).rejects.toMatchObject({ code: 'KILL_SWITCH_NOT_ACTIVE' })
    await bed.killSwitch.activate(operator)
    expect(await bed.killSwitch.recover(operator)).toEqual({ state: 'ACTIVE', recoveredAt: bed.clock.now() / 1000 })
    expect(bed.calls.at(-1)).toBe('resume all')
    expect(await read(bed)).toMatchObject({ state: 'ACTIVE', epoch: 3, activated_at: null, activated_by: null })
    expect(bed.killSwitch.current()).toBe('ACTIVE')
  })

  test('locking revokes every session, and opens to the operator after an hour, not before', async () => {
    const bed = await start()
    const wallet = await bed.createWallet({ createSession: true })
    await expect(bed.killSwitch.escalate(operator)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
    await bed.killSwitch.activate(operator)
    await bed.sessions.authenticate(wallet.session!.token)
    bed.clock.pass(1_800)
    expect(await bed.killSwitch.escalate(operator)).toMatchObject({ state: 'LOCKED' })
    await expect(bed.sessions.authenticate(wallet.session!.token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    const opens = bed.clock.now() / 1000 + 3_600
    bed.clock.pass(3_599)
    await expect(bed.killSwitch.recover(operator)).rejects.toMatchObject({
      ...{ code: 'INVALID_STATE_TRANSITION', details: { state: 'LOCKED', recoverableAt: opens } },
    })
    await expect(bed.killSwitch.escalate(operator)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
    bed.clock.pass(1)
    expect(await bed.killSwitch.recover(operator)).toMatchObject({ state: 'ACTIVE' })
    const events = await bed.events()
    for (const event of ['KILL_SWITCH_ACTIVATED', 'KILL_SWITCH_ESCALATED', 'KILL_SWITCH_RECOVERED'])
      expect(events).toContain(event)
    const [locked] = await bed.evidence('KILL_SWITCH_ESCALATED')
    expect(JSON.parse(locked!.details)).toEqual({ state: 'LOCKED', revoked: 1 })
    expect((await bed.verifyEvidence()).whole).toBe(true)
  })

  test('a daemon that starts while the switch is on does nothing until it is lifted', async () => {
    const location = await fresh()
    const before = await openBed(open, { keys: keys(), location })
    await before.killSwitch.activate(operator)
    const after = await openBed(open, { keys: keys(), location })
    await after.killSwitch.start()
    expect([after.killSwitch.current(), after.calls]).toEqual(['SUSPENDED', ['halt all']])
    await after.killSwitch.stop()
  })

  // Only Postgres is shared by several daemons.
  if (engine === 'sqlite') return

  test('a replica follows a switch that another one throws and lifts', async () => {
    const location = await fresh()
    const [mine, other] = [
      await openBed(open, { keys: keys(), location }),
      await openBed(open, { keys: keys(), location }),
    ]
    const { promise: halted, resolve: isHalted } = Promise.withResolvers<void>()
    const { promise: resumed, resolve: isResumed } = Promise.withResolvers<void>()
    other.stops.halt = async () => isHalted()
    other.stops.resume = () => isResumed()
    await other.killSwitch.start()
    await mine.killSwitch.activate(operator)
    await halted
    expect(other.killSwitch.current()).toBe('SUSPENDED')
    await mine.killSwitch.recover(operator)
    await resumed
    expect(other.killSwitch.current()).toBe('ACTIVE')
    await other.killSwitch.stop()
  })
})
