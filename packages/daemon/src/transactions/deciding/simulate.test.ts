import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Simulation } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newEvmAddress, newSolanaAddress } from '../../../../../test/support/wallets.ts'
import { migrations, startEvm, startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { type Database, openDatabase } from '../../platform/db/database.ts'

// A unit is worth 2,000 dollars, and a fund has 100 of each.
describe.each(['evm', 'solana'] as const)('trying a payment on %s', (family) => {
  const isEvm = family === 'evm'
  const unit = isEvm ? 10n ** 18n : 10n ** 9n
  const dollars = (usd: number) => String((BigInt(Math.round(usd * 1_000)) * unit) / 2_000_000n)
  const recipient = isEvm ? newEvmAddress : newSolanaAddress
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
  let database: Database
  let node: Awaited<ReturnType<typeof startEvm | typeof startSolana>>
  let bed: Awaited<ReturnType<typeof startPipeline>>
  beforeAll(async () => {
    node = isEvm ? await startEvm() : await startSolana({ slotMs: 50 })
    database = await openDatabase({ path: join(folder, 'test.db'), migrations })
    bed = await startPipeline(database, node)
  })
  afterAll(async () => {
    await bed.stop()
    await node.stop()
    await database.close()
    rmSync(folder, { recursive: true })
  })

  const tried = async (wallet: { id: string; session: string }, amount: string, to = recipient()) => {
    const request = { type: 'TRANSFER', to, amount, walletId: wallet.id, dryRun: true } as const
    return Simulation.parse(await bed.service.simulate(request, wallet.session))
  }
  const codes = ({ warnings }: Simulation) => warnings.map(({ code }) => code)
  const limited = async (limits: object) => {
    const wallet = await bed.wallet()
    await bed.limit(wallet.id, { ...{ instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6 }, ...limits })
    return wallet
  }

  test('says what a node tells of it, and what its bytes do', async () => {
    const [wallet, { address: to }] = [await limited({}), await bed.wallet()]
    const told = await tried(wallet, dollars(100), to)
    expect(told).toMatchObject({ success: true, warnings: [], effects: { sender: wallet.address } })
    expect(told.effects.effects).toEqual([expect.objectContaining({ kind: 'outflow', to, amount: dollars(100) })])
    const { logs, unitsConsumed, error } = told.simulation
    expect(error).toBeNull()
    if (isEvm) expect([logs, unitsConsumed]).toEqual([[], '21000'])
    else {
      expect(logs).toContain('Program 11111111111111111111111111111111 success')
      // A transfer, and the two instructions of its compute budget.
      expect(unitsConsumed).toBe('450')
    }
  })

  test('warns where the fee is more than a tenth of what is paid', async () => {
    const wallet = await limited({})
    const { fee } = await tried(wallet, dollars(100))
    const cost = BigInt(fee!.estimatedFee)
    // Of a new account there has to be enough to exist.
    const to = (await bed.wallet()).address
    expect(codes(await tried(wallet, String(cost * 9n), to))).toEqual(['HIGH_FEE_RATIO'])
    expect(codes(await tried(wallet, String(cost * 11n), to))).toEqual([])
  })

  test('warns where it fills four fifths of a window, and tells how much that is', async () => {
    const wallet = await limited({ daily_limit_usd: 100, monthly_limit_usd: 10_000 })
    expect((await tried(wallet, dollars(70))).policy).not.toHaveProperty('cumulativeWarning')
    const near = await tried(wallet, dollars(85))
    expect(codes(near)).toEqual(['CUMULATIVE_LIMIT_WARNING'])
    const { type, ratio, spent, limit } = near.policy.cumulativeWarning!
    expect([type, limit]).toEqual(['daily', 100])
    expect(spent).toBeGreaterThanOrEqual(85)
    expect(spent).toBeLessThan(100)
    expect(ratio).toBeCloseTo(spent / limit)
    const over = await tried(wallet, dollars(101))
    expect(over).toMatchObject({ success: false, policy: { allowed: false } })
    expect(over.policy).not.toHaveProperty('cumulativeWarning')
  })

  test('tells a payment that is not there from one whose fee is not, and by how much', async () => {
    const wallet = await limited({})
    const all = 100n * unit
    for (const [amount, code] of [
      [all, 'INSUFFICIENT_BALANCE_WITH_FEE'],
      [all + unit, 'INSUFFICIENT_BALANCE'],
    ] as const) {
      const told = await tried(wallet, String(amount))
      expect(told).toMatchObject({
        success: false,
        simulation: { success: false, error: expect.stringMatching(/missing/) },
      })
      expect(codes(told)).toEqual([code])
      expect(told.balanceChanges.at(-1)!.afterBalance).toMatch(/^-/)
    }
  })

  test('says what asks for a human', async () => {
    const wallet = await limited({ instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1 })
    const { policy, warnings } = await tried(wallet, dollars(50))
    expect(policy).toMatchObject({ tier: 'APPROVAL', allowed: true, approvalReason: expect.stringContaining('50') })
    expect(warnings.map(({ code }) => code)).toEqual(['APPROVAL_REQUIRED'])
  })
})
