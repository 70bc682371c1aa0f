import { type Operation, operations, settings } from '@waiaas/contract'
import { deployEvmFixtures } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agreeTo, askedFor, verifiedOwner } from '../support/consents.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let token: string
let sink: string
let wallet: string
beforeAll(async () => {
  world = await evmWorld()
  ;({ plainToken: token, sink } = await deployEvmFixtures(world.node))
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

type Calls = { looser(): Promise<unknown>; tighter?(): Promise<unknown> }
let labels = 0
/** By operation: prepared for it, a call that lets more out, and one that does not, where there is one. */
const steps = (
  { operator }: Pick<TestDaemon, 'operator'>,
  walletId: string,
): Partial<Record<keyof typeof operations, () => Promise<Calls>>> => {
  const set = (key: string, value: string | null) => operator.updateSettings({ settings: [{ key, value }] })
  /** What one policy holds back lets nothing out that another holds back as well, so that each is of sessions of its own. */
  const aPolicy = () =>
    operator.createPolicy({ type: 'RATE_LIMIT', rules: rate(1_000), sessionLabel: `team:${++labels}` })
  const list = (...allowed_addresses: string[]) => ({ type: 'WHITELIST', rules: { allowed_addresses } }) as const
  const asset = `native:${world.network}`
  const day = (amount: string) =>
    operator.changeWalletCeiling({ id: walletId, network: world.network, transaction: '0.1', day: amount })
  const plain = { network: world.network, address: token, symbol: 'PLAIN', name: 'Plain', decimals: 18 }
  return {
    createPolicy: async () => ({ looser: () => operator.createPolicy(list(token)), tighter: aPolicy }),
    async updatePolicy() {
      const { id } = await aPolicy()
      const to = (most: number) => () => operator.updatePolicy({ id, rules: rate(most) })
      return { looser: to(1_001), tighter: to(999) }
    },
    async deletePolicy() {
      const { id } = await aPolicy()
      return { looser: () => operator.deletePolicy({ id }) }
    },
    applyPolicies: async () => ({
      looser: () =>
        operator.applyPolicies({ policies: [{ type: 'RATE_LIMIT', name: 'r', rules: rate(1) }, list(sink)] }),
      tighter: () => operator.applyPolicies({ policies: [{ type: 'RATE_LIMIT', name: 'tight', rules: rate(1) }] }),
    }),
    applyPolicyTemplate: async () => ({
      looser: () =>
        operator.applyPolicyTemplate({ template: 'treasury', walletId, recipients: [`0x${'5e'.repeat(20)}`] }),
    }),
    async approvePairing() {
      const { code } = await operator.startPairing({ name: 'an agent' })
      const policies = { template: 'stablecoins' as const }
      return { looser: () => operator.approvePairing({ code, walletIds: [walletId], policies }) }
    },
    addToken: async () => ({ looser: () => operator.addToken(plain) }),
    removeToken: async () => ({ looser: () => operator.removeToken({ network: world.network, address: token }) }),
    async changeContact() {
      const name = 'changed'
      await operator.addContact({ name, address: `0x${'5e'.repeat(20)}` })
      return { looser: () => operator.changeContact({ name, address: `0x${'6f'.repeat(20)}` }) }
    },
    async removeContact() {
      const name = 'removed'
      await operator.addContact({ name, address: `0x${'5e'.repeat(20)}` })
      return { looser: () => operator.removeContact({ name }) }
    },
    setPrice: async () => ({
      looser: () => operator.setPrice({ asset, usd: '1' }),
      tighter: () => operator.setPrice({ asset, usd: '2' }),
    }),
    unsetPrice: async () => ({ looser: () => operator.unsetPrice({ asset }) }),
    async changeWalletCeiling() {
      await day('1')
      return { looser: () => day('2'), tighter: () => day('1') }
    },
    async removeOwner() {
      const { id } = await operator.createWallet({ name: 'owned', chain: 'ethereum' })
      const owner = await verifiedOwner({ operator }, id)
      const { message } = await operator.getOwnerChallenge({ id, action: 'remove' })
      const word = await owner.word(message)
      return { looser: () => operator.removeOwner({ id }, { owner: word }) }
    },
    updateAutostopRule: async () => ({
      looser: () => operator.updateAutostopRule({ id: 'near_limit', enabled: false }),
      tighter: () => operator.updateAutostopRule({ id: 'near_limit', enabled: true }),
    }),
    updateSettings: async () => ({
      looser: () => set('policy.default_deny_tokens', 'false'),
      tighter: () => set('policy.default_deny_tokens', 'true'),
    }),
  }
}

type Row = { eventType: string; severity: string; details: Record<string, unknown> }
const newest = async () => (await daemon.operator.listAuditLogs({ limit: 20 } as never)).data
/** The rows that a call leaves. */
async function rowsOf(call: () => Promise<unknown>) {
  const before = new Set((await newest()).map(({ id }) => id))
  await call()
  return (await newest()).filter(({ id }) => !before.has(id))
}
const isMarked = ({ eventType, severity, details }: Row): boolean => {
  const changes = (details.changes ?? []) as { loosens?: boolean }[]
  const loosens = details.loosens === true || changes.some((change) => change.loosens)
  // A new session is a warning by itself.
  expect(severity !== 'info').toBe(loosens || eventType === 'PAIRING_APPROVED')
  return loosens
}

test.each(mayLoosen)('%s says in the evidence when it lets more out, and only then', async (name) => {
  const step = steps(daemon, wallet)[name]
  expect(step, 'an operation that may loosen needs a step here').toBeDefined()
  const { looser, tighter } = await step!()
  expect((await rowsOf(looser)).some((row) => isMarked(row as never))).toBe(true)
  if (!tighter) return
  expect(isMarked((await rowsOf(tighter)).at(0) as never)).toBe(false)
})

test('each of them waits for the owner of a wallet, changes nothing until then, and passes once', async () => {
  const theirs = await startTestDaemon({ env: world.env })
  try {
    const { id: walletId } = await theirs.operator.createWallet({ name: 'ceiling', chain: 'ethereum' })
    const owner = await verifiedOwner(theirs, walletId)
    const own = steps(theirs, walletId)
    const state = async () => {
      const [policies, settings, tokens, contacts, ceiling] = [
        (await theirs.operator.listPolicies({ limit: 100 })).data.map(({ rules, type }) => [type, rules]),
        await theirs.operator.getSettings(),
        await theirs.operator.listTokens({ network: world.network }),
        await theirs.operator.listContacts(),
        await theirs.operator.getWalletCeiling({ id: walletId }),
      ]
      return JSON.stringify({ policies, settings, tokens, contacts, ceiling })
    }
    // To be removed takes the owner's own challenge.
    for (const name of mayLoosen.filter((each) => each !== 'removeOwner')) {
      const { looser } = await own[name]!()
      const before = await state()
      const id = await askedFor(looser)
      expect(id, name).toBeDefined()
      expect(await state(), name).toBe(before)
      await agreeTo(theirs, { id: id!, walletId, owner })
      expect(await askedFor(looser), name).toBeUndefined()
      expect(await state(), name).not.toBe(before)
      expect(await theirs.operator.getConsent({ id: id! }).catch(({ code }) => code), name).toBe('CONSENT_NOT_FOUND')
    }
  } finally {
    await theirs.stop()
  }
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
  'telegram.bot_token': 'lets people say what the operator could, and never what takes an owner',
  'telegram.api_root': 'the same',
  'server.public_url': 'links of cards reject and never approve, and a passkey signs for the host that it was made for',
  'backup.retention_count': 'keeps files',
  'rpc.confirmations': 'money counts until its block is final, whatever this says',
  'security.allowed_hosts': 'who may ask is asked for a password or token all the same',
  'security.cors_origins': 'the same',
  'security.trusted_proxies': 'the same',
  'rpc_proxy.delay_timeout_seconds': 'says how long a call waits for its answer',
  'rpc_proxy.approval_timeout_seconds': 'the same',
  'gas_condition.enabled': 'only lets requests wait',
  'gas_condition.default_timeout_sec': 'the same',
  'gas_condition.max_timeout_sec': 'the same',
  'security.login_idle_seconds': 'a login looks and stops, however long it is there',
  'security.sign_only_seconds': 'what is signed for others counts as spent until it is over',
}
test('every setting that can change at run time says when it lets more out, or why it never does', () => {
  // How much is taken and kept, and who is told of what.
  const others = /^(security\.(max|rate|idle)_|retention\.|notifications\.)/
  const silent = Object.entries(settings).filter(
    ([key, setting]) => setting.runtime && !setting.loosens && !others.test(key),
  )
  expect(silent.map(([key]) => key).sort()).toEqual(Object.keys(HARMLESS).sort())
})
