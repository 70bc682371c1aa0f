import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@waiaas/contract'
import type { EvmNode, SolanaNode } from '@waiaas/localnet'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../../../../../test/support/until.ts'
import { newEvmAddress, newSolanaAddress } from '../../../../../test/support/wallets.ts'
import { migrations, startEvm, startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { openDatabase } from '../../platform/db/database.ts'

type LocalNode = EvmNode | SolanaNode
const GWEI = 10n ** 9n
const generous = { instant_max_usd: 1_000, notify_max_usd: 2_000, delay_max_usd: 3_000 }

describe('what gas costs', () => {
  const stops: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start<N extends LocalNode>(node: N) {
    const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
    const database = await openDatabase({ path: join(folder, 'test.db'), migrations })
    const bed = await startPipeline(database, node)
    stops.push(
      () => bed.stop(),
      () => node.stop(),
      () => database.close(),
      async () => rmSync(folder, { recursive: true }),
    )
    const from = await bed.wallet()
    await bed.limit(from.id, generous)
    return { ...bed, node, from }
  }

  test('on an EVM network a request waits until the base fee has come down, and pays no more than it said', async () => {
    const { node, from, ...bed } = await start(
      await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] }),
    )
    const baseFee = async (wei: bigint) => {
      await node.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${wei.toString(16)}`])
      await node.mine(1)
    }
    await baseFee(10n * GWEI)
    const request = { to: newEvmAddress(), amount: '1000', gasCondition: { maxGasPrice: '2 gwei' } }
    const { transactionId } = await bed.send(from, request, newId())
    await bed.until(transactionId, 'GAS_WAITING')
    expect((await bed.service.get(transactionId, undefined)).waitReason).toMatch(
      /^it waits for gas to cost at most 2 gwei until \d{4}-/,
    )
    await baseFee(GWEI / 2n)
    await until('it to be in a block', async () => {
      await node.mine(1)
      return (await bed.service.get(transactionId, undefined)).status === 'CONFIRMED'
    })
    const { txHash } = await bed.service.get(transactionId, undefined)
    const receipt = (await node.rpc('eth_getTransactionReceipt', [txHash])) as { effectiveGasPrice: string }
    expect(BigInt(receipt.effectiveGasPrice)).toBeLessThanOrEqual(2n * GWEI)
  })

  test('on Solana it is the price of a compute unit that counts', async () => {
    const { from, ...bed } = await start(await startSolana({ slotMs: 50 }))
    const pay = async (maxPriorityFee: string) => {
      const request = { to: newSolanaAddress(), amount: '2000000', gasCondition: { maxPriorityFee } }
      return (await bed.send(from, request, newId())).transactionId
    }
    const [dear, cheap] = [await pay('999'), await pay('1000000')]
    await bed.until(cheap, 'CONFIRMED')
    expect((await bed.service.get(dear, undefined)).waitReason).toContain('a tip of at most 999 micro-lamports')
  })
})
