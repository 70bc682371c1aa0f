import type { Chain } from '../../chains/chain.ts'
import type { Parts } from '../job.ts'
import { attemptStore } from '../rows/attempt-store.ts'
import { laneStore } from '../rows/lane-store.ts'
import { unplacedStore } from '../rows/unplaced-store.ts'
import { laneId } from './lane-id.ts'

type Of = { readonly chain: Pick<Chain, 'network' | 'order'>; readonly sender: string }

/** The nonces that a lane gives next, by their place: the first free one that the chain still takes, and so on; and how many requests wait for one. */
export async function nextNonces({ database }: Pick<Parts, 'database'>, { chain, sender }: Of) {
  const lane = laneId(chain.network.id, sender)
  const { next, dropped, waiting } = await database.read(async (db) => ({
    next: (await laneStore.byId(db, lane))?.next_nonce ?? 0,
    dropped: await attemptStore.inState(db, lane, 'dropped'),
    waiting: await unplacedStore.count(db, { lane }),
  }))
  const onChain = await chain.order!.nextNonce(sender, next)
  const free = dropped.flatMap(({ nonce }) => (nonce !== null && nonce >= onChain ? [nonce] : []))
  const at = (place: number): number => free[place] ?? Math.max(next, onChain) + place - free.length
  return { at, waiting }
}
