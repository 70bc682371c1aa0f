import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../../../test/support/daemon.ts'
import { GENEROUS, type TestWallet } from '../../../test/support/wallets.ts'
import { type EvmWorld, evmWorld } from '../../../test/support/worlds.ts'
import { captured } from '../test/captured.ts'
import { requireLanded } from './until-over.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
let slow: TestWallet
let delayed: TestWallet

beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: world.env })
  wallet = await world.wallet(daemon, { limit: GENEROUS })
  slow = await world.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
  delayed = await world.wallet(daemon, {
    limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 100, delay_seconds: 1 },
  })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

/** What an agent of a wallet types. */
function send(of: TestWallet, ...words: string[]) {
  writeFileSync(join(daemon.dataDir, 'mcp-token'), of.token, { mode: 0o600 })
  const payment = ['--to', world.newAddress(), '--human-amount', '0.000001', '--network', world.network]
  return captured(['tx', 'send', ...words, ...payment, '--data-dir', daemon.dataDir])
}

describe('tx send --wait', () => {
  test('alone waits until the payment has landed, and says so', async () => {
    const { code, out, err } = await send(wallet, '--wait')
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/sent as \S+; Ctrl-C.*\n.*it has landed\n$/) })
    expect(out).toContain('CONFIRMED')
  })

  test('tells a program the same in its answer alone', async () => {
    const { code, out, err } = await send(wallet, '--json', '--wait')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({
      status: 'CONFIRMED',
      tier: 'INSTANT',
      error: null,
      txHash: expect.any(String),
    })
  })

  test('waits for the end of a delay, which needs nobody', async () => {
    const { code, out } = await send(delayed, '--wait', '--json')
    expect([code, JSON.parse(out)]).toMatchObject([0, { status: 'CONFIRMED', tier: 'DELAY' }])
  })

  test('does not wait for a human, says how to answer, and fails: nothing was paid', async () => {
    const { code, out, err } = await send(slow, '--wait')
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining('QUEUED') })
    expect(err).toMatch(/it waits for a human.*\n {2}(?:npx --no )?waiaas tx approve \S+ shows it, and asks\n$/)
  })

  test('with seconds is answered as the daemon answers', async () => {
    const { code, out } = await send(slow, '--wait', '1', '--json')
    expect([code, JSON.parse(out)]).toMatchObject([0, { status: 'QUEUED', tier: 'APPROVAL' }])
  })

  test('sends nothing where it is only tried', async () => {
    const { code, out, err } = await send(wallet, '--wait', '--dry-run', '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ success: true })
  })

  test.each(['FAILED', 'CANCELLED', 'EXPIRED', 'PARTIAL_FAILURE'])('fails where it has ended as %s', (status) => {
    expect(() => requireLanded({ id: 'a', status, tier: 'INSTANT', error: 'no gas' }, true)).toThrow(
      `it has not landed: ${status}, no gas`,
    )
  })

  test('is a word of its own only where a flag can stand', async () => {
    const { out } = await captured(['tx', 'send', '--help'])
    expect(out.replaceAll(/\s+/g, ' ')).toContain('alone: until it has landed, has failed, or waits for you')
    const elsewhere = await captured(['tx', 'get', 'some', '--wait'])
    expect(elsewhere).toMatchObject({ code: 2, err: expect.stringContaining('--wait needs a value') })
  })
})
