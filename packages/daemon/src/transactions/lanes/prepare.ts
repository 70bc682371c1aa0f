import { Failure, isFailure, parseBase } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Promised } from '../../chains/follow.ts'
import { type Parts, scopeOf } from '../job.ts'
import { type Ending, endUnsent } from '../rows/ending.ts'
import { intentOf } from '../rows/readings.ts'
import type { TransactionRow } from '../rows/store.ts'
import { type Fenced, type LaneContext, requireLease } from './round.ts'

type Place = Fenced & Pick<LaneContext, 'chain' | 'wallet'>
type Preparing = { parts: Parts; lane: Fenced }

/** The next requests of a lane, and what its attempts without a block will take before them. */
type Next = { rows: readonly TransactionRow[]; judged: ReadonlySet<string>; promised: readonly Promised[] }
/** `fresh` are drafts that would succeed now; `waiting` are requests of which no node can tell now, with the reason. */
type Prepared = { fresh: Map<string, Draft>; waiting: Map<string, string> }
type Drafted = { row: TransactionRow; draft: Draft }

/** Builds and checks what is to be signed. What cannot be paid for ends here, before anything is signed. */
export async function prepare(parts: Parts, lane: Place, next: Next): Promise<Prepared> {
  const { rows, promised } = next
  const { drafted, waiting } = await drafts(parts, lane, next)
  const fresh = new Map<string, Draft>()
  const built = drafted.map(({ draft }) => draft)
  const faults = await lane.chain.precheck(lane.wallet.address, built, promised)
  for (const [index, { row, draft }] of drafted.entries()) {
    const fault = faults[index]
    if (!fault) fresh.set(row.id, draft)
    else if (fault.code === 'CHAIN_ERROR') waiting.set(row.id, fault.message)
    else await fail({ parts, lane }, row, fault)
  }
  // Then it is the network's trouble and none of single requests.
  if (waiting.size === rows.length) throw new Failure('CHAIN_ERROR', waiting.values().next().value!)
  return { fresh, waiting }
}

/** Those that cannot be built now wait; the others go on without them. */
async function drafts(parts: Parts, lane: Place, { rows, judged }: Next) {
  const built = await Promise.allSettled(
    rows.map((row) => (judged.has(row.id) ? currentDraft(lane, row) : storedDraft(row))),
  )
  const drafted: Drafted[] = []
  const waiting = new Map<string, string>()
  for (const [index, result] of built.entries()) {
    const row = rows[index]!
    if (result.status === 'fulfilled') drafted.push({ row, draft: result.value })
    else if (isFailure(result.reason) && result.reason.code !== 'CHAIN_ERROR')
      await fail({ parts, lane }, row, result.reason)
    else waiting.set(row.id, reasonOf(parts, lane, result.reason))
  }
  return { drafted, waiting }
}

function reasonOf({ log }: Parts, { id }: Place, error: unknown): string {
  log.warn({ lane: id, err: error }, 'a request cannot be built now')
  return isFailure(error) ? error.message : 'it cannot be built now, the log of the daemon says why'
}

/** Only as long as the lane is this process's: another one may have signed it meanwhile. */
async function fail(
  { parts, lane }: Preparing,
  row: TransactionRow,
  { code, message }: Pick<Failure, 'message'> & { code: string },
) {
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
  if (!chain.order) return stored
  const fresh = await chain.draft(wallet.address, intentOf(row))
  const most = parseBase(row.fee_bound ?? row.max_fee!)
  return row.approved_at !== null && fresh.maxFee > most ? stored : fresh
}
