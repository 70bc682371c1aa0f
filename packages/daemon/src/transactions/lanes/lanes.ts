import { laneId, type Parts } from '../parts.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'
import { Lane, type LaneEvents } from './lane.ts'
import { nothingSending } from './leave.ts'

/** The address in a lane's id. */
export const addressOf = (lane: string): string => lane.slice(lane.indexOf('/') + 1)
const networkOf = (lane: string): string => lane.slice(0, lane.indexOf('/'))

export type Lanes = ReturnType<typeof lanes>

/** The lanes of this process, made when something is first to be done on them. */
export function lanes(parts: Parts, events: LaneEvents) {
  const open = new Map<string, Promise<Lane>>()
  const ready = new Map<string, Lane>()
  let isStopped = false
  /** What stopped signing: everything, or single wallets. */
  const halted = new Set<string>()

  async function make(walletId: string, network: string, address: string): Promise<Lane> {
    const made = new Lane(parts, await parts.chain(network), { id: walletId, address }, events)
    // Before anything is waited for, so that a stop which ends meanwhile finds it.
    ready.set(made.id, made)
    if (halted.has('all') || halted.has(walletId)) await made.halt()
    return made
  }
  /** A key that was imported again after the end of its wallet: the lane, with what is signed on it, is the new one's. */
  const meet = (lane: Lane, walletId: string): Lane => {
    // Ids rise with time, and a stored lane or attempt may still name the old one.
    if (walletId <= lane.walletId) return lane
    lane.walletId = walletId
    if (!halted.has('all') && !halted.has(walletId)) lane.resume()
    return lane
  }
  const get = (walletId: string, network: string, address: string): Promise<Lane> => {
    const id = laneId(network, address)
    const existing = open.get(id)
    if (existing) return existing.then((lane) => meet(lane, walletId))
    const made = make(walletId, network, address).catch((error) => {
      open.delete(id)
      throw error
    })
    open.set(id, made)
    return made
  }
  const of = (walletId?: string) => [...ready.values()].filter((each) => !walletId || each.walletId === walletId)

  return {
    /** Something may be ready on this lane. */
    kick(walletId: string, network: string, address: string) {
      if (isStopped) return
      const existing = ready.get(laneId(network, address))
      if (existing) return meet(existing, walletId).kick()
      get(walletId, network, address).then(
        (made) => made.kick(),
        (error) => parts.log.warn({ network, err: error }, 'the network cannot be used now; it is tried again'),
      )
    },
    get,
    byId: (id: string) => ready.get(id),
    /** Lanes whose first attempt finds no block outbid it. */
    nudge: () => {
      for (const each of ready.values()) each.nudge()
    },
    /** What keeps lanes that have something to do, by network: a line each. */
    troubles: (): string[] => {
      const lines = of().flatMap((each) => {
        const reason = each.reasons.current()
        return reason === null ? [] : [`${networkOf(each.id)}: ${reason}`]
      })
      return [...new Set(lines)]
    },
    liveOn: (network: string): AttemptRow[] =>
      of().flatMap((each) => (each.id.startsWith(`${network}/`) ? [...each.live.values()] : [])),
    /** When this resolves nothing more is signed or sent, for one wallet or for all, here or by another replica. */
    async halt(walletId?: string) {
      halted.add(walletId ?? 'all')
      await Promise.all(of(walletId).map((each) => each.halt()))
      await nothingSending(parts.database, walletId === undefined ? undefined : [walletId])
    },
    resume(walletId?: string) {
      halted.delete(walletId ?? 'all')
      for (const each of of(walletId)) if (!halted.has('all') && !halted.has(each.walletId)) each.resume()
    },
    /** When this resolves, what was on its way at the call is over, for these wallets or for all, here and elsewhere. */
    async quiet(walletIds?: readonly string[]) {
      const meant = of().filter(({ walletId }) => walletIds === undefined || walletIds.includes(walletId))
      await Promise.all(meant.map((each) => each.quiet()))
      await nothingSending(parts.database, walletIds)
    },
    async stop() {
      isStopped = true
      await Promise.allSettled([...open.values()].map(async (each) => (await each).stop()))
    },
  }
}
