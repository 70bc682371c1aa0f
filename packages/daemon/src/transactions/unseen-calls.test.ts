import { callFixture, deployEvmFixtures, startEvm } from '@waiaas/localnet'
import { expect, onTestFinished, test } from 'vitest'
import { startCalls } from '../../../../test/support/calls.ts'
import { changing, startEndpoint } from '../../test/evm-bed.ts'

/** A node that can run a call by `eth_call` alone. */
async function start() {
  const node = await startEvm()
  onTestFinished(() => node.stop())
  const { sink } = await deployEvmFixtures(node)
  const missing = { error: { code: -32601, message: 'the method does not exist' } }
  const isMissing = (method: string) => method === 'eth_simulateV1' || method.startsWith('debug_')
  const { url, seen } = await startEndpoint(
    changing(node.url, ({ method }) => (isMissing(method) ? missing : undefined)),
  )
  const bed = await startCalls({ ...node, url })
  onTestFinished(() => bed.stop())
  const from = await bed.caller([sink], {
    SPENDING_LIMIT: { instant_max_usd: 100, notify_max_usd: 100, delay_max_usd: 100 },
    CONTRACT_WHITELIST: { contracts: [{ address: sink }] },
  })
  const refuse = (isRefusing: boolean) =>
    callFixture(node, { contract: 'Sink', address: sink, functionName: 'setRefusing', args: [isRefusing] })
  return { ...bed, node, from, what: { to: sink, data: '0x12345678' }, refuse, asked: () => seen.flat() }
}

test('where no node shows what a call does, a human decides on it', async () => {
  const { judged, request, from, what, call, until, asked, service, ended } = await start()
  const { decision } = await judged(from, request(what))
  expect(decision).toMatchObject({ outcome: 'ALLOW', tier: 'APPROVAL' })
  expect(decision!.reasons.map(({ code }) => code)).toContain('UNKNOWN_EFFECT')
  expect(asked().some(({ method }) => method === 'debug_traceCall')).toBe(true)
  const id = await call(from, what)
  await until(id, 'QUEUED')
  await service.approve(id)
  expect((await ended(id)).status).toBe('CONFIRMED')
})

test('a call that would revert is refused all the same, before anybody is asked', async () => {
  const { send, request, from, what, refuse } = await start()
  await refuse(true)
  await expect(send(from, request(what))).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
})
