import { setImmediate } from 'node:timers'

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
