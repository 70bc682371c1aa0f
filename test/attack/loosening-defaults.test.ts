import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

let daemon: TestDaemon
let wallets = 0
beforeAll(async () => {
  daemon = await startTestDaemon()
})
afterAll(() => daemon?.stop())

const loose = { instant_max_usd: 1_000_000 }
const steps = { instant_max_usd: 1, notify_max_usd: 2, delay_max_usd: 3, delay_seconds: 600, daily_limit_usd: 5 }
const tight = { ...steps, first_recipient: { tier: 'NOTIFY', wait_seconds: 86_400 } }

async function policy(more: { rules: object; enabled?: boolean; network?: string }) {
  const { id: walletId } = await daemon.operator.createWallet({
    name: `wallet ${++wallets}`,
    chain: 'ethereum',
    environment: 'testnet',
  })
  const made = await daemon.operator.createPolicy({ walletId, type: 'SPENDING_LIMIT', ...more } as never)
  const { data } = await daemon.operator.listPolicies({ walletId })
  const { data: log } = await daemon.operator.listAuditLogs({ wallet_id: walletId } as never)
  const details = log.map(({ details }) => details as Record<string, unknown>).find(({ id }) => id === made.id)
  return { made, hasDefault: data.some(({ isDefault }) => isDefault), details }
}

test.each([
  ['is disabled', { rules: loose, enabled: false }],
  ['applies to one network', { rules: loose, network: 'ethereum-sepolia' }],
])('a limit that %s leaves the default where it is', async (_, more) => {
  const { made, hasDefault } = await policy(more)
  expect(hasDefault).toBe(true)
  expect(made).not.toHaveProperty('replacesDefault')
})

test.each([
  ['looser', loose, true],
  ['tighter', tight, false],
  ['silent about strangers', steps, true],
])(
  'a first limit that is %s replaces the default and says so, in the answer and on record',
  async (_, rules, loosens) => {
    const { made, hasDefault, details } = await policy({ rules })
    expect(hasDefault).toBe(false)
    expect(made).toMatchObject({ replacesDefault: true })
    expect(details).toMatchObject({ replacesDefault: true, loosens })
  },
)
