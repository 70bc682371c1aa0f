import { ZERO_USD } from '@waiaas/contract'
import {
  DAY_WINDOW,
  type FinalsReader,
  MONTH_WINDOW,
  reserveWindow,
  type Worth,
  walletWindows,
} from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { EvaluateInput, Policy, Windows } from '../../policies/service.ts'
import { transactionStore } from '../rows/store.ts'
import type { Before, Subject } from './verdict.ts'

/** Under what a wallet's past is read, as far as some policy asks. */
export type Reading = {
  policies: readonly Policy[]
  now: number
  finals: FinalsReader
  worth: Worth
  /** What is judged again does not count against itself. */
  before: Before | undefined
  acceptedAt: number
}

/** Only the windows that some policy asks about are read. */
export async function spent(
  db: Handle,
  subject: Subject,
  { policies, now, finals, before, worth }: Reading,
): Promise<EvaluateInput['spent']> {
  const limits = policies.filter(({ asks }) => asks.spent !== undefined)
  const needsMonth = limits.some(({ asks }) => asks.spent === 'month')
  const windows = async (network?: string): Promise<Windows> => {
    const { account, spends_unknown_before: unknownBefore } = subject.wallet
    const without = before?.reserved
    const query = { account, now, finals, worth, unknownBefore, without, ...(network && { network }) }
    const [day, month = day] = await walletWindows(db, query, needsMonth ? [DAY_WINDOW, MONTH_WINDOW] : [DAY_WINDOW])
    return { day: day!, month: month! }
  }
  const all = limits.some((policy) => policy.network === null) ? await windows() : NOTHING
  const onNetwork = limits.some((policy) => policy.network !== null) ? await windows(subject.network.id) : undefined
  return { ...all, networks: { [subject.network.id]: onNetwork } }
}

/** What a cancel adds to the reserve comes on top of what is held; anything else of the lane is judged without its own part. */
export async function laneFunds(
  db: Handle,
  { wallet: { account }, network }: Subject,
  { now, before }: { now: number; before: Before | undefined },
): Promise<NonNullable<EvaluateInput['lane']>> {
  const without = before?.held === undefined ? before?.reserved : undefined
  return {
    held: before?.held ?? ZERO_USD,
    taken: await reserveWindow(db, { account, network: network.id, now, without }),
  }
}
/** When requests were accepted, as far back as some policy looks. */
export async function requests(
  db: Handle,
  subject: Subject,
  { policies, acceptedAt: until, before }: Reading,
): Promise<EvaluateInput['requests']> {
  const asked = policies.flatMap(({ network, asks }) => (asks.requests ? [{ network, ...asks.requests }] : []))
  // The steps of a plan are accepted together, and each counts.
  const beside = before ? [] : (subject.steps ?? []).slice(1).map(() => until)
  const times = async (network: string | null) => {
    const of = asked.filter((ask) => (ask.network === null) === (network === null))
    if (of.length === 0) return []
    const since = until - Math.max(...of.map(({ windowMs }) => windowMs))
    const count = Math.max(...of.map(({ count }) => count))
    const accepted = await transactionStore.acceptedTimes(db, {
      wallet: subject.wallet,
      network,
      since,
      until,
      without: before?.transactionId,
      count,
    })
    return [...beside, ...accepted]
  }
  const { spends_unknown_before: unknownBefore } = subject.wallet
  return {
    all: await times(null),
    networks: { [subject.network.id]: await times(subject.network.id) },
    ...(unknownBefore && { unknownBefore }),
  }
}

const EMPTY = { total: ZERO_USD, final: [] }
const NOTHING: Windows = { day: EMPTY, month: EMPTY }
