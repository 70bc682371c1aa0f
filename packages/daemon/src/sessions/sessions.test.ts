import { readdirSync, readFileSync, statSync } from 'node:fs'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  type Bed,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { findSession } from './service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const nobody = '00000000-0000-7000-8000-000000000000'
const page = { limit: 50, offset: 0 }

forEachEngine((_engine, open, fresh) => {
  const start = (maxPerWallet?: number) => openBed(open, { keys: keys(), ...(maxPerWallet && { maxPerWallet }) })
  async function withSession(input: Record<string, unknown> = {}) {
    const bed = await start()
    const wallet = await bed.createWallet()
    const session = await bed.sessions.create({ walletId: wallet.id, ttl: 86_400, ...input }, operator)
    return { bed, wallet, session }
  }
  const renew = async (bed: Bed, id: string, token: string) =>
    bed.sessions.renew(id, await bed.sessions.authenticate(token), '127.0.0.1')

  test('a token has the documented form, and only its hash is stored', async () => {
    const { bed, session, wallet } = await withSession()
    expect(session).toMatchObject({ walletId: wallet.id, wallets: [{ id: wallet.id, name: 'one' }] })
    expect(session.token).toMatch(/^wai_sess_[\w-]+\.[\w-]+\.[\w-]+$/)
    const now = bed.clock.now() / 1000
    const claims = decodeJwt(session.token.slice('wai_sess_'.length))
    expect(claims).toMatchObject({ sub: session.id, sessionId: session.id, iat: now, exp: now + 86_400 })
    const row = await bed.database.read((db) => findSession(db, session.id))
    expect(JSON.stringify(row)).not.toContain(session.token.slice(-40))
    expect(await bed.events(wallet.id)).toContain('SESSION_CREATED')
  })

  test('an unlimited session says 0 and its token names no end', async () => {
    const { bed, session } = await withSession({ ttl: 0 })
    expect(session.expiresAt).toBe(0)
    expect(decodeJwt(session.token.slice('wai_sess_'.length)).exp).toBeUndefined()
    bed.clock.pass(10 * 365 * 86_400)
    await bed.sessions.authenticate(session.token)
    await expect(renew(bed, session.id, session.token)).rejects.toMatchObject({ code: 'RENEWAL_NOT_REQUIRED' })
  })

  test('an expired session opens nothing', async () => {
    const { bed, session } = await withSession({ ttl: 300 })
    bed.clock.pass(299)
    await bed.sessions.authenticate(session.token)
    bed.clock.pass(1)
    await expect(bed.sessions.authenticate(session.token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' })
    expect((await bed.sessions.list(page)).data[0]).toMatchObject({ id: session.id, status: 'EXPIRED' })
  })

  test('while the clock is held a session ends by the latest that it may be, and a new one has its full time', async () => {
    const { bed, session, wallet } = await withSession({ ttl: 300 })
    const day = 86_400
    bed.clock.hold(day)
    await expect(bed.sessions.authenticate(session.token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' })
    const made = await bed.sessions.create({ walletId: wallet.id, ttl: 300 }, operator)
    bed.clock.pass(299)
    await bed.sessions.authenticate(made.token)
    const renewed = await renew(bed, made.id, made.token)
    expect(renewed.expiresAt).toBe(bed.clock.latest() / 1000 + 300)
    // The hold ends: it was as late as that.
    bed.clock.hold(0)
    bed.clock.pass(day + 299)
    await bed.sessions.authenticate(renewed.token)
    bed.clock.pass(1)
    await expect(bed.sessions.authenticate(renewed.token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' })
  })

  test('an unlimited session with an absolute lifetime ends with it', async () => {
    const { bed, session } = await withSession({ ttl: 0, absoluteLifetime: 600 })
    expect(session.expiresAt).toBe(bed.clock.now() / 1000 + 600)
    bed.clock.pass(600)
    await expect(bed.sessions.authenticate(session.token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' })
  })

  test('tokens stay valid over a restart', async () => {
    const location = await fresh()
    const bed = await openBed(open, { keys: keys(), location })
    const { session } = await bed.createWallet({ createSession: true })
    const again = await openBed(open, { keys: keys(), location, clock: bed.clock })
    expect(await again.sessions.authenticate(session!.token)).toMatchObject({ sessionId: session!.id })
  })

  test('whatever is not a token of this daemon is refused as such', async () => {
    const { bed, session } = await withSession()
    const [header, payload, signature] = session.token.slice('wai_sess_'.length).split('.')
    const forged = Buffer.from(JSON.stringify({ sub: session.id, sessionId: session.id })).toString('base64url')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
    for (const token of [
      '',
      'wai_sess_',
      'wai_sess_x.y.z',
      session.token.slice('wai_sess_'.length),
      `${session.token}A`,
      `wai_sess_${header}.${forged}.${signature}`,
      `wai_sess_${none}.${payload}.`,
    ])
      await expect(bed.sessions.authenticate(token)).rejects.toMatchObject({ code: 'INVALID_TOKEN' })
  })

  test('a genuine token of a session that this database does not have is not found', async () => {
    const { session } = await withSession()
    const other = await start()
    await expect(other.sessions.authenticate(session.token)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  describe('renewal', () => {
    test('comes after half of the time, keeps the length, and counts', async () => {
      const { bed, session } = await withSession({ ttl: 1_000 })
      bed.clock.pass(499)
      await expect(renew(bed, session.id, session.token)).rejects.toMatchObject({
        ...{ code: 'RENEWAL_TOO_EARLY', status: 400, retryAfter: 1 },
      })
      bed.clock.pass(1)
      const renewed = await renew(bed, session.id, session.token)
      expect(renewed).toMatchObject({ id: session.id, renewalCount: 1, expiresAt: bed.clock.now() / 1000 + 1_000 })
      expect(renewed.token).not.toBe(session.token)
      await expect(renew(bed, session.id, renewed.token)).rejects.toMatchObject({ code: 'RENEWAL_TOO_EARLY' })
      expect(await bed.evidence('SESSION_RENEWED')).toMatchObject([{ actor: `session:${session.id}` }])
    })

    test('of one client ends no other: the old token opens until its own end, and renews to the same successor', async () => {
      const { bed, session } = await withSession({ ttl: 1_000 })
      bed.clock.pass(500)
      const first = await renew(bed, session.id, session.token)
      bed.clock.pass(100)
      const second = await renew(bed, session.id, session.token)
      expect(second).toEqual(first)
      expect(await bed.evidence('SESSION_RENEWED')).toHaveLength(1)
      bed.clock.pass(399)
      await bed.sessions.authenticate(session.token)
      bed.clock.pass(1)
      await expect(bed.sessions.authenticate(session.token)).rejects.toMatchObject({ code: 'INVALID_TOKEN' })
      await bed.sessions.authenticate(first.token)
    })

    test('of two clients of a wallet, each with a token of its own, goes on for a day without either ending the other', async () => {
      const bed = await start()
      const { id: walletId } = await bed.createWallet()
      // They begin at different times, and live for different times.
      const clients: { id: string; token: string; ttl: number; renewAt: number; renewals: number }[] = []
      for (const ttl of [3_600, 1_800]) {
        const { id, token } = await bed.sessions.create({ walletId, ttl }, operator)
        clients.push({ id, token, ttl, renewAt: bed.clock.now() + ttl * 600, renewals: 0 })
        bed.clock.pass(700)
      }
      for (const end = bed.clock.now() + 86_400_000; bed.clock.now() < end; bed.clock.pass(60)) {
        for (const client of clients) {
          await bed.sessions.authenticate(client.token)
          if (bed.clock.now() < client.renewAt) continue
          const { token, expiresAt } = await renew(bed, client.id, client.token)
          expect(expiresAt).toBe(bed.clock.now() / 1_000 + client.ttl)
          Object.assign(client, { token, renewAt: bed.clock.now() + client.ttl * 600, renewals: client.renewals + 1 })
        }
      }
      expect(clients.map(({ renewals }) => renewals)).toEqual([40, 80])
      expect((await bed.sessions.list(page)).data.map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE'])
      // Each still ends alone.
      await bed.sessions.revoke(clients[0]!.id, operator)
      await expect(bed.sessions.authenticate(clients[0]!.token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
      await bed.sessions.authenticate(clients[1]!.token)
    })

    test('of many at once wins once, and gives all of them one token', async () => {
      const { bed, session } = await withSession({ ttl: 1_000 })
      bed.clock.pass(500)
      const all = await Promise.all([...Array(8)].map(() => renew(bed, session.id, session.token)))
      expect(new Set(all.map(({ token }) => token)).size).toBe(1)
      expect(await bed.evidence('SESSION_RENEWED')).toHaveLength(1)
      await bed.sessions.authenticate(all[0]!.token)
    })

    test('by a token that the operator has replaced, or of a revoked session, gives none', async () => {
      const { bed, session } = await withSession({ ttl: 1_000 })
      bed.clock.pass(500)
      const renewed = await renew(bed, session.id, session.token)
      await bed.sessions.rotate(session.id, operator)
      // A rotation leaves the newest a minute, and ends those before at once.
      await expect(bed.sessions.authenticate(session.token)).rejects.toMatchObject({ code: 'INVALID_TOKEN' })
      await expect(renew(bed, session.id, renewed.token)).rejects.toMatchObject({
        code: 'SESSION_RENEWAL_MISMATCH',
        status: 409,
      })
      const other = await withSession({ ttl: 1_000 })
      other.bed.clock.pass(500)
      const agent = await other.bed.sessions.authenticate(other.session.token)
      await renew(other.bed, other.session.id, other.session.token)
      await other.bed.sessions.revoke(other.session.id, operator)
      await expect(other.bed.sessions.renew(other.session.id, agent, undefined)).rejects.toMatchObject({
        code: 'SESSION_REVOKED',
      })
    })

    test('ends with its number and with the absolute lifetime', async () => {
      const counted = await withSession({ ttl: 1_000, maxRenewals: 1 })
      counted.bed.clock.pass(500)
      const { token } = await renew(counted.bed, counted.session.id, counted.session.token)
      counted.bed.clock.pass(600)
      await expect(renew(counted.bed, counted.session.id, token)).rejects.toMatchObject({
        code: 'RENEWAL_LIMIT_REACHED',
      })

      const { bed, session } = await withSession({ ttl: 1_000, absoluteLifetime: 1_200 })
      bed.clock.pass(600)
      const capped = await renew(bed, session.id, session.token)
      expect(capped.expiresAt).toBe(bed.clock.now() / 1000 + 600)
      bed.clock.pass(500)
      await expect(renew(bed, session.id, capped.token)).rejects.toMatchObject({
        code: 'SESSION_ABSOLUTE_LIFETIME_EXCEEDED',
      })
    })

    test('is for the own session only', async () => {
      const { bed, session, wallet } = await withSession({ ttl: 1_000 })
      const other = await bed.sessions.create({ walletId: wallet.id, ttl: 1_000 }, operator)
      bed.clock.pass(600)
      await expect(renew(bed, other.id, session.token)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    })
  })

  test('a rotation gives another token with the same end; the old one has a minute', async () => {
    const { bed, session } = await withSession()
    const rotated = await bed.sessions.rotate(session.id, operator)
    expect(rotated).toMatchObject({ id: session.id, expiresAt: session.expiresAt, tokenIssuedCount: 2 })
    await bed.sessions.authenticate(rotated.token)
    await bed.sessions.authenticate(session.token)
    bed.clock.pass(60)
    await expect(bed.sessions.authenticate(session.token)).rejects.toMatchObject({ code: 'INVALID_TOKEN' })
    await bed.sessions.authenticate(rotated.token)
    expect(await bed.evidence('SESSION_ROTATED')).toHaveLength(1)
  })

  test('rotations at once each give a token, and the last one stays', async () => {
    const { bed, session } = await withSession()
    const rotations = await Promise.all([...Array(4)].map(() => bed.sessions.rotate(session.id, operator)))
    expect(new Set(rotations.map(({ token }) => token)).size).toBe(4)
    bed.clock.pass(60)
    const open = await Promise.allSettled(rotations.map(({ token }) => bed.sessions.authenticate(token)))
    expect(open.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('a revocation stops all that the session asked for, waits for what left, and may be repeated', async () => {
    const bed = await start()
    const [first, second] = [await bed.createWallet(), await bed.createWallet()]
    const { id, token } = await bed.sessions.create({ walletIds: [first.id, second.id], ttl: 0 }, operator)
    const rotated = await bed.sessions.rotate(id, operator)
    expect(await bed.sessions.revoke(id, operator)).toEqual({ id, status: 'REVOKED' })
    expect(bed.calls).toEqual([`stop ${id}: SESSION_REVOKED`, `quiet ${first.id} ${second.id}`])
    for (const one of [token, rotated.token])
      await expect(bed.sessions.authenticate(one)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    await expect(bed.sessions.rotate(id, operator)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    expect(await bed.sessions.revoke(id, operator)).toMatchObject({ status: 'REVOKED', message: expect.any(String) })
    expect(await bed.evidence('SESSION_REVOKED')).toHaveLength(2)
    expect((await bed.sessions.list(page)).data).toEqual([])
    await expect(bed.sessions.revoke(nobody, operator)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('a revocation during links leaves no wallet out', async () => {
    const bed = await start()
    const wallets = [await bed.createWallet(), await bed.createWallet(), await bed.createWallet()]
    const { id } = await bed.sessions.create({ walletId: wallets[0]!.id, ttl: 0 }, operator)
    const links = wallets.slice(1).map((wallet) => bed.sessions.link(id, wallet.id, operator))
    const [, ...linked] = await Promise.allSettled([bed.sessions.revoke(id, operator), ...links])
    const done = linked.filter(({ status }) => status === 'fulfilled').length
    expect(await bed.evidence('SESSION_REVOKED')).toHaveLength(1 + done)
  })

  test('wallets are linked and unlinked, the last one stays, and an unlinking is a stop', async () => {
    const { bed, session, wallet } = await withSession()
    const other = await bed.createWallet()
    expect(await bed.sessions.link(session.id, other.id, operator)).toMatchObject({
      sessionId: session.id,
      walletId: other.id,
    })
    await expect(bed.sessions.link(session.id, other.id, operator)).rejects.toMatchObject({
      code: 'WALLET_ALREADY_LINKED',
    })
    await expect(bed.sessions.link(session.id, nobody, operator)).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
    await bed.sessions.unlink(session.id, wallet.id, operator)
    expect(bed.calls).toEqual([`stop ${wallet.id} of ${session.id}: SESSION_REVOKED`, `quiet ${wallet.id}`])
    await expect(bed.sessions.unlink(session.id, other.id, operator)).rejects.toMatchObject({
      code: 'SESSION_REQUIRES_WALLET',
    })
    await expect(bed.sessions.unlink(session.id, wallet.id, operator)).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    })
    expect((await bed.sessions.wallets(session.id)).wallets).toMatchObject([
      { id: other.id, name: other.name, chain: 'ethereum' },
    ])
  })

  test('a wallet has no more live sessions than allowed, also when they come at once', async () => {
    const bed = await start(2)
    const wallet = await bed.createWallet()
    const create = () => bed.sessions.create({ walletId: wallet.id, ttl: 300 }, operator)
    const tries = await Promise.allSettled([create(), create(), create(), create()])
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    await expect(create()).rejects.toMatchObject({ code: 'SESSION_LIMIT_EXCEEDED' })
    bed.clock.pass(300)
    await create()
  })

  test('a list counts all, pages by cursor and by offset, newest first', async () => {
    const { bed, session, wallet } = await withSession()
    const second = await bed.sessions.create({ walletId: wallet.id, ttl: 0 }, operator)
    const first = await bed.sessions.list({ limit: 1, offset: 0 })
    expect([first.data[0]!.id, first.total, first.hasMore]).toEqual([second.id, 2, true])
    const byCursor = await bed.sessions.list({ limit: 1, offset: 0, cursor: first.nextCursor! })
    const byOffset = await bed.sessions.list({ limit: 1, offset: 1 })
    expect([byCursor.data[0]!.id, byOffset.data[0]!.id]).toEqual([session.id, session.id])
    expect((await bed.sessions.list({ ...page, walletId: nobody })).total).toBe(0)
  })

  test('an MCP token is left in a file that only its owner reads', async () => {
    const bed = await start()
    const wallet = await bed.createWallet({ name: 'My Wallet!' })
    const made = await bed.sessions.createMcpToken({ walletId: wallet.id }, 'http://127.0.0.1:3100', operator)
    expect(made).toMatchObject({
      ...{ walletId: wallet.id, walletName: 'My Wallet!', tokenPath: `${bed.dataDir}/mcp-tokens/${wallet.id}` },
      claudeDesktopConfig: {
        'waiaas-my-wallet': { command: `${bed.dataDir}/run-node`, env: { WAIAAS_WALLET_ID: wallet.id } },
      },
    })
    expect(statSync(made.tokenPath).mode & 0o777).toBe(0o600)
    await bed.sessions.authenticate(readFileSync(made.tokenPath, 'utf8'))
    expect(JSON.stringify(made)).not.toContain('wai_sess_')
    await expect(
      bed.sessions.createMcpToken({ walletId: nobody }, 'http://127.0.0.1:3100', operator),
    ).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
    expect(readdirSync(`${bed.dataDir}/mcp-tokens`)).toEqual([wallet.id])
  })
})
