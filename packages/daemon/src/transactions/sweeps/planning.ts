import { type Failure, formatUnits, isFailure, type Network, type SweepPlan } from '@waiaas/contract'
import type { BuiltPayment } from '../deciding/decide.ts'
import type { WalletFacts } from '../switches.ts'
import { stepSubject } from './deciding.ts'
import {
  type Asset,
  assetsOn,
  decimalsOf,
  type Kept,
  nameOf,
  nativeRequest,
  type Place,
  tokenRequest,
} from './reading.ts'
import type { SweepParts } from './sweep-parts.ts'

/** What is asked for: everything of a wallet on these networks, to one address of each. */
export type Wanted = {
  readonly wallet: WalletFacts
  readonly to: string
  readonly networks: readonly Network[]
  readonly named: ReadonlySet<string>
}
/** What there is to send now, network by network. */
export type Survey = {
  readonly places: readonly { readonly place: Place; readonly assets: readonly Asset[] }[]
  readonly kept: readonly Kept[]
  readonly unread: readonly { readonly network: string; readonly error: string }[]
}

/** Looks at each network by itself: one that does not answer is told, and leaves the others alone. */
export async function survey({ parts }: Pick<SweepParts, 'parts'>, wanted: Wanted): Promise<Survey> {
  const looks = await Promise.all(wanted.networks.map((network) => lookAt(network)))
  return {
    places: looks.flatMap((look) => ('place' in look ? [look] : [])),
    kept: looks.flatMap((look) => ('place' in look ? look.kept : [])),
    unread: looks.flatMap((look) => ('place' in look ? [] : [look])),
  }

  async function lookAt({ id }: Network) {
    try {
      const chain = await parts.chain(id)
      const place = { chain, sender: wanted.wallet.address, to: chain.address(wanted.to) }
      return { place, ...(await assetsOn(parts, place, wanted.named)) }
    } catch (error) {
      if (!isFailure(error, 'CHAIN_ERROR')) throw error
      return { network: id, error: error.message }
    }
  }
}

/** What would become of each step if it were asked for now, by itself. */
export async function planned(
  sweeps: SweepParts,
  wallet: WalletFacts,
  { places }: Survey,
): Promise<SweepPlan['steps']> {
  const steps: SweepPlan['steps'] = []
  for (const { place, assets } of places) {
    let promised = 0n
    for (const asset of assets) {
      const tried = await attempt(sweeps, { wallet, place }, { asset, promised })
      promised += tried.fee
      steps.push(tried.step)
    }
  }
  return steps
}

type Where = { readonly wallet: WalletFacts; readonly place: Place }
type Tried = { readonly step: SweepPlan['steps'][number]; readonly fee: bigint }

async function attempt(
  sweeps: SweepParts,
  { wallet, place }: Where,
  { asset, promised }: { asset: Asset; promised: bigint },
): Promise<Tried> {
  try {
    const { token } = asset
    const { request, amount } = await (token ? tokenRequest(place, token) : nativeRequest(place, promised))
    const built = await sweeps.build({ wallet, place, request })
    const { decision } = await sweeps.parts.database.read((db) => sweeps.parts.judge.of(db, stepSubject(built, wallet)))
    const isAllowed = decision.outcome === 'ALLOW'
    // With the fees of others in between, what native currency is left for is not known yet.
    const fault = token || promised === 0n ? await faultOf(place, built) : undefined
    const step = {
      ...{ ...nameOf(asset), amount: String(amount), humanAmount: formatUnits(amount, decimalsOf(asset)) },
      tier: isAllowed ? decision.tier : null,
      obstacles: [
        ...(isAllowed ? [] : decision.reasons.map(({ message }) => message)),
        ...(fault === undefined ? [] : [fault]),
      ],
    }
    return { step, fee: built.draft.maxFee }
  } catch (error) {
    if (!isFailure(error)) throw error
    return { step: { ...nameOf(asset), ...impossible(error) }, fee: 0n }
  }
}

const impossible = ({ message }: Failure) => ({ amount: null, humanAmount: null, tier: null, obstacles: [message] })

/** What a node has against it: too little for its fee, a token that refuses, an account that is frozen. */
async function faultOf({ chain, sender }: Place, { draft }: BuiltPayment): Promise<string | undefined> {
  const [fault] = await chain.precheck(sender, [draft], [])
  return fault?.message
}

/** What would stay. */
export const leftOf = ({ kept }: Survey): SweepPlan['left'] =>
  kept.map(({ network, token, amount, why }) => ({
    ...nameOf({ network, token }),
    ...{ address: token.address, humanAmount: formatUnits(amount, token.decimals), why },
  }))
