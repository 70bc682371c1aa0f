import { Failure } from '@waiaas/contract'

type Peer = { failures: number; lastAt: number; until: number }

const FREE_FAILURES = 5
const WINDOW_MS = 60_000
const FIRST_LOCK_MS = 5_000
const LONGEST_LOCK_MS = 300_000
/** Addresses remembered at once; the one that failed longest ago is forgotten first. */
const MOST_PEERS = 10_000

/** Makes guessing slow: after five wrong passwords within a minute an address waits, twice as long after each further one. */
export function backOff(monotonic: () => number) {
  const peers = new Map<string, Peer>()
  return {
    /** Throws MASTER_PASSWORD_LOCKED while the address has to wait. */
    requireOpen(peer: string): void {
      const wait = (peers.get(peer)?.until ?? 0) - monotonic()
      if (wait <= 0) return
      const retryAfter = Math.ceil(wait / 1000)
      throw new Failure('MASTER_PASSWORD_LOCKED', `expected no attempt for ${retryAfter} s more`, { retryAfter })
    },
    failed(peer: string): void {
      const now = monotonic()
      const known = peers.get(peer)
      const failures = known && now < forgottenAt(known) ? known.failures + 1 : 1
      const lock = failures < FREE_FAILURES ? 0 : FIRST_LOCK_MS * 2 ** Math.min(failures - FREE_FAILURES, 10)
      peers.delete(peer)
      peers.set(peer, { failures, lastAt: now, until: now + Math.min(lock, LONGEST_LOCK_MS) })
      for (const [oldest] of peers) {
        if (peers.size <= MOST_PEERS) break
        peers.delete(oldest)
      }
    },
    succeeded(peer: string): void {
      peers.delete(peer)
    },
  }
}

/** A lock that has passed is remembered for as long again, so that waiting it out does not start from nothing. */
const forgottenAt = ({ lastAt, until }: Peer): number => Math.max(lastAt + WINDOW_MS, until + (until - lastAt))
