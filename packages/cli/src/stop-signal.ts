import { Interrupted } from './errors.ts'

/**
 * Resolves at the first SIGTERM or SIGINT. Later ones are heard and change nothing: Ctrl-C at a terminal reaches
 * this process once from the terminal and once more from npm or the launcher, and must not cut the orderly stop short.
 */
export function stopSignal(): Promise<'stopped'> {
  return hearStop().asked
}

export type Stop = {
  readonly asked: Promise<'stopped'>
  /** Fails with Interrupted once it was asked; called between steps that are whole each. */
  readonly goOn: () => void
}

/** The same for work in steps, which ends at the next one. */
export function hearStop(): Stop {
  const asked = Promise.withResolvers<'stopped'>()
  let isAsked = false
  const hear = () => {
    isAsked = true
    asked.resolve('stopped')
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, hear)
  const goOn = () => {
    if (isAsked) throw new Interrupted('interrupted')
  }
  return { asked: asked.promise, goOn }
}

/** What fails after a stop was asked for has failed for that: a terminal stops all that runs in it. */
export async function unlessStopped<T>({ goOn }: Stop, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    goOn()
    throw error
  }
}
