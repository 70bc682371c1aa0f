import { type AssetUnits, Failure, formatUnits, nativeAsset, summaryOf } from '@waiaas/contract'
import { type Agreement, ownerOf, type Standing, type Subject, standingWords } from '../owners/service.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { codeOf, digestOf } from './cards/code.ts'
import { unitsOf } from './detail.ts'
import type { Job, Parts } from './job.ts'
import { linesForSigner } from './looked.ts'
import { planStore } from './rows/plan-store.ts'
import { effectsOf } from './rows/readings.ts'
import type { TransactionRow } from './rows/store.ts'

/** More than this fits no header: whoever signs looks at the card then. */
const WORDS_MOST = 4_000

type Says = 'approve' | 'reject'
/** All of a row but how it was built. */
type Waiting = Omit<TransactionRow, 'draft' | 'hints'>

/** What waits, as its owner reads and signs it: all that its bytes do, from which wallet, and its worst fee. */
async function subjectOf({ parts, db }: Job<Pick<Parts, 'findNetwork' | 'switches'>>, row: Waiting): Promise<Subject> {
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

function wordsOf(row: Waiting, network: ReturnType<Parts['findNetwork']>): string {
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
  { says, origin, by }: { says: Says; origin: string; by?: string | undefined },
) {
  const { wanted, ownership } = await parts.database.read(async (db) => ({
    wanted: await toBeSigned({ parts, db }, row, says),
    ownership: await ownerOf(db, row.wallet_id),
  }))
  return parts.owners.challenge(wanted, ownership, { origin, by })
}

/** Whoever rejects: any one of the owners, with what they signed for it, or somebody who needs no owner. */
export async function requireRejecter(
  job: Job,
  row: TransactionRow,
  signed: OwnerSignature | undefined,
): Promise<void> {
  if (signed) await job.parts.owners.take(job.db, await wantedOf(job, row, 'reject'), signed)
}

/**
 * Whether whoever approves may: verified owners alone approve, as many as have to agree. What one signed is kept until enough
 * have; undefined where no owner has to. Failures OWNER_CONSENT_REQUIRED, and those of what is signed.
 */
export async function requireOwners(
  job: Job,
  row: TransactionRow,
  signed: OwnerSignature | undefined,
): Promise<Agreement | undefined> {
  if (signed) return job.parts.owners.agree(job.db, await toBeSigned(job, row, 'approve'), signed)
  const standing = await approvalStanding(job, row)
  if (standing === undefined) return undefined
  const owners = ownersIn(standing)
  throw new Failure(
    'OWNER_CONSENT_REQUIRED',
    standing.needed === 1 && owners.length > 0
      ? `${owners.join(' or ')} owns this wallet and has to approve`
      : `owners of this wallet have to approve: ${standingWords(standing)}`,
    { details: { owner: owners[0], owners: standing } },
  )
}
const ownersIn = ({ agreed, missing }: Standing): string[] => [...agreed, ...missing]

/** How far its owners have approved what waits; undefined where no owner has to. */
async function approvalStanding(
  job: Job<Pick<Parts, 'findNetwork' | 'switches' | 'owners'>>,
  row: Waiting,
): Promise<Standing | undefined> {
  if (!(await isOwned(job.db, row.wallet_id))) return undefined
  return job.parts.owners.standing(job.db, await wantedOf(job, row, 'approve'))
}

/** The same of a request that has come in, of a plan that of what waits of it; undefined of what waits for nobody. */
export async function standingOfWaiting(
  job: Job<Pick<Parts, 'findNetwork' | 'switches' | 'owners'>>,
  asked: Waiting,
): Promise<Standing | undefined> {
  const steps = asked.plan_id === null ? [asked] : await planStore.steps(job.db, asked.plan_id)
  const row = steps.find(({ status }) => status === 'QUEUED')
  return row && row.due_at === null ? approvalStanding(job, row) : undefined
}

export type Approver = 'owner' | 'operator'
/** Who approves what waits. */
export const approverOf = async (db: Handle, walletId: string): Promise<Approver> =>
  (await isOwned(db, walletId)) ? 'owner' : 'operator'

/** Its owner has verified, and approves. */
export const isOwned = async (db: Handle, walletId: string): Promise<boolean> =>
  (await ownerOf(db, walletId)).state === 'LOCKED'

async function wantedOf(job: Job<Pick<Parts, 'findNetwork' | 'switches'>>, row: Waiting, says: Says) {
  const wallet = await job.parts.switches.wallet(job.db, row.wallet_id)
  if (!wallet) throw new Failure('WALLET_NOT_FOUND', 'the wallet is gone')
  return { wallet, action: says, subject: await subjectOf(job, row) }
}

/** With the lines that the signer compares of an approval. */
async function toBeSigned(
  job: Job<Pick<Parts, 'findNetwork' | 'switches' | 'chain' | 'ceiling'>>,
  row: TransactionRow,
  says: Says,
) {
  const wanted = await wantedOf(job, row, says)
  const signs = says === 'approve' ? await linesForSigner(job, row) : []
  return { ...wanted, subject: { ...wanted.subject, signs } }
}
