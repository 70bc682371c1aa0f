import { isFailure, policyFileOperations } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { BOB, EVE } from '../../test/policies/samples.ts'
import { agent, alice, failing, startPolicies } from '../../test/policies/service-bed.ts'

const by = { actor: 'operator' } as const
const rate = (max_requests: number) => ({ type: 'RATE_LIMIT', rules: { max_requests, window_seconds: 60 } })
const limit = (daily_limit_usd: number) => ({ type: 'SPENDING_LIMIT', rules: { daily_limit_usd } })

forEachEngine((_, open) => {
  async function start() {
    const bed = await startPolicies(open)
    const apply = (policies: unknown, more: object = {}) =>
      bed.service.apply(policyFileOperations.applyPolicies.input.parse({ policies, ...more }), by)
    const shape = async (policies: unknown, more?: object) =>
      (await apply(policies, more)).changes.map(({ change, effect, wallet, type }) => [change, effect, wallet, type])
    return { ...bed, apply, shape }
  }
  const document = [
    { ...limit(50), wallet: 'alice', priority: 2 },
    { ...rate(5), enabled: false },
    { ...rate(6), wallet: 'alice', network: 'base-mainnet', name: 'team/rate' },
    { ...limit(5), sessionLabel: 'team:trading' },
    { type: 'WHITELIST', rules: { allowed_addresses: [BOB] }, wallet: 'bob' },
  ]

  test('what is exported is applied elsewhere, and says the same again', async () => {
    const one = await start()
    const made = await one.apply(document)
    expect(made.changes.map(({ change }) => change)).toEqual(Array(5).fill('ADDED'))
    const told = await one.service.export()
    expect(told.policies).toHaveLength(5)
    expect(told.version).toBe(made.version)
    const other = await start()
    await other.apply(told.policies)
    expect((await other.service.export()).policies).toEqual(told.policies)
    const again = await other.apply(told.policies, { prune: true })
    expect(again).toMatchObject({ changes: [], unchanged: 5, version: null, effect: 'same' })
  })

  test('a document changes what it says otherwise, under one number, and leaves the rest unless it is asked to prune', async () => {
    const { service, apply, shape, events, version } = await start()
    await apply([...document, rate(9)])
    const before = events.length
    const next = [{ ...limit(60), wallet: 'alice', priority: 2 }, rate(4)]
    const expected = [
      ['CHANGED', 'looser', 'alice', 'SPENDING_LIMIT'],
      ['CHANGED', 'tighter', null, 'RATE_LIMIT'],
    ]
    expect(await shape(next, { dryRun: true })).toEqual(expected)
    expect(events).toHaveLength(before)
    const done = await apply(next)
    expect(done).toMatchObject({ effect: 'different', dryRun: false, version: await version() })
    const { data } = await service.versions({ limit: 2 })
    expect(data.map(({ version, change }) => [version, change])).toEqual([
      [done.version, 'UPDATED'],
      [done.version, 'UPDATED'],
    ])
    expect(events.slice(before).map(({ event, details, raised }) => [event, details.loosens, raised])).toEqual([
      ['POLICY_UPDATED', true, 'warning'],
      ['POLICY_UPDATED', undefined, undefined],
    ])
    expect((await shape(next, { prune: true })).map(([change, effect]) => `${change} ${effect}`).sort()).toEqual([
      'REMOVED different',
      'REMOVED looser',
      'REMOVED looser',
      // Another one holds back as much.
      'REMOVED same',
    ])
    expect((await service.export()).policies).toHaveLength(2)
  })

  test('what is wrong with a document is named by its place, all at once, and nothing of it is stored', async () => {
    const { service, apply, events } = await start()
    const wrong = apply([
      rate(1),
      { ...rate(1), wallet: 'nobody' },
      { ...rate(1), wallet: 'gone' },
      { ...rate(1), network: 'moon' },
      { type: 'WHITELIST', rules: { allowed_addresses: ['0x1c7D4B196Cb0C7B01d743Fbc6116a902379c7238'] } },
      { ...rate(1), name: 'twice' },
      { ...rate(2), name: 'twice' },
    ])
    const { details } = await wrong.then(
      () => expect.unreachable('it was taken'),
      (error) => (isFailure(error) ? (error as { details?: { issues?: { path: string }[] } }) : {}),
    )
    expect(details?.issues?.map(({ path }) => path)).toEqual([
      'policies.1.wallet',
      'policies.2.wallet',
      'policies.3.rules',
      'policies.4.rules',
      'policies.6.name',
    ])
    expect((await service.export()).policies).toEqual([])
    expect(events).toEqual([])
    const parsed = policyFileOperations.applyPolicies.input.safeParse({
      policies: [{ type: 'RATE_LIMIT', rules: {}, id: 1 }],
    })
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain('policies.0.rules.max_requests')
  })

  test('a name is one policy, and is not given to another type', async () => {
    const { apply, shape } = await start()
    const named = { name: 'team/rate', wallet: 'alice' }
    await apply([{ ...rate(5), ...named }])
    expect(await shape([{ ...rate(6), ...named }])).toEqual([['CHANGED', 'looser', 'alice', 'RATE_LIMIT']])
    expect(await failing(apply([{ ...limit(5), ...named }]))).toBe('POLICY_NAME_EXISTS')
  })

  test('policies of one session are left alone, and the limit that came with a wallet is an entry like another', async () => {
    const { database, service, create, apply, list } = await start()
    await database.work({ exclusive: [`wallet:${alice}`] }, (db) => service.installDefault(db, alice))
    const own = await create({ ...rate(5), sessionId: agent })
    const { policies, leftOut } = await service.export()
    expect({ types: policies.map(({ type }) => type), leftOut }).toEqual({ types: ['SPENDING_LIMIT'], leftOut: 1 })
    expect(await apply(policies, { prune: true })).toMatchObject({ changes: [], unchanged: 1 })
    const named = await apply([{ ...limit(5), wallet: 'alice', name: 'own' }])
    expect(named.changes).toMatchObject([{ change: 'ADDED', replacesDefault: true }])
    await apply([], { prune: true })
    expect((await list()).data.map(({ id }) => id)).toEqual([own.id])
  })

  test('a document that loosens one wallet and tightens another does both or neither', async () => {
    const { service, apply } = await start()
    await apply([{ type: 'WHITELIST', rules: { allowed_addresses: [BOB] }, wallet: 'bob' }])
    const bad = [
      { type: 'WHITELIST', rules: { allowed_addresses: [BOB, EVE] }, wallet: 'bob' },
      { ...rate(5), wallet: 'gone' },
    ]
    expect(await failing(apply(bad))).toBe('ACTION_VALIDATION_FAILED')
    expect((await service.export()).policies).toMatchObject([{ rules: { allowed_addresses: [BOB] } }])
  })
})
