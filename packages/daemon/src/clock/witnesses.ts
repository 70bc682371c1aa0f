import { isFailure, type Network } from '@waiaas/contract'
import type { Chain } from '../chains/chain.ts'
import type { SystemClock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { agrees } from './rules.ts'
import { clockStore } from './store.ts'

export type WitnessParts = {
  database: Database
  clock: SystemClock
  findNetwork(id: string): Network | undefined
  chain(network: string): Promise<Pick<Chain, 'blockTime'>>
}
export type Testimony = 'agrees' | 'differs' | 'silent'

/** Networks whose time is not this machine's own, and that have something to protect. */
export const witnesses = async ({ database, findNetwork }: WitnessParts): Promise<string[]> =>
  (await database.read(clockStore.networksInUse)).filter((id) => !findNetwork(id)?.local)

/** Asks the chains whether the wall clock is right; after a start it is believed when one of them agrees. */
export const testimonies = (parts: WitnessParts, networks: readonly string[]): Promise<Testimony[]> =>
  Promise.all(networks.map((network) => testimony(parts, network)))

async function testimony({ clock, chain }: WitnessParts, network: string): Promise<Testimony> {
  try {
    const blockTime = await (await chain(network)).blockTime()
    const at = clock.latest()
    if (!agrees(at, blockTime)) return 'differs'
    // It may have jumped meanwhile; then no chain is asked.
    if (clock.held()?.since === 'start') clock.believe(at)
    return 'agrees'
  } catch (error) {
    if (!isFailure(error)) throw error
    return 'silent'
  }
}
