import { type Operation, operations, settings } from '@waiaas/contract'
import { deployEvmFixtures } from '@waiaas/localnet'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let token: string
let wallet: string
beforeAll(async () => {
  world = await evmWorld()
  token = (await deployEvmFixtures(world.node)).plainToken
  daemon = await startTestDaemon({ env: world.env })
  wallet = (await daemon.operator.createWallet({ name: 'ceiling', chain: 'ethereum' })).id
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const list = Object.entries(operations) as [keyof typeof operations, Operation][]
const mayLoosen = list.filter(([, op]) => op.mayLoosen).map(([name]) => name)
const rate = (max_requests: number) => ({ max_requests, window_seconds: 60 })
const aPolicy = () => daemon.operator.createPolicy({ type: 'RATE_LIMIT', rules: rate(1_000), enabled: true })

type Step = { looser(): Promise<unknown>; tighter?(): Promise<unknown> }
/** By operation: a call that lets more out, and one that does not, where there is one. */
const steps = (): Partial<Record<keyof typeof operations, Step>> => {
  const { operator } = daemon
  const set = (key: string, value: string | null) => operator.updateSettings({ settings: [{ key, value }] })
  const asset = `native:${world.network}`
  const ceiling = { id: wallet, network: world.network, transaction: '0.1' }
  return {
    createPolicy: {
      looser: () => operator.createPolicy({ type: 'WHITELIST', enabled: true, rules: { allowed_addresses: [token] } }),
      tighter: aPolicy,
    },
    updatePolicy: {
      looser: async () => operator.updatePolicy({ id: (await aPolicy()).id, rules: rate(1_001) }),
      tighter: async () => operator.updatePolicy({ id: (await aPolicy()).id, rules: rate(999) }),
    },
    deletePolicy: { looser: async () => operator.deletePolicy({ id: (await aPolicy()).id }) },
    applyPolicies: {
      looser: () =>
        operator.applyPolicies({
          policies: [
            { type: 'RATE_LIMIT', name: 'r', rules: rate(1) },
            { type: 'SPENDING_LIMIT', rules: { instant_max_usd: 1 } },
          ],
        }),
      tighter: () => operator.applyPolicies({ policies: [{ type: 'RATE_LIMIT', name: 'tight', rules: rate(1) }] }),
    },
    applyPolicyTemplate: {
      async looser() {
        const { id } = await operator.createWallet({ name: 'fresh', chain: 'ethereum', defaultPolicy: false })
        await operator.applyPolicyTemplate({ template: 'stablecoins', walletId: id })
      },
    },
    addToken: {
      looser: () =>
        operator.addToken({ network: world.network, address: token, symbol: 'PLAIN', name: 'Plain', decimals: 18 }),
    },
    setPrice: {
      looser: () => operator.setPrice({ asset, usd: '1' }),
      tighter: () => operator.setPrice({ asset, usd: '2' }),
    },
    unsetPrice: { looser: () => operator.unsetPrice({ asset }) },
    changeWalletCeiling: {
      async looser() {
        for (const day of ['1', '2']) await operator.changeWalletCeiling({ ...ceiling, day })
      },
      tighter: () => operator.changeWalletCeiling({ ...ceiling, day: '1' }),
    },
    updateSettings: {
      looser: () => set('policy.default_deny_tokens', 'false'),
      tighter: () => set('policy.default_deny_tokens', 'true'),
    },
  }
}

const newest = async () => (await daemon.operator.listAuditLogs({ limit: 20 } as never)).data
/** The rows that a call leaves. */
async function rowsOf(call: () => Promise<unknown>) {
  const before = new Set((await newest()).map(({ id }) => id))
  await call()
  return (await newest()).filter(({ id }) => !before.has(id))
}
const isMarked = ({ severity, details }: { severity: string; details: Record<string, unknown> }): boolean => {
  const changes = (details.changes ?? []) as { loosens?: boolean }[]
  const loosens = details.loosens === true || changes.some((change) => change.loosens)
  expect(severity === 'warning').toBe(loosens)
  return loosens
}

/** What one policy holds back lets nothing out that another holds back as well. */
beforeEach(async () => {
  const { data } = await daemon.operator.listPolicies({ limit: 100 })
  for (const { id, type } of data) if (type === 'RATE_LIMIT') await daemon.operator.deletePolicy({ id })
})

test.each(mayLoosen)('%s says in the evidence when it lets more out, and only then', async (name) => {
  const step = steps()[name]
  expect(step, 'an operation that may loosen needs a step here').toBeDefined()
  const looser = await rowsOf(() => step!.looser())
  expect(looser.some((row) => isMarked(row as never))).toBe(true)
  if (!step!.tighter) return
  const tighter = (await rowsOf(() => step!.tighter!())).at(0)
  expect(isMarked(tighter as never)).toBe(false)
})

test('an endpoint that comes in, a lower default and a guard that is off are marked, and their opposites are not', async () => {
  const network = 'rpc_pool.ethereum-sepolia'
  const marks: [string, string | null, boolean][] = [
    [network, 'http://127.0.0.1:9,http://127.0.0.1:8', true],
    [network, 'http://127.0.0.1:8', false],
    [network, null, true],
    ['rpc.evm_ethereum_sepolia', 'http://127.0.0.1:9', true],
    // What is sealed cannot be compared.
    [network, 'http://127.0.0.1:8/key', true],
    [network, null, true],
    ['rpc.allow_foreign_genesis', 'false', false],
    ['security.suspend_on_divergence', 'false', true],
    ['security.suspend_on_divergence', 'true', false],
    ['security.policy_defaults_delay_seconds', '299', true],
    ['security.policy_defaults_delay_seconds', '300', false],
    ['security.policy_defaults_approval_timeout', '3601', true],
    ['oracle.max_age_seconds', '4000', true],
    ['oracle.coingecko_url', 'http://127.0.0.1:9/d', true],
  ]
  for (const [key, value, marked] of marks) {
    const [row] = await rowsOf(() => daemon.operator.updateSettings({ settings: [{ key, value }] }))
    expect(isMarked(row as never), `${key} ${value}`).toBe(marked)
  }
})

/** What cannot let more money out, each for its reason. */
const HARMLESS: Readonly<Record<string, string>> = {
  'daemon.log_level': 'says what is logged',
  'display.currency': 'says how amounts are shown',
  'backup.retention_count': 'keeps files',
  'rpc.confirmations': 'money counts until its block is final, whatever this says',
  'security.allowed_hosts': 'who may ask is asked for a password or token all the same',
  'security.cors_origins': 'the same',
  'security.trusted_proxies': 'the same',
  'gas_condition.enabled': 'only lets requests wait',
  'gas_condition.default_timeout_sec': 'the same',
  'gas_condition.max_timeout_sec': 'the same',
  'security.sign_only_seconds': 'what is signed for others counts as spent until it is over',
}
test('every setting that can change at run time says when it lets more out, or why it never does', () => {
  const bounds = /^(security\.(max|rate|idle)_|retention\.)/
  const silent = Object.entries(settings).filter(
    ([key, setting]) => setting.runtime && !setting.loosens && !bounds.test(key),
  )
  expect(silent.map(([key]) => key).sort()).toEqual(Object.keys(HARMLESS).sort())
})
