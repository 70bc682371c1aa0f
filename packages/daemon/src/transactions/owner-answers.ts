import { type AssetUnits, Failure, formatUnits, nativeAsset, summaryOf } from '@waiaas/contract'
import { ownerOf, type Subject } from '../owners/service.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { codeOf, digestOf } from './cards/code.ts'
import { unitsOf } from './detail.ts'
import type { Job, Parts } from './job.ts'
import { planStore } from './rows/plan-store.ts'
import { effectsOf } from './rows/readings.ts'
import type { TransactionRow } from './rows/store.ts'

/** More than this fits no header: whoever signs looks at the card then. */
const WORDS_MOST = 4_000

type Says = 'approve' | 'reject'
type Answering = { readonly says: Says; readonly signed: OwnerSignature | undefined }

/** What waits, as its owner reads and signs it: all that its bytes do, from which wallet, and its worst fee. */
async function subjectOf(
  { parts, db }: Job<Pick<Parts, 'findNetwork' | 'switches'>>,
  row: TransactionRow,
): Promise<Subject> {
  const steps = row.plan_id === null ? [row] : await planStore.steps(db, row.plan_id)
  const network = parts.findNetwork(row.network)
  const wallet = await parts.switches.wallet(db, row.wallet_id)
  const digest = digestOf(steps)
  const effects = steps.map((step) => wordsOf(step, network))
  const all = effects.join('; then ')
  const what =
    all.length <= WORDS_MOST ? all : `${effects.length} steps, too long to be told here: look at the card first`
  const from = `from the wallet '${wallet?.name}', ${wallet?.address}, on ${row.network}`
  return { id: row.id, digest, words: `${what}; ${from}. Code ${codeOf(row.id, digest)}` }
}

function wordsOf(row: TransactionRow, network: ReturnType<Parts['findNetwork']>): string {
  const effects = effectsOf(row)
  const units = unitsOf(row, effects.fee.asset, network)
  // Anybody can give a token the symbol of another one.
  const exact: AssetUnits = (asset) => {
    const unit = units(asset)
    return unit && (network && asset === nativeAsset(network) ? unit : { ...unit, symbol: `${unit.symbol} (${asset})` })
  }
  const does = summaryOf(effects, exact)
  if (row.max_fee === null || row.max_fee === '0') return does
  const fee = network
    ? `${formatUnits(BigInt(row.max_fee), network.native.decimals)} ${network.native.symbol}`
    : row.max_fee
  return `${does}; its fee is at most ${fee}`
}

/** The text that the owner of its wallet signs. Failures OWNER_NOT_CONNECTED, WALLET_NOT_FOUND. */
export async function ownerChallenge(
  parts: Parts,
  row: TransactionRow,
  { says, origin }: { says: Says; origin: string },
) {
  const { wanted, ownership } = await parts.database.read(async (db) => ({
    wanted: await wantedOf({ parts, db }, row, says),
    ownership: await ownerOf(db, row.wallet_id),
  }))
  return parts.owners.challenge(wanted, ownership, origin)
}

/**
 * Whether whoever answers may: a verified owner alone approves. What an owner signed is used up, and named. Failures
 * OWNER_CONSENT_REQUIRED, and those of what is signed.
 */
export async function requireOwner(
  job: Job,
  row: TransactionRow,
  { says, signed }: Answering,
): Promise<string | undefined> {
  if (signed) return (await job.parts.owners.take(job.db, await wantedOf(job, row, says), signed)).nonce
  if (says === 'reject') return undefined
  const { state, owner } = await ownerOf(job.db, row.wallet_id)
  if (state !== 'LOCKED') return undefined
  throw new Failure('OWNER_CONSENT_REQUIRED', `${owner.address} owns this wallet and has to approve`, {
    details: { owner: owner.address },
  })
}

export type Approver = 'owner' | 'operator'
/** Who approves what waits. */
export const approverOf = async (db: Handle, walletId: string): Promise<Approver> =>
  (await isOwned(db, walletId)) ? 'owner' : 'operator'

/** Its owner has verified, and approves. */
export const isOwned = async (db: Handle, walletId: string): Promise<boolean> =>
  (await ownerOf(db, walletId)).state === 'LOCKED'

async function wantedOf(job: Job, row: TransactionRow, says: Says) {
  const wallet = await job.parts.switches.wallet(job.db, row.wallet_id)
  if (!wallet) throw new Failure('WALLET_NOT_FOUND', 'the wallet is gone')
  return { wallet, action: says, subject: await subjectOf(job, row) }
}
