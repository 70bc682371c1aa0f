import type { SendRequest, Simulation } from '@waiaas/contract'
import type { ServiceParts, WalletChoice } from '../parts.ts'
import type { Building } from './building.ts'
import { assetsOf } from './judgement.ts'
import { simulation } from './simulate.ts'

type Asked = { sessionId: string; input: SendRequest; choice: WalletChoice }

/** The same build, decode and judge as a send, on a read snapshot. */
export async function askSimulation(
  parts: ServiceParts,
  building: Building,
  { sessionId, input, choice }: Asked,
): Promise<Simulation> {
  const startedAt = performance.now()
  const chosen = await parts.database.read((db) => building.choose(db, sessionId, choice))
  const built = await building.build(await building.prepare(input, sessionId, chosen), chosen.under)
  const { network } = built.chain
  const { intent, type } = built.request.stored
  const verdict = await parts.database.read(async (db) => {
    const wallet = await parts.chooseWallet(db, sessionId, { walletId: built.walletId })
    const session = (await parts.switches.session(db, sessionId)) ?? null
    const { decoded, draft } = built
    return parts.judge.of(db, {
      ...{ wallet, session, network, type, intent, effects: decoded.effects },
      ...{ feePrice: draft.price, neverFunded: draft.neverFunded },
      ...{ impostors: built.impostors, aboveCeiling: built.aboveCeiling },
    })
  })
  const prices = parts.prices.current(network, assetsOf(built.decoded.effects))
  return simulation({ built, verdict, prices, startedAt })
}
