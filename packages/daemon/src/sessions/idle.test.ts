import { expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { findSession } from './service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const DAY = 86_400

forEachEngine((_engine, open) => {
  test('a session that is not used for its time is revoked, and tells so; one that is used stays, as does one of before this was kept', async () => {
    const bed = await openBed(open, { keys: keys(), idleMs: 30 * DAY * 1_000 })
    const wallet = await bed.createWallet()
    const session = () => bed.sessions.create({ walletId: wallet.id, ttl: 0 }, operator)
    const [used, unused, old] = [await session(), await session(), await session()]
    await bed.database.work({}, (db) =>
      db.query((k) => k.updateTable('sessions').set({ last_used_at: null }).where('id', '=', old.id)),
    )
    const revoked = async (id: string) => (await bed.database.read((db) => findSession(db, id)))!.revoked_at !== null
    const all = () => Promise.all([used, unused, old].map(({ id }) => revoked(id)))
    for (let week = 0; week < 4; week++) {
      bed.clock.pass(7 * DAY)
      await bed.sessions.authenticate(used.token)
      await bed.sessions.idle.stop()
    }
    await bed.sessions.idle.look()
    bed.clock.pass(2 * DAY)
    expect(await bed.sessions.idle.look()).toBe(false)
    expect(await all()).toEqual([false, true, false])
    await expect(bed.sessions.authenticate(unused.token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    const [event, ...others] = await bed.evidence('AUTO_STOP_TRIGGERED')
    expect(others).toEqual([])
    expect(JSON.parse(event!.details)).toEqual({
      ...{ rule: 'idle_timeout', action: 'revoke', reason: 'Unused session: it was not used for 30 days' },
      ...{ observed: '2026-01-01T00:00:00.000Z', allowed: 30 * DAY, resume: 'waiaas session create' },
    })
    expect(bed.calls.filter((call) => call.startsWith('stop'))).toEqual([`stop ${unused.id}: SESSION_REVOKED`])
    // One of which it was not known counts from the first look on.
    bed.clock.pass(28 * DAY)
    await bed.sessions.idle.look()
    expect(await revoked(old.id)).toBe(true)
  })

  test('a call that comes while the session is looked at keeps it', async () => {
    const bed = await openBed(open, { keys: keys(), idleMs: DAY * 1_000 })
    const wallet = await bed.createWallet()
    const { id, token } = await bed.sessions.create({ walletId: wallet.id, ttl: 0 }, operator)
    bed.clock.pass(2 * DAY)
    const [call] = await Promise.allSettled([bed.sessions.authenticate(token), bed.sessions.idle.look()])
    await bed.sessions.idle.stop()
    const row = (await bed.database.read((db) => findSession(db, id)))!
    // Either was first: what is revoked was not used since, and what was refused is revoked.
    expect(row.revoked_at === null).toBe(row.last_used_at === bed.clock.now())
    if (call.status === 'rejected') {
      expect(call.reason).toMatchObject({ code: 'SESSION_REVOKED' })
      expect(row.revoked_at).not.toBeNull()
    }
  })
})
