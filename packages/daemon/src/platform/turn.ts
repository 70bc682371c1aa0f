import { setImmediate } from 'node:timers'
import { giveWay } from './give-way.ts'

/** More connections at once wait for the turns after it. */
const MOST = 64

let opened = 0

/** A connection was taken; a turn of the event loop takes one. */
export const connectionOpened = (): void => void opened++

/**
 * Resolves in the next turn of the event loop; while connections come, after the last of them. Whatever does much at once
 * waits for it first: else each of many new connections would wait for as much work, and those behind for all of that.
 */
export async function nextTurn(): Promise<void> {
  for (let turns = 0; turns < MOST; turns++) {
    const before = opened
    await new Promise((resolve) => setImmediate(resolve))
    if (opened === before) return
  }
}

/** As many of a long list are worked on in one turn. */
const PIECE = 10

/** Does something to each of a long list, ten at a time: others have their turn between. */
export async function inPieces<In, Out>(
  all: readonly In[],
  work: (piece: readonly In[], from: number) => readonly Out[],
): Promise<Out[]> {
  const done: Out[] = []
  for (let from = 0; from < all.length; from += PIECE) {
    if (from > 0) await (giveWay() ?? new Promise((resolve) => setImmediate(resolve)))
    done.push(...work(all.slice(from, from + PIECE), from))
  }
  return done
}
