import { AsyncLocalStorage } from 'node:async_hooks'

const cuts = new AsyncLocalStorage<AbortSignal>()

/** Runs `fn`; whatever it asks of other machines ends when the signal says so, and nothing more is asked. */
export const untilCut = <T>(signal: AbortSignal, fn: () => Promise<T>): Promise<T> => cuts.run(signal, fn)

/** The signal that ends what is asked here, if there is one. */
export const cutSignal = (): AbortSignal | undefined => cuts.getStore()
