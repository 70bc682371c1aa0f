import { firstIdAt } from '@waiaas/contract'
import type { SignedRound } from '../../gate/service.ts'
import { voicesOf } from '../../owners/service.ts'
import type { Parts } from '../job.ts'
import { besideLane } from '../lanes/lane-id.ts'
import { COUNTED_MS, proofOf, sealedOf } from '../lanes/signing.ts'
import { countStore } from '../rows/count-store.ts'
import { liftStore } from '../rows/lift-store.ts'
import type { IssuedMessage } from './issue.ts'
import { signatureStore } from './signature-store.ts'

type Signing = { walletId: string; issued: IssuedMessage }

/** Asks the gate for the signature of one message, under its wallet's ceiling and with what was signed for before. */
export async function signMessages(parts: Parts, { walletId, issued }: Signing): Promise<SignedRound> {
  const { lane, id } = issued.row
  const [key, { lift, voices, ...stored }, witnessed] = await Promise.all([
    parts.key(walletId),
    parts.database.read(async (db) => ({
      ceiling: await parts.ceiling(db, walletId),
      counted: sealedOf(await countStore.byLane(db, lane)),
      beside: sealedOf(await countStore.byLane(db, besideLane(lane))),
      newest: await signatureStore.newestCounted(db, lane, firstIdAt(parts.clock.now() - COUNTED_MS)),
      lift: (await liftStore.ofLane(db, lane)).find((each) => each.transaction_id === id),
      voices: await voicesOf(db, [id]),
    })),
    parts.witnessed(lane),
  ])
  const proofs = [...(lift ? [proofOf('password', lift)] : []), ...voices.map((voice) => proofOf('owner', voice))]
  return parts.gate.sign({ kind: issued.message.signKind, key, lane, ...stored, witnessed }, [{ ...issued, proofs }])
}
