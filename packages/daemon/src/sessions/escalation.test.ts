import { mayCall, operations, sessionOperations, walletOperations } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const page = { limit: 50, offset: 0 }

test('an agent may renew and list its own session, read its own wallets and see what to seal to; everything else of them is the operator’s', () => {
  const open = Object.entries({ ...sessionOperations, ...walletOperations }).filter(([, op]) => mayCall(op, 'agent'))
  expect(open.map(([name]) => name).sort()).toEqual([
    ...['getSealingKey', 'getWallet', 'listSessions', 'listWalletNetworks', 'listWallets', 'renewSession'],
  ])
  const switches = Object.entries(operations).filter(([name, op]) => /KillSwitch/.test(name) && mayCall(op, 'agent'))
  expect(switches.map(([name]) => name)).toEqual(['getKillSwitch'])
})

forEachEngine((_engine, open) => {
  async function twoAgents() {
    const bed = await openBed(open, { keys: keys() })
    const [mine, theirs] = [await bed.createWallet({ name: 'mine' }), await bed.createWallet({ name: 'theirs' })]
    const me = await bed.sessions.create({ walletId: mine.id, ttl: 1_000 }, operator)
    const other = await bed.sessions.create({ walletId: theirs.id, ttl: 1_000 }, operator)
    return { bed, mine, theirs, me, other }
  }

  test('a session sees its own wallets only; those of others are not found', async () => {
    const { bed, mine, theirs, me } = await twoAgents()
    const reader = { sessionId: me.id }
    expect((await bed.wallets.list(reader, { limit: 10 })).items.map(({ id }) => id)).toEqual([mine.id])
    expect((await bed.wallets.read(mine.id, reader)).id).toBe(mine.id)
    for (const read of [() => bed.wallets.read(theirs.id, reader), () => bed.wallets.networks(theirs.id, reader)])
      await expect(read()).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND', status: 404 })
  })

  test('a session sees itself only, whatever wallet it asks for', async () => {
    const { bed, theirs, me } = await twoAgents()
    const own = await bed.sessions.list(page, me.id)
    expect([own.total, own.data.map(({ id }) => id)]).toEqual([1, [me.id]])
    expect((await bed.sessions.list({ ...page, walletId: theirs.id }, me.id)).data).toEqual([])
  })

  test('a wallet that was taken from a session is gone for it at once', async () => {
    const { bed, mine, theirs, me } = await twoAgents()
    await bed.sessions.link(me.id, theirs.id, operator)
    expect((await bed.wallets.read(theirs.id, { sessionId: me.id })).id).toBe(theirs.id)
    await bed.sessions.unlink(me.id, mine.id, operator)
    await expect(bed.wallets.read(mine.id, { sessionId: me.id })).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
  })

  test('a renewal keeps constraints, wallets and end of the whole life', async () => {
    const { bed, mine } = await twoAgents()
    const constraints = { maxTotalUsd: 5, networks: ['eip155:11155111'] }
    const wish = { walletId: mine.id, ttl: 1_000, absoluteLifetime: 1_500, constraints }
    const { id, token } = await bed.sessions.create(wish, operator)
    const before = (await bed.sessions.list(page, id)).data[0]!
    expect(before.constraints).toEqual({ maxTotalUsd: 5, networks: ['ethereum-sepolia'] })
    bed.clock.pass(600)
    await bed.sessions.renew(id, await bed.sessions.authenticate(token), undefined)
    const after = (await bed.sessions.list(page, id)).data[0]!
    expect(after.expiresAt).toBe(before.absoluteExpiresAt)
    const { constraints: kept, wallets, absoluteExpiresAt } = before
    expect(after).toMatchObject({ constraints: kept, wallets, absoluteExpiresAt })
  })

  test('a token that was seen before a rotation does not renew itself back in', async () => {
    const { bed, me } = await twoAgents()
    const thief = await bed.sessions.authenticate(me.token)
    bed.clock.pass(600)
    await bed.sessions.rotate(me.id, operator)
    await expect(bed.sessions.renew(me.id, thief, undefined)).rejects.toMatchObject({
      code: 'SESSION_RENEWAL_MISMATCH',
    })
  })

  test('a renewal that races a revocation opens nothing', async () => {
    const { bed, me } = await twoAgents()
    const principal = await bed.sessions.authenticate(me.token)
    bed.clock.pass(600)
    const [renewed] = await Promise.allSettled([
      bed.sessions.renew(me.id, principal, undefined),
      bed.sessions.revoke(me.id, operator),
    ])
    const token = renewed.status === 'fulfilled' ? renewed.value.token : me.token
    await expect(bed.sessions.authenticate(token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  })
})
