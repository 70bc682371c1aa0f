import type { Handle } from './handle.ts'

/** What somebody waits for: a function over a handle, and how to answer. */
export type Job = {
  perform: (db: Handle) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: unknown) => void
}
export type Outcome = { value: unknown } | { error: unknown }

/** Answers each job of a round that was committed with its own outcome, in order. */
export function answer(jobs: readonly Job[], outcomes: readonly Outcome[]): void {
  for (const [i, job] of jobs.entries()) {
    const outcome = outcomes[i]!
    if ('error' in outcome) job.reject(outcome.error)
    else job.resolve(outcome.value as never)
  }
}
