import { include, isDue, type ObserverParts, type Track } from './track.ts'

/** How far the window came: whether blocks were left out or left the chain on the way, and whether it stands at the head. */
export type Advance = { readonly jumped: boolean; readonly reached: boolean; readonly rewritten: boolean }

/** Looks for attempts in the blocks that were followed, without asking a node. */
export type WindowLookUp = {
  /** Takes what the window knows of an attempt; true when it has to be looked up by itself. */
  take(track: Track, advance: Advance): boolean
  /** A node took these bytes as new while the window's head was at this height. */
  sent(hash: string, head: number): void
}

const sentMost = 50_000

export function windowLookUp(parts: ObserverParts): WindowLookUp {
  const { window, clock } = parts
  const sentAt = new Map<string, number>()

  /** Below the window it stands while the window itself holds: a block cannot change without those above it. */
  function isKept(track: Track, { jumped }: Advance): boolean {
    const { fate } = track
    if (fate.state !== 'included') return false
    const hash = window.hashAt(fate.height)
    const isBelow = !jumped && hash === undefined && fate.height < window.coveredFrom()
    const isAhead = hash === undefined && fate.height > window.head() && !isDue(parts, track)
    return fate.final || hash === fate.blockHash || isBelow || isAhead
  }

  /** Every block after this one was seen. */
  const isFollowedFrom = (head: number, { jumped, reached }: Advance): boolean =>
    reached && !jumped && head + 1 >= window.coveredFrom()

  function take(track: Track, advance: Advance): boolean {
    const { attempt } = track
    if (track.fate.state === 'void' || isKept(track, advance)) return false
    if (track.fate.state === 'included') {
      track.fate = { state: 'unknown' }
      track.reason = undefined
      // It has been out of the pool since: that it was taken there proves nothing any more.
      sentAt.delete(attempt.hash)
    }
    const found = window.find(attempt.hash)
    if (found === 'unread') return track.reason === undefined || isDue(parts, track)
    if (found) {
      include(parts, track, found)
      return false
    }
    const head = sentAt.get(attempt.hash)
    sentAt.delete(attempt.hash)
    if (head !== undefined && isFollowedFrom(head, advance)) {
      track.fate = { state: 'pending' }
      track.reason = undefined
      track.checkedAt = clock()
      return false
    }
    const isOpen = track.fate.state === 'unknown' && (track.reason === undefined || isDue(parts, track))
    // What was in a block is asked for all the same: without an answer it would count as out of it.
    const isAwaited = attempt.isLeaving === true && attempt.block === undefined
    return advance.jumped || (isOpen && !isAwaited)
  }

  return {
    take,
    sent(hash, head) {
      if (sentAt.size >= sentMost) sentAt.delete(sentAt.keys().next().value!)
      sentAt.set(hash, head)
    },
  }
}
