import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Engine } from '../../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const engines: Engine[] = ['sqlite', 'postgres']
const daemons = new Map<Engine, TestDaemon>()
beforeAll(async () => {
  for (const engine of engines) daemons.set(engine, await startTestDaemon({ engine }))
})
afterAll(async () => {
  for (const daemon of daemons.values()) await daemon.stop()
})

test.each(engines)('the policies of a purged wallet are gone with it, over %s', async (engine) => {
  const daemon = daemons.get(engine)!
  const { operator } = daemon
  const { id } = await operator.createWallet({ name: 'one', chain: 'ethereum', environment: 'testnet' })
  const global = await operator.createPolicy({ type: 'RATE_LIMIT', rules: { max_requests: 9, window_seconds: 60 } })
  const { data: before } = await operator.listPolicies({ walletId: id })
  const own = before.filter(({ walletId }) => walletId === id)
  expect(own).toHaveLength(1)
  await operator.terminateWallet({ id })
  expect((await operator.listPolicies()).data).toHaveLength(2)
  await operator.purgeWallet({ id })

  const path = `/v1/policies/${own[0]!.id}`
  for (const [method, body] of [['GET'], ['PUT', { enabled: false }], ['DELETE']] as const) {
    const answer = await daemon.call(method, path, { as: 'operator', ...(body && { body }) })
    expect([method, answer.status, answer.body.code]).toEqual([method, 404, 'POLICY_NOT_FOUND'])
  }
  expect(await operator.listPolicies()).toMatchObject({ data: [{ id: global.id }], total: 1 })
  expect(await operator.getAdminStatus()).toMatchObject({ policyCount: 1 })
  await expect(operator.listPolicies({ walletId: id })).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
  const more = { walletId: id, type: 'RATE_LIMIT' as const, rules: { max_requests: 9, window_seconds: 60 } }
  await expect(operator.createPolicy(more)).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
})
