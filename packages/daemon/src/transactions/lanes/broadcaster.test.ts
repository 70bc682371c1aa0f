import { NETWORKS } from '@waiaas/contract'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Chain } from '../../chains/chain.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'
import { broadcaster, type Outgoing } from './broadcaster.ts'

const network = NETWORKS.find(({ id }) => id === 'ethereum-sepolia')!
const outgoing = (id: string): Outgoing => ({ row: { id } as AttemptRow, bytes: Buffer.from(id) })

/** A broadcaster whose batches wait before they may leave until `open` is called; `sent` is what then left. */
function gated() {
  const gate = Promise.withResolvers<void>()
  const sent: string[] = []
  const broadcast: Chain['broadcast'] = async (batch) => {
    sent.push(...batch.map((bytes) => Buffer.from(bytes).toString()))
    return batch.map(() => ({ outcome: 'accepted' }))
  }
  const made = broadcaster({
    network,
    chain: async () => ({ broadcast }) as Chain,
    log: pino({ level: 'silent' }),
    leaving: async (batch, send) => {
      await gate.promise
      await send(batch)
    },
    onRefused: () => {},
  })
  return { made, open: gate.resolve, sent }
}

test('what waits for leave to be sent is not sent twice when a look at the chain misses it meanwhile', async () => {
  const { made, open, sent } = gated()
  made.push([outgoing('a'), outgoing('b')])
  made.repeat([outgoing('a'), outgoing('b'), outgoing('c')])
  open()
  await made.settled()
  expect(sent).toEqual(['a', 'b', 'c'])
  made.repeat([outgoing('a'), outgoing('b'), outgoing('c')])
  await made.settled()
  expect(sent).toEqual(['a', 'b', 'c'])
})

test('a stop waits for the batch on its way, and for none of those behind it', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const batches: number[] = []
  const made = broadcaster({
    network,
    chain: async () => ({}) as Chain,
    log: pino({ level: 'silent' }),
    leaving: async (batch) => {
      batches.push(batch.length)
      await gates[batches.length - 1]?.promise
    },
    onRefused: () => {},
  })
  made.push(Array.from({ length: 100 }, (_, index) => outgoing(String(index))))
  const quiet = made.quiet()
  gates[0]!.resolve()
  await quiet
  gates[1]!.resolve()
  await made.settled()
  expect(batches).toEqual([64, 36])
})
