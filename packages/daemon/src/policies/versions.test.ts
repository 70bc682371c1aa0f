import { CreatePolicyRequest, newId } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { alice, bob, failing, startPolicies } from '../../test/policies/service-bed.ts'
import { keepRestored } from './service.ts'

const rate = (max_requests: number) => ({ max_requests, window_seconds: 60 })
const aRate = { type: 'RATE_LIMIT', rules: rate(5) }

forEachEngine((_, open) => {
  async function start() {
    const bed = await startPolicies(open)
    const versions = (query: { policyId?: string; walletId?: string; limit?: number; cursor?: string } = {}) =>
      bed.service.versions({ limit: 50, ...query })
    const story = async (policyId?: string) =>
      (await versions(policyId === undefined ? {} : { policyId })).data.map(({ change, author }) => [change, author])
    return { ...bed, versions, story }
  }

  test('each change of a policy is kept with its author, time and what held, also when the policy is gone', async () => {
    const { service, create, versions, version } = await start()
    const made = await create({ ...aRate, walletId: alice, name: 'team/rate' })
    await service.update({ id: made.id, rules: rate(6), priority: 2 }, { actor: 'owner:0xb0b' })
    await service.remove(made.id)
    const { data, nextCursor } = await versions({ policyId: made.id })
    expect(nextCursor).toBeNull()
    expect(data).toMatchObject([
      { change: 'DELETED', author: 'operator', rules: rate(6), priority: 2, name: 'team/rate' },
      { change: 'UPDATED', author: 'owner:0xb0b', rules: rate(6), priority: 2, walletId: alice },
      { change: 'CREATED', author: 'operator', rules: rate(5), priority: 0, enabled: true, policyId: made.id },
    ])
    const numbers = data.map(({ version }) => version)
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => b - a))
    expect(await version()).toBe(numbers[0])
    for (const { at } of data) expect(at).toBeGreaterThanOrEqual(made.createdAt)
  })

  test('the number of all policies is that of their newest change, whichever wallet it is of', async () => {
    const { create, versions, version } = await start()
    await create({ ...aRate, walletId: alice })
    await create({ ...aRate, walletId: bob })
    const every = await create(aRate)
    const { data } = await versions()
    expect(data[0]).toMatchObject({ policyId: every.id, version: await version(alice) })
    expect(await version(bob)).toBe(data[0]?.version)
    expect((await versions({ walletId: alice })).data.map(({ walletId }) => walletId)).toEqual([null, alice])
    expect(await failing(versions({ walletId: newId() }))).toBe('WALLET_NOT_FOUND')
  })

  test('a change that is rolled back or refused leaves no version', async () => {
    const { database, service, create, story } = await start()
    const job = database.work({ exclusive: [`wallet:${alice}`] }, async (db) => {
      await service.installDefault(db, alice)
      throw new Error('the wallet was not created after all')
    })
    await expect(job).rejects.toThrow('not created')
    expect(await failing(create({ ...aRate, walletId: newId() }))).toBe('WALLET_NOT_FOUND')
    expect(await story()).toEqual([])
  })

  test('the limit that came with a wallet, its replacement, a restore and a purge are versions too', async () => {
    const { database, service, create, story, version } = await start()
    const job = <T>(run: (db: Parameters<typeof service.installDefault>[0]) => Promise<T>) =>
      database.work({ exclusive: ['system', `wallet:${alice}`] }, run)
    const standard = await job((db) => service.installDefault(db, alice, { actor: 'operator' }))
    const own = await create({ walletId: alice, type: 'SPENDING_LIMIT', rules: { instant_max_usd: 1 } })
    expect(await story(standard.id)).toEqual([
      ['REPLACED', 'operator'],
      ['CREATED', 'operator'],
    ])
    const before = await version()
    await job((db) => keepRestored({ now: () => 0 }, db, { actor: 'operator' }))
    expect(await version()).toBeGreaterThan(before)
    await job((db) => service.purge(db, alice, { actor: 'operator' }))
    expect(await story(own.id)).toEqual([
      ['PURGED', 'operator'],
      ['RESTORED', 'operator'],
      ['CREATED', 'operator'],
    ])
  })

  test('versions are paged without a gap, those of one number too', async () => {
    const { database, create, versions } = await start()
    for (let round = 0; round < 4; round++) await create({ ...aRate, walletId: alice })
    await database.work({ exclusive: ['system'] }, (db) => keepRestored({ now: () => 0 }, db, { actor: 'operator' }))
    const all = (await versions()).data.map(({ version, policyId }) => `${version} ${policyId}`)
    expect(all).toHaveLength(8)
    const walked: string[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await versions({ limit: 3, ...(cursor && { cursor }) })
      walked.push(...page.data.map(({ version, policyId }) => `${version} ${policyId}`))
      cursor = page.nextCursor
    }
    expect(walked).toEqual(all)
  })

  test('a name is had once in a wallet and once among those of every wallet, and is free again afterwards', async () => {
    const { service, create } = await start()
    const named = { ...aRate, name: 'rate' }
    const own = await create({ ...named, walletId: alice })
    expect(own.name).toBe('rate')
    await create({ ...named, walletId: bob })
    await create(named)
    await expect(create({ ...named, walletId: alice })).rejects.toMatchObject({
      code: 'POLICY_NAME_EXISTS',
      message: expect.stringContaining(`waiaas policy delete ${own.id}`),
    })
    expect(await failing(create(named))).toBe('POLICY_NAME_EXISTS')
    await service.remove(own.id)
    expect((await create({ ...named, walletId: alice })).name).toBe('rate')
    for (const name of ['Rate', '', '-a', 'a b', 'a'.repeat(64)])
      expect(CreatePolicyRequest.safeParse({ ...aRate, name }).success, name).toBe(false)
  })
})
