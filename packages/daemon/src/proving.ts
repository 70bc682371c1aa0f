import { Worker } from 'node:worker_threads'
import { Failure, type Handlers, type proofOperations } from '@waiaas/contract'
import type { Checkpoints, Verdict } from './audit/service.ts'
import { verifyReceipt } from './offline/receipt.ts'
import { type Clock, seconds } from './platform/clock.ts'
import type { Calls } from './platform/http/types.ts'

type Place = { readonly path: string } | { readonly url: string }
/** Where the log is, and the key that must have signed it. */
export type Question = { readonly place: Place; readonly publicKey: string | undefined }
type Parts = {
  readonly place: Place
  readonly clock: Pick<Clock, 'now'>
  readonly signing: Pick<Checkpoints, 'current'>
}

/** Proves what the daemon has kept and signed, beside what it serves: the audit log in a thread and over a connection of its own. */
export function proving({ place, clock, signing }: Parts) {
  let thread: Worker | undefined
  let running: Promise<Verdict> | undefined

  async function verify(): Promise<Verdict> {
    const { publicKey, checkpoint } = await signing.current()
    const question: Question = { place, publicKey: checkpoint === null ? undefined : publicKey }
    thread = new Worker(new URL('./proving-thread.ts', import.meta.url), {
      workerData: question,
      env: {},
      execArgv: [],
    })
    try {
      return await answerOf(thread)
    } finally {
      await thread.terminate()
      thread = undefined
    }
  }

  /** Those who ask while it is looked at get the same answer. */
  function shared(): Promise<Verdict> {
    running ??= verify().finally(() => {
      running = undefined
    })
    return running
  }

  const handlers: Handlers<typeof proofOperations, Calls> = {
    async verifyAuditLog() {
      const { partial: _, ...verdict } = await shared()
      return { ...verdict, at: seconds(clock.now()) }
    },
    async verifyReceipt(_call, { receipt }) {
      const { publicKey } = await signing.current()
      const { proven, word, missing, faults, ...verdict } = await verifyReceipt(receipt, publicKey)
      return { ...verdict, proven: [...proven], word: [...word], missing: [...missing], faults: [...faults] }
    },
  }
  return {
    handlers,
    async stop() {
      await thread?.terminate()
    },
  }
}

const answerOf = (thread: Worker): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', () => reject(new Failure('SHUTTING_DOWN', 'the daemon stops')))
  })
