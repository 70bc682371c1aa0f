import { inputSchema, mayCall, type Operation, operations, pathNames } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { type Method, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { GENEROUS, newEvmAddress, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e',
  "'; drop table wallets; --",
  '%',
  '__proto__',
  'default',
  '🔑',
]
const ODD: readonly unknown[] = [
  ...TEXTS,
  'x'.repeat(70_000),
  '00000000-0000-0000-0000-000000000000',
  Buffer.from('99999999999999999 00000000-0000-0000-0000-000000000000').toString('base64url'),
  Buffer.from('9999999999999999 00000000-0000-0000-0000-000000000000').toString('base64url'),
  ...[0, -1, 1.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e308, 999_999_999_999_999],
  ...[null, true, [], {}, [null], [[]], ['\ud800'], { a: { b: [] } }],
]
/** These stop what the other calls need; each has tests of its own. */
const SKIPPED: readonly string[] = ['shutdown', 'changeMasterPassword', 'activateKillSwitch', 'escalateKillSwitch']

describe.each<Engine>(['sqlite', 'postgres'])('over %s', (engine) => {
  let world: EvmWorld
  let daemon: TestDaemon
  let wallet: TestWallet
  /** Gets the odd names, by which later calls mean it. */
  let other: TestWallet
  beforeAll(async () => {
    world = await evmWorld()
    const env = { ...world.env, WAIAAS_SECURITY_MAX_SESSIONS_PER_WALLET: '10000', WAIAAS_DAEMON_LOG_LEVEL: 'error' }
    daemon = await startTestDaemon({ engine, env })
    wallet = await world.wallet(daemon, { limit: GENEROUS })
    other = await world.wallet(daemon)
  })
  afterAll(async () => {
    await daemon?.stop()
    await world?.stop()
  })

  /** An input that works, for what would otherwise be refused before the odd field is looked at. */
  const whole = (): Partial<Record<string, Record<string, unknown>>> => ({
    createWallet: { name: `odd ${newEvmAddress()}`, chain: 'ethereum', createSession: false },
    renameWallet: { id: other.id },
    createSession: { walletId: wallet.id },
    createPolicy: { type: 'RATE_LIMIT', walletId: wallet.id, rules: { maxRequests: 1_000_000, period: 'hourly' } },
    addToken: { network: world.network, address: newEvmAddress(), symbol: 'ODD', name: 'Odd', decimals: 18 },
    sendToken: { to: newEvmAddress(), amount: '1', network: world.network, dryRun: true },
    changeWalletCeiling: { network: world.network, transaction: '1', day: '1' },
    simulate: { to: newEvmAddress(), amount: '1', network: world.network },
    updateSettings: { settings: [{ key: 'oracle.max_age_seconds', value: '600' }] },
    importWallet: { name: 'odd', chain: 'ethereum', environment: 'testnet', format: 'private-key', secret: 'x' },
  })

  test('no input, however odd, is more than a refusal', async () => {
    const faults: string[] = []
    for (const [name, op] of Object.entries(operations) as [string, Operation][]) {
      if (SKIPPED.includes(name)) continue
      for (const field of Object.keys(inputSchema(op).properties ?? {})) {
        const base = { ...Object.fromEntries(pathNames(op.path).map((each) => [each, wallet.id])), ...whole()[name] }
        for (const odd of ODD) {
          const status = await ask(op, { ...base, [field]: odd })
          if (status >= 500 && status !== 502)
            faults.push(`${name}.${field} = ${JSON.stringify(odd).slice(0, 60)}: ${status}`)
        }
      }
    }
    expect(faults).toEqual([])
    // Thousands of calls.
  }, 600_000)

  async function ask(op: Operation, input: Record<string, unknown>): Promise<number> {
    const as = mayCall(op, 'operator') ? 'operator' : wallet.token
    const inPath = pathNames(op.path)
    const path = inPath.reduce((whole, each) => whole.replace(`{${each}}`, encoded(input[each])), op.path as string)
    const rest = Object.entries(input).filter(([field]) => !inPath.includes(field))
    const inQuery = (op.bodyFrom ?? (op.method === 'GET' || op.method === 'DELETE' ? 'query' : 'body')) === 'query'
    const query = inQuery ? rest.map(([field, value]) => `${field}=${encoded(value)}`).join('&') : ''
    const body = inQuery ? undefined : Object.fromEntries(rest)
    const url = query.length > 8_000 ? `${path}?${query.slice(0, 8_000)}` : query ? `${path}?${query}` : path
    return (await daemon.call(op.method as Method, url.slice(0, 9_000), { as, body })).status
  }
})

const encoded = (value: unknown): string =>
  encodeURIComponent((typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed())
