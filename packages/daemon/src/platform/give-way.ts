import { AsyncLocalStorage } from 'node:async_hooks'

/** Resolves when others need the thread no more; undefined where they do not. */
export type Way = () => Promise<void> | undefined

const ways = new AsyncLocalStorage<Way>()

/** Runs `fn`; what it asks of the database waits for others as `way` says. */
export const inTurn = <T>(way: Way, fn: () => T): T => ways.run(way, fn)

/** Before a step: what others are served with goes first where whoever asks here has had more than a share. */
export const giveWay: Way = () => ways.getStore()?.()
