import { isFailure } from '@waiaas/contract'
import { dueWorker, type Next } from '../../platform/due-rows.ts'
import type { Loop } from '../../platform/jobs.ts'
import { covered } from '../deciding/covered.ts'
import { scopeOf } from '../job.ts'
import type { ServiceParts } from '../parts.ts'
import { type ListedRow, listStore } from '../rows/list-store.ts'
import type { Status } from '../rows/states.ts'
import type { WalletFacts } from '../switches.ts'
import { isAgreedStill } from './agreed.ts'
import { decideStep } from './deciding.ts'
import { endSweep, NOT_ENOUGH } from './ending.ts'
import { type HeldToken, nativeRequest, tokenRequest } from './reading.ts'
import type { SweepParts } from './sweep-parts.ts'
import { type StepRow, type SweepRow, sweepStore } from './sweep-store.ts'

const LOOK_MS = 1_000
/** After endpoints did not answer, or too much waits. */
const LATER_MS = 5_000
/** Transactions that a step may have: gas may become dearer, or money leave, before the first is signed. */
const MOST_TRIES = 3
const OPEN: readonly Status[] = ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING', 'SUBMITTED']

type Known = { readonly sweep: SweepRow; readonly wallet: WalletFacts; readonly step: StepRow }

/** Goes on with sweeps, network by network: tokens beside each other, then native currency. Nothing of it is in memory. */
export function sweepWorker(sweeps: SweepParts): Loop {
  const { parts, lanes } = sweeps
  const { database, clock } = parts
  const inMs = (ms: number): Next => ({ dueAt: clock.now() + ms })

  async function look(id: string): Promise<Next> {
    const read = await database.read(async (db) => {
      const work = await sweepStore.work(db, id)
      const sweep = work && (await sweepStore.byId(db, work.sweep_id))
      const wallet = sweep && (await parts.switches.wallet(db, sweep.wallet_id))
      if (sweep?.status !== 'RUNNING' || !wallet) return undefined
      if (!(await isAgreedStill(db, sweep))) return { notEnough: sweep }
      const steps = (await sweepStore.steps(db, sweep.id)).filter(({ network }) => network === work!.network)
      const found: { step: StepRow; row: ListedRow | undefined }[] = []
      for (const step of steps) {
        const { transaction_id: of } = step
        found.push({ step, row: of === null ? undefined : await listStore.byId(db, of) })
      }
      return { sweep, wallet, steps: found }
    })
    if (!read) return { over: true }
    if ('notEnough' in read) return endNotEnough(parts, read.notEnough)
    const { sweep, wallet, steps } = read
    const tokens = steps.filter(({ step }) => step.token !== null)
    const unasked = tokens.find(({ step }) => isUnasked(step))
    if (unasked) return start({ sweep, wallet, step: unasked.step })
    if (tokens.some(({ row }) => isOpen(row))) return inMs(LOOK_MS)
    const native = steps.find(({ step }) => step.token === null)
    if (native && isUnasked(native.step)) return start({ sweep, wallet, step: native.step })
    if (native && isOpen(native.row)) return inMs(LOOK_MS)
    if (native && mayHaveAnother(native)) return again(parts, sweep, native.step).then(() => inMs(0))
    return leaveNetwork(parts, id, sweep)
  }

  /** The step gets its transaction, or the reason why it has none. */
  async function start(known: Known): Promise<Next> {
    try {
      return await ask(known)
    } catch (error) {
      if (!isFailure(error)) throw error
      if (error.code === 'CHAIN_ERROR') return inMs(LATER_MS)
      await leaveStep(parts, known, error.message)
      return inMs(0)
    }
  }

  async function ask({ sweep, wallet, step }: Known): Promise<Next> {
    const chain = await parts.chain(step.network)
    const place = { chain, sender: wallet.address, to: sweep.to_address }
    // `start` of the sweep wrote it.
    const token = step.token === null ? null : (JSON.parse(step.token) as HeldToken)
    const { request } = await (token ? tokenRequest(place, token) : nativeRequest(place, 0n))
    const built = await sweeps.build({ wallet, place, request })
    const decided = await covered(parts, { first: built, funds: sweeps.funds }, (isCovered) =>
      database.work(scopeOf(wallet.id, []), (db) => decideStep({ parts, db }, { step, built, isCovered })),
    )
    if (decided.outcome !== 'started') return inMs(decided.outcome === 'full' ? LATER_MS : LOOK_MS)
    lanes.kick({ lane: decided.lane, wallet_id: wallet.id, network: step.network })
    return inMs(0)
  }

  return dueWorker(parts, { name: 'sweeps', table: 'sweep_work', run: look })
}

/** What was said for it is not enough any more: nothing else of it leaves. */
const endNotEnough = (parts: ServiceParts, sweep: SweepRow): Promise<Next> =>
  parts.database.work(scopeOf(sweep.wallet_id, []), async (db) => {
    await endSweep({ parts, db }, sweep, NOT_ENOUGH)
    return { over: true }
  })

const isUnasked = ({ transaction_id, error }: StepRow): boolean => transaction_id === null && error === null
const isOpen = (row: ListedRow | undefined): boolean => row !== undefined && OPEN.includes(row.status)

/** It ended before anything of it was signed, and not because somebody wanted that. */
const mayHaveAnother = ({ step, row }: { step: StepRow; row: ListedRow | undefined }): boolean =>
  row?.status === 'FAILED' && row.tx_hash === null && step.tries < MOST_TRIES

/** The step may have another transaction. */
const again = (parts: ServiceParts, sweep: SweepRow, { sweep_id: id, step, transaction_id: transaction }: StepRow) =>
  parts.database.work(scopeOf(sweep.wallet_id, []), (db) =>
    sweepStore.again(db, { id, step, transaction: transaction! }),
  )

/** The step has no transaction, and will have none. */
const leaveStep = (parts: ServiceParts, { sweep, step: { sweep_id: id, step } }: Known, why: string) =>
  parts.database.work(scopeOf(sweep.wallet_id, []), (db) => sweepStore.leave(db, { id, step, why }))

/** Of the last network on which it had something to do: the sweep is done. */
const leaveNetwork = (parts: ServiceParts, id: string, { id: sweep, wallet_id: walletId }: SweepRow): Promise<Next> =>
  parts.database.work(scopeOf(walletId, []), async (db) => {
    const isLast = (await sweepStore.finishWork(db, { id, sweep })) === 0
    if (isLast && (await sweepStore.end(db, { id: sweep, status: 'DONE', at: parts.clock.now() })))
      await parts.audit.record(db, {
        ...{ event: 'SWEEP_ENDED', actor: 'system', walletId },
        details: { sweep, status: 'DONE' },
      })
    return { over: true }
  })
