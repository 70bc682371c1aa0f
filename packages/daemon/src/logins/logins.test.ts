import { LOGIN_LIFE } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { jsonLog } from '../platform/log.ts'
import { logins, viewPassword } from './service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const LOGIN_IDLE = 900
const expired = { code: 'TOKEN_EXPIRED' }
const over = { code: 'INVALID_TOKEN' }

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function bedOf() {
    const { database, clock } = await openBed(open, { keys: keys() })
    const now = { era: 'one', idle: LOGIN_IDLE }
    const audit = strictAudit({ clock })
    const isMaster = async (text: string) => text === 'the master password'
    const view = viewPassword({ database, clock, log: jsonLog('silent'), audit, isMaster })
    stops.push(view.stop)
    const service = logins({ database, clock, audit, era: async () => now.era, idleSeconds: () => now.idle, view })
    const rows = () => database.read((db) => db.query((k) => k.selectFrom('logins').selectAll()))
    return { ...service, view, clock, now, rows }
  }

  test('a login ends so long after its last call', async () => {
    const { create, authenticate, clock } = await bedOf()
    const { token, idleSeconds } = await create(operator)
    expect(idleSeconds).toBe(LOGIN_IDLE)
    for (let call = 0; call < 3; call++) {
      clock.pass(LOGIN_IDLE - 1)
      expect(await authenticate(token)).toMatchObject({ kind: 'operator', isLogin: true })
    }
    clock.pass(LOGIN_IDLE)
    await expect(authenticate(token)).rejects.toMatchObject(expired)
  })

  test('another idle time holds at once, for logins that there are too, and a used one stays whatever it is', async () => {
    const { create, authenticate, clock, now } = await bedOf()
    const { token } = await create(operator)
    now.idle = 60
    for (let call = 0; call < 20; call++) {
      clock.pass(7)
      await authenticate(token)
    }
    clock.pass(300)
    now.idle = 600
    await authenticate(token)
    clock.pass(300)
    now.idle = 299
    await expect(authenticate(token)).rejects.toMatchObject(expired)
    expect((await create(operator)).idleSeconds).toBe(299)
  })

  test('what goes on by itself keeps no login from ending', async () => {
    const { create, authenticateFollower, clock } = await bedOf()
    const { token } = await create(operator)
    for (let passed = 0; passed < LOGIN_IDLE - 300; passed += 300) {
      clock.pass(300)
      expect(await authenticateFollower(token)).toMatchObject({ kind: 'operator', isLogin: true })
    }
    clock.pass(300)
    await expect(authenticateFollower(token)).rejects.toMatchObject(expired)
  })

  test('a login ends at the latest so long after it was made, however often it is used, and by the latest time it may be', async () => {
    const { create, authenticate, clock } = await bedOf()
    const { token, expiresAt } = await create(operator)
    expect(expiresAt).toBe(clock.now() / 1_000 + LOGIN_LIFE)
    for (let passed = 0; passed + 600 < LOGIN_LIFE; passed += 600) {
      clock.pass(600)
      await authenticate(token)
    }
    clock.hold(600)
    await expect(authenticate(token)).rejects.toMatchObject(expired)
  })

  test('of a token only the hash is kept, and no other token, nor the hash, is one', async () => {
    const { create, authenticate, rows } = await bedOf()
    const { token } = await create(operator)
    const [row] = await rows()
    expect(JSON.stringify(row)).not.toContain(token.slice(10))
    for (const wrong of [row!.token_hash, `${token}x`, token.slice(0, -1), 'wai_login_', ''])
      await expect(authenticate(wrong)).rejects.toMatchObject(over)
  })

  test('another password or stop ends each login for good, also when the one before came again', async () => {
    const { create, authenticate, now, rows } = await bedOf()
    const before = await create(operator)
    now.era = 'two'
    await expect(authenticate(before.token)).rejects.toMatchObject(over)
    const after = await create(operator)
    await authenticate(after.token)
    now.era = 'one'
    await expect(authenticate(before.token)).rejects.toMatchObject(over)
    expect((await rows()).map(({ id }) => id)).toEqual([after.id])
  })

  test('a login that was ended works no more, and is ended once', async () => {
    const { create, authenticate, end } = await bedOf()
    const [one, other] = [await create(operator), await create(operator)]
    expect(await end(one.id, operator)).toEqual({ id: one.id, status: 'ENDED' })
    await expect(authenticate(one.token)).rejects.toMatchObject(over)
    await authenticate(other.token)
    await expect(end(one.id, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('who is logged in has no password to show', async () => {
    const { create, authenticate } = await bedOf()
    const { proof } = await authenticate((await create(operator)).token)
    expect(keys().passwords.isPossible(proof().password ?? 'none')).toBe(false)
  })

  test('a password for looking is another one than the master password, is kept as a hash, and is right in each form of its letters', async () => {
    const { view } = await bedOf()
    for (const [wrong, says] of [
      ['too short', '12 characters'],
      ['the master password', 'another one than the master password'],
    ] as const)
      await expect(view.set(wrong, operator)).rejects.toThrow(says)
    await expect(view.require('', '192.0.2.1')).rejects.toMatchObject({ code: 'INVALID_VIEW_PASSWORD' })
    await view.set('to see caf\u00e9s alone', operator)
    await view.require('to see cafe\u0301s alone', '192.0.2.1')
    const kept = await view.get()
    expect(kept!.hash).not.toContain('alone')
    for (const wrong of ['to see cafes alone', kept!.hash, ''])
      await expect(view.require(wrong, '192.0.2.1')).rejects.toMatchObject({ code: 'INVALID_VIEW_PASSWORD' })
  })

  test('a login that looks ends with its password, with another one, and with what ends all logins; others stay', async () => {
    const { view, create, authenticate, now } = await bedOf()
    const typed = () => view.require('a password for looking', '192.0.2.1')
    const looking = async () => create({ actor: 'viewer' }, await typed())
    const full = await create(operator)
    await view.set('a password for looking', operator)
    const first = await looking()
    expect(await authenticate(first.token)).toMatchObject({ isLogin: true, onlyLooks: { loginId: first.id } })
    const before = await typed()
    // The same text again is another one, also for who has just typed it.
    await view.set('a password for looking', operator)
    await expect(create({ actor: 'viewer' }, before)).rejects.toMatchObject({ code: 'INVALID_VIEW_PASSWORD' })
    await expect(authenticate(first.token)).rejects.toMatchObject(over)
    const second = await looking()
    await authenticate(second.token)
    await view.remove(operator)
    await expect(authenticate(second.token)).rejects.toMatchObject(over)
    await expect(view.require('a password for looking', '192.0.2.1')).rejects.toMatchObject({
      code: 'INVALID_VIEW_PASSWORD',
    })
    await expect(view.remove(operator)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await authenticate(full.token)).not.toHaveProperty('onlyLooks')
    await view.set('a password for looking', operator)
    const third = await looking()
    now.era = 'two'
    for (const each of [third, full]) await expect(authenticate(each.token)).rejects.toMatchObject(over)
  })
})
