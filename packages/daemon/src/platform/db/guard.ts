import { AsyncLocalStorage } from 'node:async_hooks'

const transaction = new AsyncLocalStorage<true>()

/** Runs `fn` marked as being inside a database transaction, for itself and all that it calls. */
export const insideTransaction = <T>(fn: () => T): T => transaction.run(true, fn)

/**
 * Throws when called from a function given to `work` or `read`. Whatever waits for the outside world (RPC, signer, HTTP,
 * timers) calls this first: a transaction that waits holds up every other writer.
 */
export function assertOutsideWork(what: string): void {
  if (transaction.getStore()) {
    throw new Error(
      `${what} inside a database transaction: await only the database handle there, do this before or after`,
    )
  }
}
