import { LOGIN_IDLE, LOGIN_LIFE } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { logins } from './service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const expired = { code: 'TOKEN_EXPIRED' }
const over = { code: 'INVALID_TOKEN' }

forEachEngine((_engine, open) => {
  async function bedOf() {
    const { database, clock } = await openBed(open, { keys: keys() })
    const now = { era: 'one' }
    const service = logins({ database, clock, audit: strictAudit({ clock }), era: async () => now.era })
    const rows = () => database.read((db) => db.query((k) => k.selectFrom('logins').selectAll()))
    return { ...service, clock, now, rows }
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
})
