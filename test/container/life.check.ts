import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { type Container, startContainer, untilReady } from './daemon.ts'
import { hardening, image, podman, processesOf, procText, run, tryPodman } from './engine.ts'

const ETHER = 10n ** 18n
const amount = 10n ** 15n
const recipient = '0x00000000000000000000000000000000000c0de1'
let node: EvmNode
let daemon: Container
let walletId: string
let operator: WAIaaSClient
let agent: WAIaaSClient

beforeAll(async () => {
  node = await startEvm({ blockTime: 1 })
  daemon = await startContainer('waiaas-life', [
    '--volume=waiaas-life:/data',
    '--env=WAIAAS_AUTO_PROVISION=true',
    `--env=WAIAAS_RPC_EVM_LOCAL_EVM=${node.url}`,
    '--env=WAIAAS_ORACLE_FIXED_PRICES={"native:local-evm":"2000"}',
  ])
  const masterPassword = await podman('exec', daemon.name, 'cat', '/data/recovery.key')
  operator = new WAIaaSClient({ baseUrl: daemon.url, masterPassword, retryOptions: { maxRetries: 0 } })
  const wallet = await operator.createWallet({ name: 'life', chain: 'ethereum', environment: 'testnet' })
  walletId = wallet.id
  const rules = { instant_max_usd: 1_000_000, notify_max_usd: 1_000_000, delay_max_usd: 1_000_000 }
  await operator.createPolicy({ walletId, type: 'SPENDING_LIMIT', rules })
  await node.fund(wallet.publicKey, 100n * ETHER)
  agent = new WAIaaSClient({
    baseUrl: daemon.url,
    sessionToken: wallet.session!.token,
    retryOptions: { maxRetries: 0 },
  })
})
afterAll(async () => {
  await daemon?.remove()
  await run('podman', ['volume', 'rm', '--force', 'waiaas-life'])
  await node?.stop()
})

const balance = async () => BigInt((await node.rpc('eth_getBalance', [recipient, 'latest'])) as string)

/** Sends until the daemon is gone; the ids of what it has taken on. */
async function sendUntilGone(count: number, onFirst: () => void): Promise<string[]> {
  const sends = Array.from({ length: count }, (_, index) =>
    agent
      .sendToken(
        { to: recipient, amount: String(amount), network: 'local-evm' },
        { idempotencyKey: `${Date.now()}-${index}` },
      )
      .then(({ id }) => {
        onFirst()
        return id
      }),
  )
  const settled = await Promise.allSettled(sends)
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}

/** Everything that was answered is paid, everything that is paid is in the books, nothing is paid twice. */
async function expectNothingLost(accepted: readonly string[], before: bigint): Promise<void> {
  expect(accepted.length).toBeGreaterThan(0)
  const statusOf = async (id: string) => (await agent.getTransaction({ id })).status
  for (const id of accepted) await until(`${id} to be confirmed`, async () => (await statusOf(id)) === 'CONFIRMED')
  const confirmed = async () => {
    const { items } = await agent.listTransactions({ limit: 100 })
    return items.every(({ status }) => ['CONFIRMED', 'FAILED', 'CANCELLED'].includes(status)) ? items : undefined
  }
  const all = await until('every transaction to end', confirmed)
  const paid = BigInt(all.filter(({ status }) => status === 'CONFIRMED').length) * amount
  expect(await balance()).toBe(paid)
  expect(paid - before).toBeGreaterThanOrEqual(BigInt(accepted.length) * amount)
}

test('SIGTERM during sends ends with 0 and loses nothing', async () => {
  const before = await balance()
  const first = Promise.withResolvers<void>()
  const sending = sendUntilGone(24, first.resolve)
  await first.promise
  await podman('stop', '--time', '45', daemon.name)
  const accepted = await sending
  expect(await podman('inspect', '--format', '{{.State.ExitCode}}', daemon.name)).toBe('0')
  await podman('start', daemon.name)
  await untilReady(daemon.name, 2)
  await expectNothingLost(accepted, before)
})

test('kill -9 during sends, and a start right after it, lose nothing', async () => {
  const before = await balance()
  const first = Promise.withResolvers<void>()
  const sending = sendUntilGone(24, first.resolve)
  await first.promise
  await podman('kill', '--signal=KILL', daemon.name)
  const startedAt = performance.now()
  await podman('start', daemon.name)
  await untilReady(daemon.name, 3)
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`ready ${seconds.toFixed(1)} s after kill -9`)
  expect(seconds).toBeLessThan(20)
  await expectNothingLost(await sending, before)
})

test('a second container on the same data is refused, and says who has it', async () => {
  const args = ['run', '--rm', '--network=host', ...hardening, '--volume=waiaas-life:/data', image]
  const { code, err } = await tryPodman(...args)
  expect(code).toBe(1)
  expect(err).toContain('another daemon is running with the data directory /data')
})

test('a halted daemon becomes unhealthy, and healthy again when it goes on', async () => {
  // podman takes the times from here only beside a command, which is the image's own.
  const command = '--health-cmd=waiaas status'
  const fast = [command, '--health-start-period=0s', '--health-retries=1', '--health-timeout=10s']
  const other = await startContainer('waiaas-health', [...fast, '--env=WAIAAS_AUTO_PROVISION=true'])
  const check = () => tryPodman('healthcheck', 'run', other.name)
  const state = () => podman('inspect', '--format', '{{.State.Health.Status}}', other.name)
  try {
    expect((await check()).code).toBe(0)
    expect(await state()).toBe('healthy')
    await podman('kill', '--signal=STOP', other.name)
    expect((await check()).code).toBe(1)
    expect(await state()).toBe('unhealthy')
    await podman('kill', '--signal=CONT', other.name)
    expect((await check()).code).toBe(0)
    expect(await state()).toBe('healthy')
  } finally {
    await other.remove()
  }
})

test('any other user runs the daemon on a directory that it may write', async () => {
  const data = await mkdtemp(join(tmpdir(), 'waiaas-other-user-'))
  await chmod(data, 0o700)
  await chown(data, 4242, 4343)
  const other = await startContainer('waiaas-other-user', [
    '--user=4242:4343',
    `--volume=${data}:/data`,
    '--env=WAIAAS_AUTO_PROVISION=true',
  ])
  try {
    for (const pid of await processesOf(other.name)) expect(procText(pid, 'status')).toMatch(/^Uid:\t4242\t/m)
    const { uid, gid, mode } = await stat(join(data, 'data/waiaas.db'))
    expect([uid, gid, mode & 0o777]).toEqual([4242, 4343, 0o600])
    expect(await podman('exec', other.name, 'waiaas', 'quickset', '--mode', 'testnet')).toContain('session')
  } finally {
    await other.remove()
    await rm(data, { recursive: true, force: true })
  }
})
