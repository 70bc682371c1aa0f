import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import type { Database } from '../../packages/daemon/src/platform/db/database.ts'
import { stepsOf, through } from './kill-steps.ts'

/**
 * Test support, imported by a daemon's process before its own modules: it dies of kill -9 at the point that a file names,
 * in front of a step, behind it, or behind the commit of the job that it was made in. Modules that are loaded from their
 * source call their steps through this one, and so does a killable daemon of built.ts.
 */
type Step = (...args: unknown[]) => unknown

/** How many days later than now it is for this process. */
const days = Number(process.env.KILL_DAYS_AT === undefined ? 0 : readFileSync(process.env.KILL_DAYS_AT, 'utf8'))
const now = Date.now
Date.now = () => now() + days * 86_400_000

/** What was done in the job that runs. */
const job = new AsyncLocalStorage<Set<string>>()

function reach(point: string): void {
  // A file, for the next point is chosen while the daemon runs.
  if (readFileSync(process.env.KILL_AT!, 'utf8') === point) process.kill(process.pid, 'SIGKILL')
}

function jobs(database: Database): Database {
  const { work } = database
  return Object.assign(database, {
    async work<T>(scope: Parameters<typeof work>[0], fn: Parameters<typeof work<T>>[1]): Promise<T> {
      const done = new Set<string>()
      const result = await work(scope, (db) => job.run(done, () => fn(db)))
      for (const step of done) reach(`${step}, committed`)
      return result
    },
  })
}

function killable(step: string, fn: Step): Step {
  if (step === 'openDatabase') return async (...args) => jobs((await fn(...args)) as Database)
  return async (...args) => {
    reach(`${step}, before`)
    const result = await fn(...args)
    job.getStore()?.add(step)
    reach(`${step}, after`)
    return result
  }
}
Object.assign(globalThis, { killable })

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const here = stepsOf(url)
    return here.length > 0 ? { ...loaded, source: here.reduce(through, String(loaded.source)) } : loaded
  },
})
