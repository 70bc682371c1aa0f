import { Failure, isFailure, parseBase } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Promised } from '../../chains/follow.ts'
import { type Parts, scopeOf } from '../job.ts'
import { type Ending, endUnsent } from '../rows/ending.ts'
import { hintsOf, intentOf } from '../rows/readings.ts'
import type { TransactionRow } from '../rows/store.ts'
import type { PutOff } from './put-off.ts'
import { type Fenced, type LaneContext, requireLease } from './round.ts'

type Place = Fenced & Pick<LaneContext, 'chain' | 'wallet'>
type Preparing = { parts: Parts; lane: Fenced }

/** The next requests of a lane, and what its attempts without a block will take before them. */
type Next = {
  rows: readonly TransactionRow[]
  judged: ReadonlySet<string>
  promised: readonly Promised[]
  putOff: Pick<PutOff, 'hasLasted' | 'sound'>
}
/** `fresh` are drafts that would succeed now; `waiting` are requests of which nothing certain is known now, with the reason. */
type Prepared = { fresh: Map<string, Draft>; waiting: Map<string, string> }
type Fault = { readonly code: string; readonly message: string; readonly doubt?: string }

/**
 * Builds and checks what is to be signed. What cannot be paid for ends here, before anything is signed; but a node that
 * says so may be behind, so that the fault has to last.
 */
export async function prepare(parts: Parts, lane: Place, next: Next): Promise<Prepared> {
  const { rows, promised, putOff } = next
  const built = await Promise.all(rows.map((row) => drafted(parts, lane, { row, isJudged: next.judged.has(row.id) })))
  const checked = await checkedAll(parts, lane, { built, promised })
  const fresh = new Map<string, Draft>()
  const waiting = new Map<string, string>()
  let unclear = 0
  for (const [index, row] of rows.entries()) {
    const draft = built[index]!
    const fault = checked[index]
    // What is stale ends when it is judged, whatever would become of it now.
    if (isDraft(draft) && (!fault || draft.stale !== undefined)) {
      putOff.sound(row.id)
      fresh.set(row.id, draft)
    } else if (fault?.code === 'CHAIN_ERROR') {
      unclear += 1
      waiting.set(row.id, fault.message)
    } else if (fault && (!putOff.hasLasted(row.id) || fault.doubt !== undefined)) {
      waiting.set(row.id, doubtful(fault))
    } else if (fault) await fail({ parts, lane }, row, fault)
  }
  // Then it is the network's trouble and none of single requests.
  if (unclear === rows.length) throw new Failure('CHAIN_ERROR', waiting.values().next().value!)
  return { fresh, waiting }
}

const doubtful = ({ message, doubt = 'a node that says so may be behind' }: Fault): string =>
  `${message}; it is looked at again, because ${doubt}`

const isDraft = (built: Draft | Fault): built is Draft => 'body' in built

/** What cannot be built now waits; the others go on without it. */
async function drafted(
  { log }: Parts,
  lane: Place,
  { row, isJudged }: { row: TransactionRow; isJudged: boolean },
): Promise<Draft | Fault> {
  try {
    return isJudged ? await currentDraft(lane, row) : storedDraft(row)
  } catch (error) {
    if (isFailure(error)) return { code: error.code, message: error.message }
    log.error({ lane: lane.id, transaction: row.id, err: error }, 'a request cannot be built')
    return damaged
  }
}

const damaged: Fault = { code: 'INTERNAL_ERROR', message: 'it cannot be built; the log of the daemon says why' }

type Building = { built: (Draft | Fault)[]; promised: readonly Promised[] }

/** What is against each of them. A draft that cannot be read is at fault itself, and is left out. */
async function checkedAll({ log }: Parts, lane: Place, { built, promised }: Building): Promise<(Fault | null)[]> {
  const { chain, wallet } = lane
  const isReadable = (draft: Draft): boolean => {
    try {
      return chain.bytes(wallet.address, draft, chain.anyLifetime).length > 0
    } catch (error) {
      log.error({ lane: lane.id, err: error }, 'a stored draft cannot be read')
      return false
    }
  }
  const check = async (items: readonly (Draft | Fault)[]) => {
    const found = await chain.precheck(wallet.address, items.filter(isDraft), promised)
    return items.map((item) => (isDraft(item) ? (found.shift() ?? null) : item))
  }
  try {
    return await check(built)
  } catch (error) {
    if (isFailure(error)) throw error
    return check(built.map((item) => (isDraft(item) && !isReadable(item) ? damaged : item)))
  }
}

/** Only as long as the lane is this process's: another one may have signed it meanwhile. */
async function fail({ parts, lane }: Preparing, row: TransactionRow, { code, message }: Fault) {
  const ending: Ending = { to: 'FAILED', code, error: message, actor: 'system' }
  await parts.database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    await requireLease({ parts, lane, db })
    await endUnsent({ parts, db }, row, ending)
  })
}

const storedDraft = (row: TransactionRow): Draft => ({ body: row.draft!, maxFee: parseBase(row.max_fee!) })

/** What waited may have been priced long ago; an approval keeps the highest fee that was shown, or named with it. */
async function currentDraft({ chain, wallet }: Place, row: TransactionRow): Promise<Draft> {
  const stored = storedDraft(row)
  // Without a nonce there is no replacing, and accounts that appear meanwhile would change the effects.
  if (!chain.order) {
    const known = row.gas_condition === null ? stored : await cheaper({ chain, wallet }, { row, stored })
    return chain.look ? chain.look(wallet.address, known, hintsOf(row)) : known
  }
  const fresh = await chain.draft(wallet.address, intentOf(row))
  const most = parseBase(row.fee_bound ?? row.max_fee!)
  return row.approved_at !== null && fresh.maxFee > most ? stored : fresh
}

/** What waited for cheaper gas, at its price of now; the stored draft where it would do something else by now. */
async function cheaper(
  { chain, wallet }: Pick<Place, 'chain' | 'wallet'>,
  { row, stored }: { row: TransactionRow; stored: Draft },
): Promise<Draft> {
  const fresh = await chain.draft(wallet.address, intentOf(row))
  const bytes = chain.bytes(wallet.address, fresh, chain.anyLifetime)
  return chain.decode(wallet.address, bytes, hintsOf(row)).digest === row.digest ? fresh : stored
}
