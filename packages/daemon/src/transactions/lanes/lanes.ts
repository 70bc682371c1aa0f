import type { Parts } from '../job.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'
import type { TransactionRow } from '../rows/store.ts'
import { Lane, type LaneEvents } from './lane.ts'
import { addressOf, networkOf } from './lane-id.ts'
import { nothingSending } from './leave.ts'

export type Lanes = ReturnType<typeof lanes>
/** A lane by its id, and the wallet and network that it is of. */
type LaneKey = Pick<TransactionRow, 'lane' | 'wallet_id' | 'network'>

/** The lanes of this process, made when something is first to be done on them. */
export function lanes(parts: Parts, events: LaneEvents) {
  const open = new Map<string, Promise<Lane>>()
  const ready = new Map<string, Lane>()
  let isStopped = false
  /** What stopped signing: everything, or single wallets. */
  const halted = new Set<string>()
  const isHalted = (walletId: string) => halted.has('all') || halted.has(walletId)

  async function make({ lane, wallet_id, network }: LaneKey): Promise<Lane> {
    const wallet = { id: wallet_id, address: addressOf(lane) }
    const made = new Lane(parts, { chain: await parts.chain(network), wallet }, events)
    // Before anything is waited for, so that a stop which ends meanwhile finds it.
    ready.set(lane, made)
    if (isHalted(wallet_id)) await made.halt()
    return made
  }
  /** A key that was imported again after the end of its wallet: the lane, with what is signed on it, is the new one's. */
  const meet = (lane: Lane, walletId: string): Lane => {
    // Ids rise with time, and a stored lane or attempt may still name the old one.
    if (walletId <= lane.walletId) return lane
    lane.walletId = walletId
    if (!isHalted(walletId)) lane.resume()
    return lane
  }
  const get = (key: LaneKey): Promise<Lane> => {
    const existing = open.get(key.lane)
    if (existing) return existing.then((lane) => meet(lane, key.wallet_id))
    const made = make(key).catch((error) => {
      open.delete(key.lane)
      throw error
    })
    open.set(key.lane, made)
    return made
  }
  const of = (walletId?: string) => [...ready.values()].filter((each) => !walletId || each.walletId === walletId)

  return {
    /** Something may be ready on this lane. */
    kick(key: LaneKey) {
      if (isStopped) return
      const existing = ready.get(key.lane)
      if (existing) return meet(existing, key.wallet_id).kick()
      get(key).then(
        (made) => made.kick(),
        (error) =>
          parts.log.warn({ network: key.network, err: error }, 'the network cannot be used now; it is tried again'),
      )
    },
    get,
    byId: (id: string) => ready.get(id),
    /** Lanes whose first attempt finds no block outbid it. */
    nudge: () => {
      for (const each of ready.values()) each.nudge()
    },
    /** What keeps lanes that have something to do, by network: a line each. */
    troubles: (): string[] => [...new Set(of().flatMap(trouble))],
    liveOn: (network: string): AttemptRow[] =>
      of().flatMap((each) => (networkOf(each.id) === network ? [...each.live.values()] : [])),
    /** When this resolves nothing more is signed or sent, for one wallet or for all, here or by another replica. */
    async halt(walletId?: string) {
      halted.add(walletId ?? 'all')
      await Promise.all(of(walletId).map((each) => each.halt()))
      await nothingSending(parts.database, walletId === undefined ? undefined : [walletId])
    },
    resume(walletId?: string) {
      halted.delete(walletId ?? 'all')
      for (const each of of(walletId)) if (!isHalted(each.walletId)) each.resume()
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

function trouble({ id, reasons }: Lane): string[] {
  const reason = reasons.current()
  return reason === null ? [] : [`${networkOf(id)}: ${reason}`]
}
