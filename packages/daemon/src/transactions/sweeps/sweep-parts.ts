import type { Building } from '../deciding/building.ts'
import type { BuiltPayment, Payment } from '../deciding/decide.ts'
import type { Funds } from '../deciding/funds.ts'
import { laneId } from '../lanes/lane-id.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { ServiceParts } from '../parts.ts'
import type { WalletFacts } from '../switches.ts'
import type { Place } from './reading.ts'

/** What the parts of sweeps share. */
export type SweepParts = {
  readonly parts: ServiceParts
  readonly funds: Funds
  readonly lanes: Lanes
  /** A step with its bytes. */
  build(step: Step): Promise<BuiltPayment>
}
type Step = { readonly wallet: WalletFacts; readonly place: Place; readonly request: Payment['request'] }
/** What else of the service they are put together of. */
export type Told = { building: Building; funds: Funds; lanes: Lanes; overCeilings: ReturnType<typeof overCeilings> }

/** Puts that together. */
export const sweepParts = (parts: ServiceParts, { building, funds, lanes, overCeilings }: Told): SweepParts => ({
  ...{ parts, funds, lanes },
  async build({ wallet, place: { chain, sender }, request }) {
    const lane = laneId(chain.network.id, sender)
    const under = await parts.database.read((db) => overCeilings.under(db, wallet.id, lane))
    return building.build({ walletId: wallet.id, walletName: wallet.name, chain, sender, request }, under)
  },
})
