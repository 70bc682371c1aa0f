import { AsyncLocalStorage } from 'node:async_hooks'
import type { Log } from './log.ts'

/** Ends each in turn; one that fails is logged and keeps none of the others from ending. */
export async function endAll(log: Log, all: readonly { stop(): Promise<void> }[]): Promise<void> {
  for (const each of all) {
    try {
      await each.stop()
    } catch (error) {
      log.error({ err: error }, 'something could not be ended in good order')
    }
  }
}

export type Loop = {
  /** Runs as soon as the present run is over. */
  wake(): void
  /** No run starts after this; resolves when the present one is over. */
  stop(): Promise<void>
}

const RETRY_MS = 1_000

/**
 * A named piece of background work that runs again and again, never twice at once. `run` says after how many
 * milliseconds it wants to run again; a failure is logged and the work runs again after a second.
 */
export function loop(name: string, log: Log, run: () => Promise<number>): Loop {
  // Whoever wakes it may be inside a database transaction; the work itself never is.
  const apart = AsyncLocalStorage.snapshot()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isWoken = false
  let isStopped = false

  const turn = async () => {
    isWoken = false
    let wait = RETRY_MS
    try {
      wait = await run()
    } catch (error) {
      log.error({ job: name, err: error }, 'background work failed; it runs again')
    }
    running = undefined
    if (!isStopped) schedule(isWoken ? 0 : wait)
  }
  const schedule = (wait: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      running = apart(turn)
    }, wait)
  }

  schedule(0)
  return {
    wake() {
      isWoken = true
      if (!running && !isStopped) schedule(0)
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
