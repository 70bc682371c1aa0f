import { parseBase } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { localEvm } from '../../../test/pipeline-bed.ts'
import { LANE, recordedRow, storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import type { Divergence } from '../../autostop/service.ts'
import type { Chain } from '../../chains/chain.ts'
import { migrations } from '../../migrations/all.ts'
import { jsonLog } from '../../platform/log.ts'
import type { Parts } from '../job.ts'
import type { Change } from './booking.ts'
import { landings } from './landing.ts'

forEachEngine((_, open) => {
  const call = { kind: 'call', to: '0x2222222222222222222222222222222222222222', selector: '0x12345678', value: '0' }

  /** An attempt in a block, and how many looks a process takes until it gives up; at most so many. */
  async function looking(landed: NonNullable<Chain['landed']>) {
    const database = await open(migrations)
    const stopped: Divergence[] = []
    const diverged = async (divergence: Divergence) => void stopped.push(divergence)
    // Nothing else of the parts is used for what is not read.
    const shared = { database, prices: { current: () => ({}) }, log: jsonLog('silent') }
    const parts = { ...shared, autostop: { diverged } } as unknown as Parts
    const chain = { network: localEvm, landed } as unknown as Chain
    const row = transactionRow({ status: 'SUBMITTED', effects: JSON.stringify({ effects: [call] }) })
    const attempt = recordedRow({ transaction_id: row.id })
    await storeRows(database, [row], [attempt])
    const inBlock = (blockHash: string): Change => ({
      row: attempt,
      sighting: {
        ...{ id: attempt.id, state: 'included', height: 7, depth: 1, blockHash, succeeded: true, fee: parseBase('1') },
        final: false,
      },
    })
    const look = { chain, walletOf: (lane: string) => (lane === LANE ? 'w' : undefined) }
    async function looks(most: number, blockHash: string): Promise<number> {
      const run = landings(parts)
      for (let count = 1; count <= most; count++)
        if ((await run(look, [inBlock(blockHash)])).unread.length === 0) return count
      return most + 1
    }
    return { looks, stopped, id: row.id }
  }

  test('what no node tells is looked for thirty times in all, also where a restart comes between', async () => {
    const { looks, stopped, id } = await looking(async () => undefined)
    expect(await looks(20, 'one')).toBe(21)
    // Another block is another landing.
    expect(await looks(25, 'two')).toBe(26)
    expect(stopped).toEqual([])
    expect(await looks(30, 'two')).toBe(5)
    expect(stopped).toEqual([{ walletId: 'w', transactionId: id, cause: 'EFFECT_UNREAD' }])
  })

  test('what one of two endpoints tells is enough then: one that is away stops no wallet', async () => {
    const { looks, stopped } = await looking(async ({ alone }) => (alone ? [] : undefined))
    expect(await looks(40, 'one')).toBe(30)
    expect(stopped).toEqual([])
  })

  test('and stops it where that one tells more than was judged', async () => {
    const more = { kind: 'outflow', asset: 'eip155:31337/slip44:60', amount: '9', to: call.to } as const
    const { looks, stopped, id } = await looking(async ({ alone }) => (alone ? [more] : undefined))
    expect(await looks(40, 'one')).toBe(30)
    expect(stopped).toEqual([{ walletId: 'w', transactionId: id, cause: 'EFFECT_DIVERGED' }])
  })
})
