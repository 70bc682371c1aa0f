import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { runPage } from './support/page-commands.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

/** At 2,000 dollars for one: a payment of 20 dollars is refused. */
const LIMIT = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 10, daily_limit_usd: 10 }
const MUCH = '10000000000000000'

let world: EvmWorld
let daemon: TestDaemon

beforeAll(async () => {
  world = await evmWorld({ blockTime: 3_600 })
  daemon = await startTestDaemon({ env: { ...world.env, WAIAAS_AUTOSTOP_ENABLED: 'true' } })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

async function asks(wallet: TestWallet, to: string, amount = MUCH): Promise<string> {
  const body = { type: 'TRANSFER', to, amount, network: world.network }
  const answer = await daemon.call<{ code?: string }>('POST', '/v1/transactions/send', { as: wallet.token, body })
  return answer.status === 201 ? 'accepted' : (answer.body.code ?? answer.text)
}
async function storms(wallet: TestWallet, count: number): Promise<void> {
  const to = world.newAddress()
  for (let index = 0; index < count; index++) expect(await asks(wallet, to)).toBe('POLICY_DENIED')
}
const rule = async (id: string, walletId?: string) =>
  (await daemon.operator.listAutostopRules(walletId === undefined ? {} : { walletId })).rules.find(
    (each) => each.id === id,
  )!
const newWallet = () => world.wallet(daemon, { limit: LIMIT })

test('the operator reads the rules, changes them for all or for one wallet, and is told what does not exist', async () => {
  const { operator } = daemon
  const all = await operator.listAutostopRules({})
  expect(all).toMatchObject({ globalEnabled: true, lastTriggeredAt: null })
  expect(all.rules.map(({ id, action }) => `${id}: ${action}`)).toEqual([
    'consecutive_failures: suspend',
    'retry_storm: suspend',
    'spend_velocity: suspend',
    'near_limit: suspend',
    'first_recipients: suspend',
    'effect_diverged: suspend',
    'idle_timeout: revoke',
  ])
  const [one, other] = [await newWallet(), await newWallet()]
  const set = { id: 'retry_storm', walletId: one.id, config: { threshold: 3 } }
  expect((await operator.updateAutostopRule(set)).config).toEqual({ threshold: 3, window_sec: 300 })
  expect((await rule('retry_storm', other.id)).config).toEqual({ threshold: 20, window_sec: 300 })
  await operator.updateAutostopRule({ id: 'retry_storm', config: { window_sec: 600 } })
  expect((await rule('retry_storm', one.id)).config).toEqual({ threshold: 3, window_sec: 600 })
  await operator.updateAutostopRule({ id: 'effect_diverged', action: 'kill_switch', enabled: false })
  expect(await rule('effect_diverged')).toMatchObject({ enabled: false, action: 'kill_switch' })
  expect((await operator.getSettings({})).security?.suspend_on_divergence).toBe('false')

  const wrong = [
    [{ id: 'unusual_activity', enabled: false }, 'RULE_NOT_FOUND'],
    [{ id: 'toString', enabled: false }, 'RULE_NOT_FOUND'],
    [{ id: 'retry_storm', config: { tries: 3 } }, 'ACTION_VALIDATION_FAILED'],
    [{ id: 'retry_storm', config: { threshold: 0 } }, 'ACTION_VALIDATION_FAILED'],
    [{ id: 'retry_storm', walletId: one.id, config: { threshold: 0 } }, 'ACTION_VALIDATION_FAILED'],
    [{ id: 'idle_timeout', action: 'kill_switch' }, 'ACTION_VALIDATION_FAILED'],
    [{ id: 'retry_storm', walletId: 'nobody', enabled: false }, 'WALLET_NOT_FOUND'],
  ] as const
  for (const [input, code] of wrong)
    await expect(operator.updateAutostopRule(input), JSON.stringify(input)).rejects.toMatchObject({ code })
  expect((await rule('retry_storm', one.id)).config).toEqual({ threshold: 3, window_sec: 600 })

  // It is obeyed for the one and not for the other, and shows what it has counted.
  await storms(other, 3)
  await storms(one, 2)
  expect(Object.values((await rule('retry_storm', one.id)).state)).toEqual([2])
  await storms(one, 3)
  expect(await asks(one, world.newAddress())).toBe('WALLET_SUSPENDED')
  expect((await operator.getWallet({ id: one.id })).suspensionReason).toMatch(
    /^AutoStop \(retry_storm\): 3 requests to 0x\w+ were refused or failed within 10 minutes$/,
  )
  expect((await operator.getWallet({ id: other.id })).status).toBe('ACTIVE')
  expect((await operator.listAutostopRules({ walletId: one.id })).lastTriggeredAt).toBeGreaterThan(0)
  await operator.resumeWallet({ id: one.id })
  expect(await asks(one, world.newAddress())).toBe('POLICY_DENIED')
})

test('a rule that is to throws the switch, for all wallets; what goes on afterwards is the operator’s to say', async () => {
  const { operator } = daemon
  const [one, other] = [await newWallet(), await newWallet()]
  await operator.updateAutostopRule({
    ...{ id: 'retry_storm', walletId: one.id, action: 'kill_switch', config: { threshold: 2 } },
  })
  await storms(one, 2)
  expect(await operator.getKillSwitch()).toMatchObject({ state: 'SUSPENDED', activatedBy: 'system' })
  expect(await asks(other, world.newAddress(), '1')).toBe('SYSTEM_LOCKED')
  await operator.recoverKillSwitch()
  expect(await asks(other, world.newAddress(), '1')).toBe('accepted')
  expect(await asks(one, world.newAddress(), '1')).toBe('WALLET_SUSPENDED')
  await operator.resumeWallet({ id: one.id })
  expect(await asks(one, world.newAddress(), '1')).toBe('accepted')
})

test('the switch of all rules turns off what counts, at once', async () => {
  const { operator } = daemon
  const wallet = await newWallet()
  await operator.updateAutostopRule({ id: 'retry_storm', walletId: wallet.id, config: { threshold: 2 } })
  await operator.updateSettings({ settings: [{ key: 'autostop.enabled', value: 'false' }] })
  await storms(wallet, 4)
  expect((await operator.getWallet({ id: wallet.id })).status).toBe('ACTIVE')
  await operator.updateSettings({ settings: [{ key: 'autostop.enabled', value: 'true' }] })
  await storms(wallet, 2)
  expect((await operator.getWallet({ id: wallet.id })).status).toBe('SUSPENDED')
})

test('the commands of the page run as they stand there', async () => {
  const { operator } = daemon
  for (const name of ['trader', 'payroll']) await operator.createWallet({ name, chain: 'ethereum' })
  await operator.suspendWallet({ id: 'trader', reason: 'for a test' })
  expect((await runPage(daemon, 'docs/autostop.md')).length).toBeGreaterThan(4)
  expect((await operator.getWallet({ id: 'trader' })).status).toBe('ACTIVE')
  expect((await rule('first_recipients', 'payroll')).config.threshold).toBe(60)
  expect((await rule('idle_timeout')).enabled).toBe(false)
})
