import { firstIdAt } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { ApprovalProof, Authorised, Sealed, SignedRound, SigningPlace } from '../../gate/service.ts'
import { voicesOf } from '../../owners/service.ts'
import type { Database, Handle } from '../../platform/db/database.ts'
import type { Parts } from '../job.ts'
import { attemptStore } from '../rows/attempt-store.ts'
import { countStore } from '../rows/count-store.ts'
import { liftStore } from '../rows/lift-store.ts'
import type { Issued } from './build.ts'
import { besideLane } from './lane-id.ts'

/** Longer than the signer counts back. */
export const COUNTED_MS = 26 * 3_600_000

type Place = { chain: Chain; walletId: string }

/** Asks the gate for the signatures of a lane, under its wallet's ceiling and with what was signed for before. */
export function laneSigning(parts: Parts, lane: string) {
  /** When this process signs first: what the stored count must not be behind. */
  let known: Promise<Pick<SigningPlace, 'newest' | 'witnessed'>> | undefined

  async function read(): Promise<Pick<SigningPlace, 'newest' | 'witnessed'>> {
    const [newest, witnessed] = await Promise.all([
      newestSigned(parts.database, lane, parts.clock.now()),
      parts.witnessed(lane),
    ])
    return { newest, witnessed }
  }

  return async ({ chain, walletId }: Place, issued: readonly Issued[]): Promise<SignedRound> => {
    const { database, gate } = parts
    known ??= read().catch((error) => {
      // Asked again next time: without it nothing is signed.
      known = undefined
      throw error
    })
    const [key, { lifts, ...stored }, before] = await Promise.all([
      parts.key(walletId),
      database.read(async (db) => ({
        ceiling: await parts.ceiling(db, walletId),
        counted: sealedOf(await countStore.byLane(db, lane)),
        beside: sealedOf(await countStore.byLane(db, besideLane(lane))),
        // Seldom: of what no human has approved there is none.
        lifts: issued.some(({ isApproved }) => isApproved) ? await proofsOf(db, lane, issued) : [],
      })),
      known,
    ])
    return gate.sign({ kind: chain.signKind, key, lane, ...before, ...stored }, withProofs(issued, lifts))
  }
}

type ProofOf = { readonly transaction: string; readonly proof: ApprovalProof }

/** What the operator, or owners, have approved above the ceiling. */
async function proofsOf(db: Handle, lane: string, issued: readonly Issued[]): Promise<ProofOf[]> {
  const lifts = await liftStore.ofLane(db, lane)
  const ids = issued.flatMap(({ isApproved, authorisation }) => (isApproved ? [authorisation.transactionId] : []))
  const voices = await voicesOf(db, ids)
  return [
    ...lifts.map(({ transaction_id, ...lift }) => ({ transaction: transaction_id, proof: proofOf('password', lift) })),
    ...voices.map(({ request, ...voice }) => ({ transaction: request, proof: proofOf('owner', voice) })),
  ]
}

/** A row may carry more than the signer takes. */
export const proofOf = (type: ApprovalProof['type'], { text, seal }: Sealed): ApprovalProof => ({ type, text, seal })

/** With what was approved above the ceiling; nearly always nothing. */
function withProofs(issued: readonly Issued[], all: readonly ProofOf[]): readonly Authorised[] {
  if (all.length === 0) return issued
  return issued.map((item) => {
    const own = all.filter(({ transaction }) => transaction === item.authorisation.transactionId)
    return own.length > 0 ? { ...item, proofs: own.map(({ proof }) => proof) } : item
  })
}

const newestSigned = (database: Database, lane: string, now: number): Promise<string | undefined> =>
  database.read((db) => attemptStore.newestSigned(db, lane, firstIdAt(now - COUNTED_MS)))

/** A row may carry more than the signer takes. */
export const sealedOf = (row: Sealed | undefined): Sealed | undefined => row && { text: row.text, seal: row.seal }
