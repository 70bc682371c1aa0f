import { CreatePolicyRequest, newId, type PolicyResponse } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { BOB, NOON, USDC_ADDRESS } from '../../test/policies/samples.ts'
import { agent, alice, bob, ended, failing, gone, startPolicies as start } from '../../test/policies/service-bed.ts'
import { migrations } from '../migrations/all.ts'
import { policyVersions } from './service.ts'

const limit = { type: 'SPENDING_LIMIT', rules: { instant_max_usd: 100, daily_limit_usd: '5000.5' } }
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id)
/** In base units of an asset with no decimals. */
const most = { instant_max: '1', notify_max: '1', delay_max: '1' }
const SOL = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'

forEachEngine((_, open) => {
  test('networks in rules have any name that they have elsewhere, and are kept and shown by one', async () => {
    const { service, create } = await start(open)
    const check = async (type: string, given: Record<string, unknown>, kept: object) => {
      const made = await create({ walletId: alice, type, rules: given })
      expect((await service.get(made.id)).rules).toEqual(kept)
      const changed = await service.update({ id: made.id, rules: given })
      expect(changed.rules).toEqual(kept)
      await service.remove(made.id)
    }
    const tokens = (...list: object[]) => ({ tokens: list })
    await check(
      'ALLOWED_TOKENS',
      tokens(
        { address: USDC_ADDRESS, chain: 'eip155:11155111' },
        { address: USDC_ADDRESS, chain: 'ethereum' },
        { address: MINT, assetId: `mainnet/token:${MINT}`, chain: 'mainnet' },
        { address: USDC_ADDRESS, assetId: `ethereum-sepolia/erc20:${USDC_ADDRESS}` },
      ),
      tokens(
        { address: USDC_ADDRESS, chain: 'ethereum-sepolia' },
        { address: USDC_ADDRESS, chain: 'ethereum' },
        { address: MINT, assetId: `${SOL}/token:${MINT}`, chain: 'solana-mainnet' },
        { address: USDC_ADDRESS, assetId: `eip155:11155111/erc20:${USDC_ADDRESS.toLowerCase()}` },
      ),
    )
    const contracts = (chain: string) => ({ contracts: [{ address: BOB, chain }] })
    await check('CONTRACT_WHITELIST', contracts('eip155:1'), contracts('ethereum-mainnet'))
    const networks = (network: string) => ({ networks: [{ network }] })
    await check('ALLOWED_NETWORKS', networks('devnet'), networks('solana-devnet'))
    const rest = { delay_seconds: 900, max_fee_usd: 25, over_limit: 'DENY' }
    await check(
      'SPENDING_LIMIT',
      { token_limits: { 'native:mainnet': most, 'native:solana': most, [`devnet/token:${MINT}`]: most } },
      {
        ...rest,
        token_limits: {
          ...{ [`${SOL}/slip44:501`]: most, 'native:solana': most },
          [`solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1/token:${MINT}`]: most,
        },
      },
    )
    for (const [type, rules] of [
      ['ALLOWED_TOKENS', tokens({ address: USDC_ADDRESS, chain: 'moon' })],
      ['ALLOWED_TOKENS', tokens({ address: MINT, assetId: `moon/token:${MINT}` })],
      // By CAIP-2 too, which names a chain that nobody has here.
      ['ALLOWED_TOKENS', tokens({ address: USDC_ADDRESS, assetId: `eip155:13/erc20:${USDC_ADDRESS}` })],
      ['SPENDING_LIMIT', { token_limits: { [`eip155:13/erc20:${USDC_ADDRESS}`]: most } }],
      ['CONTRACT_WHITELIST', contracts('moon')],
      ['SPENDING_LIMIT', { token_limits: { 'native:moon': most } }],
      ['SPENDING_LIMIT', { token_limits: { 'native:mainnet': most, [`${SOL}/slip44:501`]: most } }],
    ] as const)
      expect(await failing(create({ walletId: alice, type, rules })), JSON.stringify(rules)).toBe(
        'ACTION_VALIDATION_FAILED',
      )
  })

  test('a policy is stored with its defaults, found, changed and removed, each with evidence', async () => {
    const { service, events, create } = await start(open)
    const made = await create({ ...limit, walletId: alice })
    expect(made).toMatchObject({
      walletId: alice,
      rules: { instant_max_usd: 100, daily_limit_usd: 5000.5, delay_seconds: 900, over_limit: 'DENY' },
      enabled: true,
      isDefault: false,
    })
    expect(await service.get(made.id)).toEqual(made)
    const changed = await service.update({ id: made.id, rules: { notify_max: '7' }, enabled: false })
    expect(changed).toMatchObject({ rules: { notify_max: '7', delay_seconds: 900 }, enabled: false, priority: 0 })
    expect(await service.get(made.id)).toEqual(changed)
    expect(await service.remove(made.id)).toEqual({ id: made.id, deleted: true })
    expect(await failing(service.get(made.id))).toBe('POLICY_NOT_FOUND')
    expect(await failing(service.remove(made.id))).toBe('POLICY_NOT_FOUND')
    expect(await failing(service.update({ id: made.id, priority: 1 }))).toBe('POLICY_NOT_FOUND')
    expect(events.map(({ event, walletId }) => [event, walletId])).toEqual([
      ['POLICY_CREATED', alice],
      ['POLICY_UPDATED', alice],
      ['POLICY_DELETED', alice],
    ])
  })

  test('a policy of a session, or of a label, is kept as that, shown to whom it binds, and takes nothing away', async () => {
    const { database, service, create, events, list } = await start(open)
    await database.work({ exclusive: [`wallet:${alice}`] }, (db) => service.installDefault(db, alice))
    const own = await create({ ...limit, walletId: alice, sessionId: agent })
    const label = await create({ ...limit, sessionLabel: 'team:trading' })
    const foreign = await create({ ...limit, walletId: alice, sessionLabel: 'team:other' })
    expect([own.sessionId, own.sessionLabel, own.replacesDefault]).toEqual([agent, null, undefined])
    expect([label.sessionId, label.sessionLabel]).toEqual([null, 'team:trading'])
    expect(await service.get(label.id)).toEqual(label)
    expect(events.slice(-3).map(({ details }) => details.scope)).toEqual([agent, 'team:trading', 'team:other'])
    const everything = await list({ walletId: alice })
    expect(everything.data.some(({ isDefault }) => isDefault)).toBe(true)
    expect(everything.total).toBe(4)
    const shown = await service.list({ walletId: alice, limit: 50, offset: 0 }, agent)
    expect(ids(shown.data)).toEqual(ids(everything.data).filter((id) => id !== foreign.id))
    expect(shown.total).toBe(3)
    expect((await service.list({ walletId: alice, limit: 50, offset: 0 }, ended)).total).toBe(1)
    expect(await failing(create({ ...limit, sessionId: newId() }))).toBe('SESSION_NOT_FOUND')
    expect(await failing(create({ ...limit, sessionId: ended }))).toBe('SESSION_REVOKED')
    const both = { ...limit, sessionId: agent, sessionLabel: 'team:trading' }
    expect(CreatePolicyRequest.safeParse(both).success).toBe(false)
    expect(CreatePolicyRequest.safeParse({ ...limit, sessionLabel: 'trading' }).success).toBe(false)
  })

  test('a policy of a session that is over says so, and is deleted like another', async () => {
    const { service, create, list, revoke } = await start(open)
    const own = await create({ ...limit, walletId: alice, sessionId: agent })
    const label = await create({ ...limit, sessionLabel: 'team:trading' })
    expect((await list()).data.filter(({ sessionEnded }) => sessionEnded)).toEqual([])
    revoke(agent)
    expect(await service.get(own.id)).toEqual({ ...own, sessionEnded: true })
    expect((await list()).data.map(({ id, sessionEnded }) => [id, sessionEnded])).toEqual([
      [own.id, true],
      [label.id, undefined],
    ])
    await service.remove(own.id)
    expect(ids((await list()).data)).toEqual([label.id])
  })

  test('rules of an update are checked like those of a creation', async () => {
    const { service, create } = await start(open)
    const made = await create({ ...limit, walletId: alice })
    expect(await failing(service.update({ id: made.id, rules: { instant_max_usd: 2, notify_max_usd: 1 } }))).toBe(
      'ACTION_VALIDATION_FAILED',
    )
    expect(await failing(service.update({ id: made.id, rules: { bursts: 2 } }))).toBe('ACTION_VALIDATION_FAILED')
    expect(await service.get(made.id)).toEqual(made)
  })

  test('a wallet is judged by its own enabled policies and those of every wallet, as of the transaction', async () => {
    const { service, create, applying, version } = await start(open)
    const own = await create({ ...limit, walletId: alice })
    const every = await create({ type: 'RATE_LIMIT', rules: { max_requests: 5, window_seconds: 60 } })
    await create({ ...limit, walletId: bob })
    const off = await create({ ...limit, walletId: alice, enabled: false })
    expect(ids(await applying(alice)).sort()).toEqual([own.id, every.id].sort())
    const before = await version()
    await service.update({ id: off.id, enabled: true })
    expect(await version()).toBeGreaterThan(before)
    expect(ids(await applying(alice))).toContain(off.id)
    await service.remove(own.id)
    expect(ids(await applying(alice))).not.toContain(own.id)
  })

  test('a change of one wallet is none of another one, a change of all is one of each', async () => {
    const { service, create, version, applied, database } = await start(open)
    const [before, others] = [await version(alice), await version(bob)]
    const own = await create({ ...limit, walletId: alice })
    expect(await version(alice)).toBeGreaterThan(before)
    expect(await version(bob)).toBe(others)
    const common = async () => (await database.read((db) => applied.applying(db, alice))).common
    const settings = await common()
    const every = await create({ type: 'RATE_LIMIT', rules: { max_requests: 5, window_seconds: 60 } })
    expect(await common()).toBeGreaterThan(settings)
    const seen: number[] = []
    for (const change of [
      () => service.update({ id: own.id, enabled: false }),
      () => service.update({ id: every.id, enabled: false }),
      () => service.remove(own.id),
      () => service.remove(every.id),
    ]) {
      await change()
      seen.push(await version(alice))
    }
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
    expect(await version(bob)).toBe(seen.at(-1))
  })

  test('a version that was rolled back is never given again', async () => {
    const database = await open(migrations)
    const next = policyVersions({ now: () => NOON })
    let lost = 0
    const failed = database.work({}, async (db) => {
      lost = await next(db, null)
      throw new Error('later in the job')
    })
    await expect(failed).rejects.toThrow('later in the job')
    expect(await database.work({}, (db) => next(db, alice))).toBeGreaterThan(lost)
  })

  test('a change that is rolled back leaves nothing behind, in what is remembered neither', async () => {
    const { database, service, applied, applying, version } = await start(open)
    const before = await version()
    const job = database.work({ exclusive: [`wallet:${alice}`] }, async (db) => {
      await service.installDefault(db, alice)
      expect((await applied.applying(db, alice)).policies).toHaveLength(1)
      throw new Error('the wallet was not created after all')
    })
    await expect(job).rejects.toThrow('not created')
    expect(await version()).toBe(before)
    expect(await applying(alice)).toEqual([])
    await database.work({ exclusive: [`wallet:${bob}`] }, (db) => service.installDefault(db, bob))
    expect(await applying(alice)).toEqual([])
  })

  test("the operator's first SPENDING_LIMIT for a wallet replaces the default one, and only that", async () => {
    const { database, service, create, list, events } = await start(open)
    const install = (id: string) =>
      database.work({ exclusive: [`wallet:${id}`] }, (db) => service.installDefault(db, id))
    const standard: PolicyResponse = await install(alice)
    const other = await install(bob)
    expect(standard).toMatchObject({ isDefault: true, rules: { instant_max_usd: 10, delay_seconds: 300 } })
    const every = await create(limit)
    expect(ids((await list({ walletId: alice })).data)).toContain(standard.id)
    const own = await create({ ...limit, walletId: alice })
    expect(ids((await list()).data).sort()).toEqual([other.id, every.id, own.id].sort())
    expect(events.at(-1)?.details).toMatchObject({ replacesDefault: true })
  })

  test('a default that the operator changed is theirs and stays', async () => {
    const { database, service, create, list } = await start(open)
    const standard = await database.work({ exclusive: [`wallet:${alice}`] }, (db) => service.installDefault(db, alice))
    expect(await service.update({ id: standard.id, priority: 3 })).toMatchObject({ isDefault: false })
    const own = await create({ ...limit, walletId: alice })
    expect(ids((await list()).data)).toEqual([standard.id, own.id])
  })

  test.each([
    ['an unknown wallet', { ...limit, walletId: newId() }, 'WALLET_NOT_FOUND'],
    ['a terminated wallet', { ...limit, walletId: gone }, 'WALLET_TERMINATED'],
    ['an unknown network', { ...limit, network: 'ethereum-moon' }, 'ACTION_VALIDATION_FAILED'],
    [
      'an unknown network in its rules',
      { type: 'ALLOWED_NETWORKS', rules: { networks: [{ network: 'moon' }] } },
      'ACTION_VALIDATION_FAILED',
    ],
    [
      'a mistyped checksum',
      { type: 'WHITELIST', rules: { allowed_addresses: [USDC_ADDRESS.replace('7D4', '7d4')] } },
      'INVALID_ADDRESS',
    ],
    [
      'a mistyped checksum of a token',
      { type: 'ALLOWED_TOKENS', rules: { tokens: [{ address: USDC_ADDRESS.replace('7D4', '7d4') }] } },
      'INVALID_ADDRESS',
    ],
  ])('a policy for %s is refused and not stored', async (_, request, code) => {
    const { create, list, events } = await start(open)
    expect(await failing(create(request))).toBe(code)
    expect((await list()).total).toBe(0)
    expect(events).toEqual([])
  })

  test('networks are stored by id, whichever name was given; addresses as they were written', async () => {
    const { create } = await start(open)
    const networks = [{ network: 'eip155:1' }, { network: 'devnet', name: 'dev' }]
    const made = await create({ type: 'ALLOWED_NETWORKS', rules: { networks }, network: 'eip155:8453' })
    expect(made.network).toBe('base-mainnet')
    expect(made.rules).toEqual({
      networks: [{ network: 'ethereum-mainnet' }, { network: 'solana-devnet', name: 'dev' }],
    })
    const list = await create({ type: 'WHITELIST', rules: { allowed_addresses: [BOB, USDC_ADDRESS] } })
    expect(list.rules).toEqual({ allowed_addresses: [BOB, USDC_ADDRESS] })
  })

  test('lists go by priority and page by offset or cursor', async () => {
    const { create, list } = await start(open)
    const made: PolicyResponse[] = []
    for (const priority of [1, 5, 1, -2, 9]) made.push(await create({ ...limit, walletId: alice, priority }))
    const expected = [made[4], made[1], made[0], made[2], made[3]].map((policy) => policy?.id)
    const all = await list({ walletId: alice })
    expect(ids(all.data)).toEqual(expected)
    expect(all).toMatchObject({ total: 5, hasMore: false, nextCursor: null })
    expect(ids((await list({ limit: 2, offset: 3 })).data)).toEqual(expected.slice(3))
    const walked: string[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await list({ limit: 2, ...(cursor && { cursor }) })
      walked.push(...ids(page.data))
      cursor = page.nextCursor
    }
    expect(walked).toEqual(expected)
    expect((await list({ walletId: bob })).total).toBe(0)
    expect(await failing(list({ walletId: newId() }))).toBe('WALLET_NOT_FOUND')
    expect(await failing(list({ cursor: 'x' }))).toBe('ACTION_VALIDATION_FAILED')
  })
})
