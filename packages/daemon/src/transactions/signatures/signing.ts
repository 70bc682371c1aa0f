import type { Chain } from '../../chains/chain.ts'
import type { SignedRound } from '../../gate/service.ts'
import type { Parts } from '../job.ts'
import { countStore } from '../rows/count-store.ts'
import { liftStore } from '../rows/lift-store.ts'
import type { IssuedMessage } from './issue.ts'

type Signing = { chain: Chain; walletId: string; issued: IssuedMessage }

/** Asks the gate for the signature of one message, under its wallet's ceiling. */
export async function signMessages(parts: Parts, { walletId, issued }: Signing): Promise<SignedRound> {
  const { lane, id } = issued.row
  const [key, stored, witnessed] = await Promise.all([
    parts.key(walletId),
    parts.database.read(async (db) => ({
      ceiling: await parts.ceiling(db, walletId),
      counted: await countStore.byLane(db, lane),
      lift: (await liftStore.ofLane(db, lane)).find((each) => each.transaction_id === id),
    })),
    parts.witnessed(lane),
  ])
  const { ceiling, counted, lift } = stored
  const proofs = lift ? [{ type: 'password' as const, text: lift.text, seal: lift.seal }] : []
  const place = {
    kind: issued.message.signKind,
    ...{ key, lane, ceiling, witnessed },
    counted: counted && { text: counted.text, seal: counted.seal },
  }
  return parts.gate.sign(place, [{ ...issued, proofs }])
}
