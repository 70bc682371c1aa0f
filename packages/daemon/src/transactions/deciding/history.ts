import { ZERO_USD } from '@waiaas/contract'
import {
  DAY_WINDOW,
  type FinalsReader,
  MONTH_WINDOW,
  reserveWindow,
  sessionWindows,
  type Worth,
  walletWindows,
} from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type EvaluateInput, isOfSessions, type Policy, type Windows } from '../../policies/service.ts'
import { transactionStore } from '../rows/store.ts'
import type { Before, Subject } from './verdict.ts'

type Asked = Pick<Subject, 'wallet' | 'session' | 'network' | 'steps'>

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
  subject: Asked,
  { policies, now, finals, before, worth }: Reading,
): Promise<EvaluateInput['spent']> {
  const limits = policies.filter((policy) => policy.asks.spent !== undefined && isAsked(policy, subject))
  const lengths = limits.some(({ asks }) => asks.spent === 'month') ? [DAY_WINDOW, MONTH_WINDOW] : [DAY_WINDOW]
  const { account, spends_unknown_before: unknownBefore } = subject.wallet
  const query = { now, finals, worth, unknownBefore, without: before?.reserved }
  const windows = async (network?: string): Promise<Windows> =>
    dayAndMonth(await walletWindows(db, { ...query, account, ...(network && { network }) }, lengths))
  const has = (scope: ReadAs) => limits.some((policy) => readAs(policy) === scope)
  const all = has('wallet') ? await windows() : NOTHING
  const onNetwork = has('network') ? await windows(subject.network.id) : undefined
  const session = has('session') && subject.session
  const ofSession = session && dayAndMonth(await sessionWindows(db, { ...query, sessionId: session.id }, lengths))
  return { ...all, networks: { [subject.network.id]: onNetwork }, ...(ofSession && { session: ofSession }) }
}

const dayAndMonth = ([day, month = day]: readonly Windows['day'][]): Windows => ({ day: day!, month: month! })

/** Whose past a policy counts: a session's is that of all its wallets and networks. */
type ReadAs = 'session' | 'network' | 'wallet'
const readAs = (policy: Policy): ReadAs =>
  isOfSessions(policy) ? 'session' : policy.network === null ? 'wallet' : 'network'

/** Policies of other sessions ask for nothing. */
const isAsked = (policy: Policy, { session }: Asked): boolean => !isOfSessions(policy) || session !== null

/** What a cancel adds to the reserve comes on top of what is held; anything else of the lane is judged without its own part. */
export async function laneFunds(
  db: Handle,
  { wallet: { account }, network }: Asked,
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
  subject: Asked,
  { policies, acceptedAt: until, before }: Reading,
): Promise<EvaluateInput['requests']> {
  const asked = policies.flatMap((policy) =>
    policy.asks.requests && isAsked(policy, subject) ? [{ scope: readAs(policy), ...policy.asks.requests }] : [],
  )
  // The steps of a plan are accepted together, and each counts.
  const beside = before ? [] : (subject.steps ?? []).slice(1).map(() => until)
  const times = async (scope: ReadAs) => {
    const of = asked.filter((ask) => ask.scope === scope)
    if (of.length === 0) return []
    const since = until - Math.max(...of.map(({ windowMs }) => windowMs))
    const count = Math.max(...of.map(({ count }) => count))
    const accepted = await transactionStore.acceptedTimes(db, {
      of: scope === 'session' ? { session: subject.session!.id } : { wallet: subject.wallet },
      network: scope === 'network' ? subject.network.id : null,
      since,
      until,
      without: before?.transactionId,
      count,
    })
    return [...beside, ...accepted]
  }
  const { spends_unknown_before: unknownBefore } = subject.wallet
  return {
    all: await times('wallet'),
    networks: { [subject.network.id]: await times('network') },
    ...(subject.session && { session: await times('session') }),
    ...(unknownBefore && { unknownBefore }),
  }
}

const EMPTY = { total: ZERO_USD, final: [] }
const NOTHING: Windows = { day: EMPTY, month: EMPTY }
