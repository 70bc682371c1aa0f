import { AsyncResource } from 'node:async_hooks'
import { insideTransaction } from './guard.ts'
import type { Handle, TransactionHandle } from './handle.ts'

/** What somebody waits for: a function over a handle, and how to answer. */
export type Job = {
  /** Runs the function over this handle, in the async context of whoever asked; may be called again after a rollback. */
  perform: (handle: TransactionHandle) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: unknown) => void
  readonly isGrouped?: boolean | undefined
}
export type Outcome = { value: unknown } | { error: unknown }

/** A job that was put down by `put`, and what becomes of it. */
export function asJob<T>(fn: (db: Handle) => Promise<T>, put: (job: Job) => void): Promise<T> {
  const context = new AsyncResource('DatabaseJob')
  const perform: Job['perform'] = (handle) => context.runInAsyncScope(() => insideTransaction(() => handle.use(fn)))
  return new Promise<T>((resolve, reject) => put({ perform, resolve, reject }))
}

/** Answers each job of a round that was committed with its own outcome, in order. */
export function answer(jobs: readonly Job[], outcomes: readonly Outcome[]): void {
  for (const [i, job] of jobs.entries()) {
    const outcome = outcomes[i]!
    if ('error' in outcome) job.reject(outcome.error)
    else job.resolve(outcome.value as never)
  }
}
