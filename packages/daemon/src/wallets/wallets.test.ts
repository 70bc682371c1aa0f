import { describe, expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import type { Handle } from '../platform/db/database.ts'
import { findWallet, sharedNames, walletIdOf, walletOfSession } from './service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const everything = { limit: 1_000 }
const nobody = '00000000-0000-7000-8000-000000000000'

forEachEngine((_engine, open) => {
  const start = () => openBed(open, { keys: keys() })

  test('a new wallet comes with a session of a day and the modest spending limit, on record', async () => {
    const bed = await start()
    const wallet = await bed.createWallet({ createSession: true })
    expect(wallet).toMatchObject({
      ...{ name: 'one', chain: 'ethereum', environment: 'testnet', status: 'ACTIVE', network: 'ethereum-sepolia' },
      ...{ ownerAddress: null, ownerState: 'NONE', accountType: 'eoa', monitorIncoming: false },
      defaultPolicy: { type: 'SPENDING_LIMIT', rules: { instant_max_usd: 10, daily_limit_usd: 500 } },
    })
    expect(wallet.publicKey).toMatch(/^0x[0-9a-fA-F]{40}$/)
    expect(wallet.session?.expiresAt).toBe(bed.clock.now() / 1000 + 86_400)
    expect(await bed.sessions.authenticate(wallet.session!.token)).toMatchObject({ sessionId: wallet.session!.id })
    expect(await bed.events(wallet.id)).toEqual(['POLICY_CREATED', 'WALLET_CREATED', 'SESSION_CREATED'])
    expect((await bed.verifyEvidence()).whole).toBe(true)
  })

  test('a wallet without default policy and session has neither', async () => {
    const bed = await start()
    const wallet = await bed.createWallet({ defaultPolicy: false })
    expect(wallet).toMatchObject({ session: null, defaultPolicy: null })
    expect(await bed.events(wallet.id)).toEqual(['WALLET_CREATED'])
  })

  test('a chain without networks has no wallets', async () => {
    const bed = await start()
    const [first, second] = [await bed.createWallet(), await bed.createWallet()]
    await expect(bed.createWallet({ chain: 'ripple' })).rejects.toMatchObject({ code: 'CHAIN_NOT_SUPPORTED' })
    const { items, hasMore } = await bed.wallets.list({}, everything)
    expect([items.map(({ id }) => id), hasMore]).toEqual([[first.id, second.id], false])
  })

  test('a name is one wallet’s alone, however it is written, until that one is purged', async () => {
    const bed = await start()
    const taken = { code: 'WALLET_NAME_EXISTS' }
    const { id } = await bed.createWallet({ name: 'Café Größe' })
    const other = await bed.createWallet({ name: 'other' })
    for (const name of ['café größe', 'CAFE\u0301 GRÖSSE', ' Café  Größe ', 'Ca\u200bfé Größe'])
      await expect(bed.createWallet({ name }), name).rejects.toMatchObject(taken)
    await expect(bed.wallets.rename(other.id, 'CAFÉ GRÖSSE', operator)).rejects.toMatchObject(taken)
    await bed.createWallet({ name: 'half \ud800' })
    // Both are stored as the same text.
    await expect(bed.createWallet({ name: 'half \udc00' })).rejects.toMatchObject(taken)
    expect(await bed.wallets.rename(id, 'CAFÉ GRÖSSE', operator)).toMatchObject({ name: 'CAFÉ GRÖSSE' })
    await bed.wallets.terminate(id, operator)
    await expect(bed.createWallet({ name: 'café größe' })).rejects.toMatchObject({
      ...taken,
      message: expect.stringContaining('purge it'),
    })
    await bed.wallets.purge(id, operator)
    expect(await bed.wallets.rename(other.id, 'café größe', operator)).toMatchObject({ name: 'café größe' })
  })

  test('of many that take one name at once, one gets it', async () => {
    const bed = await start()
    const tries = await Promise.allSettled([1, 2, 3].map(() => bed.createWallet({ name: 'wanted' })))
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
    for (const attempt of tries)
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'WALLET_NAME_EXISTS' })
  })

  test('wallets that share a name from before are told of, work by their ids, and are meant by no name', async () => {
    const bed = await start()
    const [one, two] = [await bed.createWallet(), await bed.createWallet()]
    const share = { name: 'shop', name_key: null }
    await bed.database.work({ exclusive: ['system'] }, (db) =>
      db.query((kysely) => kysely.updateTable('wallets').set(share).returningAll()),
    )
    const read = <T>(job: (db: Handle) => Promise<T>) => bed.database.read(job)
    expect(await read(sharedNames)).toEqual([
      expect.stringMatching(`2 wallets are called "shop" .*${one.id}.*${two.id}`),
    ])
    await expect(read((db) => walletIdOf(db, 'Shop'))).rejects.toMatchObject({
      code: 'WALLET_ID_REQUIRED',
      details: { wallets: [{ id: one.id }, { id: two.id }] },
    })
    expect(await read((db) => walletIdOf(db, one.id.toUpperCase()))).toBe(one.id)
    await expect(bed.createWallet({ name: 'SHOP' })).rejects.toMatchObject({ code: 'WALLET_NAME_EXISTS' })
    await bed.wallets.rename(two.id, 'store', operator)
    expect(await read(sharedNames)).toEqual([])
    expect(await read((db) => walletIdOf(db, 'shop'))).toBe(one.id)
    expect(await read((db) => walletIdOf(db, 'STORE'))).toBe(two.id)
  })

  test('a list is read in pages', async () => {
    const bed = await start()
    const made = [await bed.createWallet(), await bed.createWallet(), await bed.createWallet()]
    const first = await bed.wallets.list({}, { limit: 2 })
    const second = await bed.wallets.list({}, { limit: 2, cursor: first.nextCursor! })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made.map(({ id }) => id))
    expect([first.hasMore, second.hasMore, second.nextCursor]).toEqual([true, false, null])
  })

  test('a suspension has stopped, and what was on its way is over, before it answers, and a resume lifts it', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const suspended = await bed.wallets.suspend(id, 'MANUAL', operator)
    expect(suspended).toEqual({
      id,
      status: 'SUSPENDED',
      suspendedAt: bed.clock.now() / 1000,
      suspensionReason: 'MANUAL',
    })
    expect(bed.calls).toEqual([`stop ${id}: WALLET_SUSPENDED`, `quiet ${id}`])
    expect(await bed.wallets.read(id, {})).toMatchObject({ status: 'SUSPENDED', suspensionReason: 'MANUAL' })
    await expect(bed.wallets.suspend(id, 'again', operator)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
    expect(await bed.wallets.resume(id, operator)).toEqual({ id, status: 'ACTIVE' })
    expect(bed.calls.at(-1)).toBe(`resume ${id}`)
    expect(await bed.wallets.read(id, {})).toMatchObject({
      status: 'ACTIVE',
      suspendedAt: null,
      suspensionReason: null,
    })
    await expect(bed.wallets.resume(id, operator)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
    expect((await bed.events(id)).slice(-2)).toEqual(['WALLET_SUSPENDED', 'WALLET_RESUMED'])
  })

  test('of many suspensions at once one wins, and a resume after them leaves the wallet running', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const tries = await Promise.allSettled([...Array(5)].map(() => bed.wallets.suspend(id, 'MANUAL', operator)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await Promise.allSettled([bed.wallets.resume(id, operator)])
    expect(bed.calls.at(-1)).toBe(`resume ${id}`)
  })

  test('a terminated wallet ends its sessions, stays readable, and does nothing more', async () => {
    const bed = await start()
    const gone = await bed.createWallet()
    const kept = await bed.createWallet()
    const alone = await bed.sessions.create({ walletId: gone.id, ttl: 0 }, operator)
    const both = await bed.sessions.create({ walletIds: [gone.id, kept.id], ttl: 0 }, operator)
    expect(await bed.wallets.terminate(gone.id, operator)).toEqual({ id: gone.id, status: 'TERMINATED' })
    expect(bed.calls).toEqual([`stop ${gone.id}: WALLET_TERMINATED`, `quiet ${gone.id}`])
    await expect(bed.sessions.authenticate(alone.token)).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
    await bed.sessions.authenticate(both.token)
    expect((await bed.sessions.wallets(both.id)).wallets.map(({ id }) => id)).toEqual([kept.id])
    expect(await bed.wallets.read(gone.id, {})).toMatchObject({ status: 'TERMINATED' })
    for (const again of [
      () => bed.wallets.terminate(gone.id, operator),
      () => bed.wallets.rename(gone.id, 'new', operator),
      () => bed.wallets.suspend(gone.id, 'MANUAL', operator),
      () => bed.sessions.create({ walletId: gone.id, ttl: 0 }, operator),
    ])
      await expect(again()).rejects.toMatchObject({ code: 'WALLET_TERMINATED' })
  })

  test('only a terminated wallet is purged; its key goes, its row and evidence stay', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    expect((await bed.keyRows.key(id)).walletId).toBe(id)
    await expect(bed.wallets.purge(id, operator)).rejects.toMatchObject({ code: 'WALLET_NOT_TERMINATED' })
    await bed.wallets.terminate(id, operator)
    expect(await bed.wallets.purge(id, operator)).toEqual({ id, status: 'PURGED' })
    await expect(bed.keyRows.key(id)).rejects.toThrow('purged')
    await expect(bed.wallets.read(id, {})).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
    await expect(bed.wallets.purge(id, operator)).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
    expect((await bed.wallets.list({}, everything)).items).toEqual([])
    expect(await bed.database.read((db) => findWallet(db, id))).toMatchObject({ status: 'TERMINATED' })
    expect((await bed.events(id)).at(-1)).toBe('WALLET_PURGED')
  })

  test('a rename is seen and recorded with both names', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    expect(await bed.wallets.rename(id, 'two', operator)).toMatchObject({ id, name: 'two' })
    expect(await bed.wallets.read(id, {})).toMatchObject({ name: 'two' })
    const [renamed] = await bed.evidence('WALLET_RENAMED')
    expect(JSON.parse(renamed!.details)).toEqual({ from: 'one', to: 'two' })
  })

  test('an unknown wallet is not found, whatever is asked of it', async () => {
    const bed = await start()
    for (const call of [
      () => bed.wallets.read(nobody, {}),
      () => bed.wallets.networks(nobody, {}),
      () => bed.wallets.rename(nobody, 'x', operator),
      () => bed.wallets.suspend(nobody, 'MANUAL', operator),
      () => bed.wallets.resume(nobody, operator),
      () => bed.wallets.terminate(nobody, operator),
      () => bed.wallets.purge(nobody, operator),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
  })

  test('networks are listed for both generations of clients', async () => {
    const bed = await start()
    const { id } = await bed.createWallet({ chain: 'solana', environment: 'mainnet' })
    expect(await bed.wallets.networks(id, {})).toMatchObject({
      availableNetworks: [{ network: 'solana-mainnet' }],
      networks: [{ network: 'solana-mainnet', chainId: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp' }],
    })
  })

  describe('the wallet that a session call means', () => {
    test('is the only one, also as "default", and has to be named when there are several', async () => {
      const bed = await start()
      const [first, second] = [await bed.createWallet(), await bed.createWallet()]
      const one = await bed.sessions.create({ walletId: first.id, ttl: 0 }, operator)
      const two = await bed.sessions.create({ walletIds: [first.id, second.id], ttl: 0 }, operator)
      const choose = (session: string, name?: string) =>
        bed.database.read((db) => walletOfSession(db, session, { walletId: name }))
      expect((await choose(one.id)).id).toBe(first.id)
      expect((await choose(one.id, 'default')).id).toBe(first.id)
      expect((await choose(two.id, second.id)).id).toBe(second.id)
      await expect(choose(two.id)).rejects.toMatchObject({ code: 'WALLET_ID_REQUIRED' })
      await expect(choose(two.id, 'default')).rejects.toMatchObject({ code: 'WALLET_ID_REQUIRED' })
      await expect(choose(one.id, second.id)).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
      await expect(choose(nobody)).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
    })
  })
})
