import { expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { sessionAsHeld } from '../sessions/service.ts'
import { findWallet, walletAsHeld } from '../wallets/service.ts'
import { fillDisk } from './db/full-disk.ts'

const POLICY = { type: 'SPENDING_LIMIT', priority: 0, enabled: true } as const
const { keys } = sharedKeys()
removeFoldersAfterEach()

forEachEngine((_engine, open) => {
  const start = () => openBed(open, { keys: keys() })
  type Bed = Awaited<ReturnType<typeof start>>
  const read = (bed: Bed) => bed.database.read((db) => bed.killSwitch.read(db))
  /** As it will be found after a restart. */
  const stored = async (bed: Bed) => (await bed.evidence('KILL_SWITCH_ACTIVATED')).length

  test('a kill switch that cannot be stored holds at once, says so, and is stored when there is room', async () => {
    const bed = await start()
    const makeRoom = await fillDisk(bed.database)
    const at = bed.clock.now()
    expect(await bed.killSwitch.activate(operator)).toEqual({
      state: 'SUSPENDED',
      activatedAt: at / 1000,
      unwritten: expect.stringContaining('a restart before that loses it'),
    })
    expect(bed.calls.at(-1)).toBe('halt all')
    expect([bed.killSwitch.current(), bed.held.names(), await stored(bed)]).toEqual(['SUSPENDED', ['kill switch'], 0])
    // What is about to sign or send reads this, and no signature of before has this epoch.
    expect(await read(bed)).toMatchObject({ state: 'SUSPENDED', epoch: 2 })
    expect(await bed.killSwitch.view()).toMatchObject({ state: 'SUSPENDED', activatedAt: at / 1000 })
    expect((await bed.killSwitch.view()).unwritten).toBeDefined()
    // What others find in the database changes nothing here.
    await bed.killSwitch.start()
    await bed.killSwitch.stop()
    expect(bed.killSwitch.current()).toBe('SUSPENDED')

    await expect(bed.held.settle('kill switch')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    // Asked again it answers the same, and is the same stop.
    bed.clock.pass(60)
    expect(await bed.killSwitch.activate(operator)).toMatchObject({ activatedAt: at / 1000 })
    await makeRoom()
    await bed.held.settle('kill switch')
    expect([bed.held.names(), await stored(bed)]).toEqual([[], 1])
    expect(await read(bed)).toMatchObject({ state: 'SUSPENDED', epoch: 2, activated_by: 'operator' })
    const [row] = await bed.evidence('KILL_SWITCH_ACTIVATED')
    expect(JSON.parse(row!.details)).toMatchObject({ heldSince: at })
    expect(await bed.killSwitch.view()).not.toHaveProperty('unwritten')
    expect((await bed.verifyEvidence()).whole).toBe(true)
  })

  test('a stop that is not stored cannot be lifted before it is, and then is lifted once', async () => {
    const bed = await start()
    const makeRoom = await fillDisk(bed.database)
    await bed.killSwitch.activate(operator)
    await expect(bed.killSwitch.recover(operator)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(await read(bed)).toMatchObject({ state: 'SUSPENDED' })
    await makeRoom()
    // Also when it is being stored at the same moment.
    const [recovered] = await Promise.all([bed.killSwitch.recover(operator), bed.held.settle('kill switch')])
    expect(recovered).toMatchObject({ state: 'ACTIVE' })
    expect(await read(bed)).toMatchObject({ state: 'ACTIVE', epoch: 3 })
    expect([bed.killSwitch.current(), bed.held.names(), bed.calls.at(-1)]).toEqual(['ACTIVE', [], 'resume all'])
  })

  test('locking holds on top of a stop that holds, and both are stored in order', async () => {
    const bed = await start()
    const { session } = await bed.createWallet({ createSession: true })
    const makeRoom = await fillDisk(bed.database)
    await expect(bed.killSwitch.escalate(operator)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
    await bed.killSwitch.activate(operator)
    expect(await bed.killSwitch.escalate(operator)).toMatchObject({ state: 'LOCKED', unwritten: expect.any(String) })
    expect(await read(bed)).toMatchObject({ state: 'LOCKED', epoch: 3 })
    await makeRoom()
    await bed.held.stop()
    expect(bed.held.names()).toEqual([])
    expect(await read(bed)).toMatchObject({ state: 'LOCKED', epoch: 3 })
    await expect(bed.sessions.authenticate(session!.token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    await expect(bed.killSwitch.recover(operator)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
  })

  test('a wallet that cannot be stored as suspended is suspended here until it is', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const other = await bed.createWallet({ name: 'two' })
    const statusOf = async (wallet: string) =>
      walletAsHeld(bed.held, await bed.database.read((db) => findWallet(db, wallet)))?.status
    const makeRoom = await fillDisk(bed.database)
    expect(await bed.wallets.suspend(id, 'LOOK', operator)).toMatchObject({
      ...{ id, status: 'SUSPENDED', suspensionReason: 'LOOK', unwritten: expect.any(String) },
    })
    expect([bed.calls.at(-1), await statusOf(id), await statusOf(other.id)]).toEqual([
      `quiet ${id}`,
      'SUSPENDED',
      'ACTIVE',
    ])
    await expect(bed.wallets.resume(id, operator)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await makeRoom()
    await bed.held.stop()
    expect(await bed.database.read((db) => findWallet(db, id))).toMatchObject({ status: 'SUSPENDED' })
    await bed.wallets.resume(id, operator)
    expect(await statusOf(id)).toBe('ACTIVE')
    await expect(bed.wallets.suspend(crypto.randomUUID(), 'x', operator)).rejects.toMatchObject({
      code: 'WALLET_NOT_FOUND',
    })
  })

  test('a session that cannot be stored as revoked opens nothing here until it is', async () => {
    const bed = await start()
    const { id: walletId, session } = await bed.createWallet({ createSession: true })
    const { id, token } = session!
    const makeRoom = await fillDisk(bed.database)
    expect(await bed.sessions.revoke(id, operator)).toEqual({ id, status: 'REVOKED', unwritten: expect.any(String) })
    expect(bed.calls.at(-1)).toBe(`quiet ${walletId}`)
    await expect(bed.sessions.authenticate(token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    const row = { id, revoked_at: null } as Parameters<typeof sessionAsHeld>[1]
    expect(sessionAsHeld(bed.held, row)?.revoked_at).toBe(bed.clock.now())
    expect((await bed.sessions.list({ limit: 5, offset: 0 })).data).toMatchObject([{ id, status: 'REVOKED' }])
    await makeRoom()
    await bed.held.stop()
    expect([bed.held.names(), (await bed.evidence('SESSION_REVOKED')).length]).toEqual([[], 1])
    await expect(bed.sessions.authenticate(token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    expect(await bed.sessions.revoke(id, operator)).toMatchObject({ message: 'the session was already revoked' })
  })

  test('whatever stops a wallet lets it sign nothing until it is stored, and is stored in the order of asking', async () => {
    const bed = await start()
    const { id, session } = await bed.createWallet({ createSession: true })
    const other = await bed.createWallet({ name: 'two' })
    await bed.sessions.link(session!.id, other.id, operator)
    const status = async (wallet: string) =>
      walletAsHeld(bed.held, await bed.database.read((db) => findWallet(db, wallet)))?.status
    const limit = (daily: number) => ({ rules: { daily_limit_usd: daily } })
    const made = await bed.policies.create({ ...POLICY, walletId: id, ...limit(100) })
    const makeRoom = await fillDisk(bed.database)

    expect(await bed.policies.update({ id: made.id, ...limit(50) })).toMatchObject({
      ...{ id: made.id, rules: { daily_limit_usd: 50 }, unwritten: expect.any(String) },
    })
    expect((await bed.policies.update({ id: made.id, ...limit(20) })).unwritten).toBeDefined()
    expect([await status(id), await status(other.id)]).toEqual(['SUSPENDED', 'ACTIVE'])
    // It is no suspension, and does not look like one.
    expect((await bed.wallets.read(id, {})).status).toBe('ACTIVE')
    await bed.sessions.unlink(session!.id, other.id, operator)
    expect([await status(other.id), bed.calls.at(-1)]).toEqual(['SUSPENDED', `quiet ${other.id}`])
    const everywhere = await bed.policies.create({ ...POLICY, ...limit(1_000) })
    expect(everywhere.unwritten).toBeDefined()
    await expect(bed.policies.remove(everywhere.id)).rejects.toMatchObject({ code: 'POLICY_NOT_FOUND' })
    expect(await bed.wallets.terminate(other.id, operator)).toMatchObject({ unwritten: expect.any(String) })

    await makeRoom()
    // What comes now is newer than all that is held.
    expect(await bed.policies.update({ id: made.id, ...limit(10) })).not.toHaveProperty('unwritten')
    expect(bed.held.names().filter((name) => name.includes(made.id))).toEqual([])
    await bed.held.stop()
    expect(bed.held.names()).toEqual([])
    expect([await status(id), await status(other.id)]).toEqual(['ACTIVE', 'TERMINATED'])
    expect((await bed.policies.get(made.id)).rules).toMatchObject({ daily_limit_usd: 10 })
    expect(await bed.policies.get(everywhere.id)).toMatchObject({ walletId: null, rules: { daily_limit_usd: 1_000 } })
    const updates = (await bed.evidence('POLICY_UPDATED')).reverse()
    expect(updates.map((row) => JSON.parse(JSON.parse(row.details).rules).daily_limit_usd)).toEqual([50, 20, 10])
    expect((await bed.evidence('SESSION_WALLET_REMOVED')).length).toBe(1)
  })

  test('a suspension that is held shows in the wallet itself', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const makeRoom = await fillDisk(bed.database)
    await bed.wallets.suspend(id, 'LOOK', operator)
    const shown = { status: 'SUSPENDED', suspendedAt: bed.clock.now() / 1000 }
    expect(await bed.wallets.read(id, {})).toMatchObject({
      ...shown,
      suspensionReason: expect.stringContaining('disk'),
    })
    expect((await bed.wallets.list({}, { limit: 5 })).items).toMatchObject([{ id, status: 'SUSPENDED' }])
    await makeRoom()
    await bed.held.stop()
    expect(await bed.wallets.read(id, {})).toMatchObject({ ...shown, suspensionReason: 'LOOK' })
  })

  test('a stop that the database declines when it is written at last is over', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const makeRoom = await fillDisk(bed.database)
    await bed.wallets.suspend(id, 'LOOK', operator)
    await makeRoom()
    await bed.wallets.terminate(id, operator)
    await bed.held.stop()
    expect(bed.held.names()).toEqual([])
    expect(await bed.database.read((db) => findWallet(db, id))).toMatchObject({ status: 'TERMINATED' })
  })
})
