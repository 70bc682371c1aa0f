import { add, type Effect, Failure, isFailure, type Network } from '@waiaas/contract'
import type { bordered } from '../border.ts'
import type { Beside, Draft, Lifetime } from '../build.ts'
import type { Intent } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import type { AccessList } from './access-list.ts'
import { effectsOf } from './decode.ts'
import { type FeeSource, outbid, type RollupFees } from './fees.ts'
import { type Call, type GasSource, gasMost, requireMost } from './gas.ts'
import { costOf, type Gas, toGas } from './gas-units.ts'
import { hintsOf, planOf } from './plan/all.ts'
import { inOrder } from './simulate/in-order.ts'
import { simulator, type Watched } from './simulate/simulate.ts'
import type { SupplySource } from './supply.ts'
import { offeredBy, termsOf } from './terms.ts'
import { encodeUnsigned, type Fees, feeCap, NO_RECIPIENT, type Transaction } from './transaction.ts'

export type DraftParts = {
  readonly network: Network
  readonly chainId: number
  readonly fees: FeeSource
  readonly gas: GasSource
  readonly beside: RollupFees
  /** Each endpoint by itself. */
  readonly singles: readonly Rpc[]
  readonly watched: Watched
  readonly supply: SupplySource
}

type Body = {
  chainId: number
  to: string
  value: string
  data: string
  gas: string
  /** Of a transaction that was built elsewhere, or whose sender has named it: the only one that it is for. */
  nonce?: number
  accessList?: AccessList
} & ({ type: 'eip1559'; maxFeePerGas: string; maxPriorityFeePerGas: string } | { type: 'legacy'; gasPrice: string })

/** Builds all but the nonce. */
export function drafting(parts: DraftParts, border: ReturnType<typeof bordered>) {
  const { network, chainId, fees, gas, beside, singles, watched, supply } = parts
  const [simulate, told] = [simulator(network, singles, watched), inOrder({ network, singles, watched })]

  async function finish(
    { call, effects }: Begun,
    { gas: limit, fees: bid, asked, seen, nonce }: Measured,
  ): Promise<Draft> {
    const supplies = await supply([...effects, ...(seen ?? [])])
    const { to, value, data, accessList } = call
    const tx = { chainId, to, value, data, gas: limit, fees: bid, ...(accessList && { accessList }) }
    // The largest nonce in use makes the bytes as long as they can become.
    const extra = await beside(() => encodeUnsigned({ ...tx, nonce: 0xffff_ffff }).length, limit)
    // What a rollup charges beside the gas is taken at inclusion and can rise until then, hence twice.
    return {
      body: JSON.stringify({ ...bodyOf(tx), ...(nonce !== undefined && { nonce }) } satisfies Body),
      maxFee: add(costOf(limit, feeCap(bid)), add(extra, extra)),
      price: { offered: feeCap(bid), asked },
      ...(seen && { seen }),
      ...(Object.keys(supplies).length > 0 && { supplies }),
    }
  }

  function begin(sender: string, intent: Intent): Begun {
    const call = planOf(network, intent).call(sender.toLowerCase(), intent)
    const effects = effectsOf({ network, sender: call.from, tx: call }, hintsOf(intent))
    return { call, effects }
  }

  return {
    draft: border(async (sender: string, intent: Intent, { replaces, after = [] }: Beside = {}): Promise<Draft> => {
      const begun = begin(sender, intent)
      const now = await fees.current()
      const plan = planOf(network, intent)
      const given = plan.given?.(intent)
      const drains = drainsOf(intent)
      if (drains !== undefined) requireDrainable({ drains, now, replaces })
      const terms = termsOf(intent)
      const own = offeredBy(terms, now.fees) ?? feesOf(now.fees, drains)
      const bid = given ? given.fees : replaces ? outbid(readBody(replaces).fees, now.fees) : own
      const call = { ...begun.call, fees: bid }
      const measured = terms.gas === undefined ? plan.gas(gas, call, intent) : gas.given(terms.gas, call)
      const limit = await (after.length > 0 ? measured.catch((error) => unmeasured(intent, error)) : measured)
      const isGiven = given !== undefined
      const planned = { ...begun.call, gas: limit, fees: bid, baseFee: baseFeeIn(now), isGiven }
      const isRun = await runsCode(gas, begun)
      const seen = isRun ? await simulate(planned) : undefined
      const nonce = given?.nonce ?? terms.nonce
      const draft = await finish(begun, { gas: limit, fees: bid, asked: now.asked, nonce, ...(seen && { seen }) })
      return isRun && after.length > 0 ? { ...draft, isUntried: true } : draft
    }),

    draftsInOrder: border(async (sender: string, intents: readonly Intent[]): Promise<Draft[] | undefined> => {
      const begun = intents.map((intent) => begin(sender, intent))
      const now = await fees.current()
      const common = { fees: now.fees, baseFee: baseFeeIn(now) }
      const given = intents.map((intent) => ('gas' in intent ? intent.gas : undefined))
      const used = await told.used(
        begun.map(({ call }, at) => ({ ...call, ...common, gas: requireMost(given[at] ?? gasMost) })),
      )
      if (!used || 'failed' in used) return refusedOr(used)
      const limits = given.map((limit, at) => (limit === undefined ? gas.roomFor(used.gas[at]!) : requireMost(limit)))
      const steps = begun.map(({ call }, at) => ({ ...call, ...common, gas: limits[at]! }))
      const looks = await Promise.all(begun.map((one) => runsCode(gas, one)))
      const found = looks.includes(true) ? await told.seen(steps) : { seen: [] }
      if (!found || 'failed' in found) return refusedOr(found)
      return Promise.all(
        begun.map((one, at) =>
          finish(one, {
            gas: limits[at]!,
            fees: now.fees,
            asked: now.asked,
            ...(looks[at] && { seen: found.seen[at] }),
          }),
        ),
      )
    }),
  }
}

/** What a step may use that fails alone and of which its planner says nothing: more than most calls need. */
const UNMEASURED = 1_500_000n

/** Of a step that needs those before it: alone it is refused, which says nothing of what it does after them. */
function unmeasured(intent: Intent, error: unknown): Gas {
  if (!isFailure(error, 'INVALID_TRANSACTION') && !isFailure(error, 'INSUFFICIENT_BALANCE')) throw error
  return requireMost(('gas' in intent ? intent.gas : undefined) ?? UNMEASURED)
}

/** A call, and what its bytes tell. */
type Begun = { readonly call: Call; readonly effects: readonly Effect[] }
/** `asked` is what the network asks for a unit of gas. */
type Measured = {
  readonly gas: Gas
  readonly fees: Fees
  readonly asked: bigint
  readonly seen?: readonly Effect[] | undefined
  /** Where its sender has named it. */
  readonly nonce?: number | undefined
}

const drainsOf = (intent: Intent): bigint | undefined => ('drains' in intent ? intent.drains : undefined)

/** At one price for all of it, which is paid whatever the base fee is, nothing comes back. */
const feesOf = (now: Fees, exactly: bigint | undefined): Fees =>
  exactly === undefined
    ? now
    : now.type === 'legacy'
      ? { type: 'legacy', gasPrice: exactly }
      : { type: 'eip1559', maxFeePerGas: exactly, maxPriorityFeePerGas: exactly }

type Now = { readonly fees: Fees; readonly asked: bigint }
/** Failures of a payment of all that there is, whose fee cannot be raised. */
function requireDrainable({ drains, now, replaces }: { drains: bigint; now: Now; replaces: Draft | undefined }): void {
  if (replaces)
    throw new Failure('INSUFFICIENT_BALANCE', 'it pays all that there is, so that nothing is left for a higher fee')
  const least = now.fees.type === 'legacy' ? now.fees.gasPrice : baseFeeIn(now)
  if (drains < least)
    throw new Failure(
      'INVALID_TRANSACTION',
      `gas has become dearer: a unit costs ${least}, and what was left for it is ${drains}; ask again for all that is there`,
    )
}

function refusedOr(found: { failed: number; why: string } | undefined): undefined {
  if (!found) return undefined
  throw new Failure('INVALID_TRANSACTION', `step ${found.failed + 1} would fail after those before it: ${found.why}`)
}

/** What a block asks now of a unit of gas beside the tip. */
const baseFeeIn = ({ fees, asked }: { fees: Fees; asked: bigint }): bigint =>
  fees.type === 'legacy' ? 0n : asked - fees.maxPriorityFeePerGas

/** Code runs whose doing the bytes do not tell. */
const needsLook = (effects: readonly Effect[]): boolean =>
  effects.some(({ kind }) => kind === 'call' || kind === 'unknown' || kind === 'deploy')

const runsCode = async (gas: GasSource, { call, effects }: Begun): Promise<boolean> =>
  needsLook(effects) || isOfCode(gas, call)

/** Money without a word, for somebody who has code that runs then. */
const isOfCode = async (gas: GasSource, { to, data }: Call): Promise<boolean> =>
  data === '0x' && to !== NO_RECIPIENT && (await gas.code(to)).kind !== 'none'

/** The unsigned bytes of a draft at a nonce. */
export function bytes(body: Draft, lifetime: Lifetime): Uint8Array {
  if (lifetime.nonce === undefined) throw new Error('expected a nonce for an EVM transaction')
  return encodeUnsigned({ ...readBody(body), nonce: lifetime.nonce })
}

/** The place of a transaction whose sender has named it. */
export function givenNonce({ body }: Draft): Lifetime | undefined {
  const { nonce } = JSON.parse(body) as Body
  return nonce === undefined ? undefined : { nonce }
}

/** Reads back what `draft` wrote. */
export function readBody({ body }: Draft): Omit<Transaction, 'nonce'> {
  const { chainId, to, value, data, gas, accessList, ...rest } = JSON.parse(body) as Body
  const fees: Fees =
    rest.type === 'legacy'
      ? { type: 'legacy', gasPrice: BigInt(rest.gasPrice) }
      : {
          type: 'eip1559',
          maxFeePerGas: BigInt(rest.maxFeePerGas),
          maxPriorityFeePerGas: BigInt(rest.maxPriorityFeePerGas),
        }
  const list = accessList && { accessList }
  return { chainId, to, value: BigInt(value), data, gas: toGas(BigInt(gas)), fees, ...list }
}

function bodyOf(tx: Omit<Transaction, 'nonce'>): Body {
  const { chainId, to, data, fees, accessList } = tx
  const list = accessList && { accessList }
  const common = { chainId, to, value: tx.value.toString(), data, gas: tx.gas.toString(), ...list }
  if (fees.type === 'legacy') return { ...common, type: 'legacy', gasPrice: fees.gasPrice.toString() }
  const { maxFeePerGas, maxPriorityFeePerGas } = fees
  return {
    ...common,
    type: 'eip1559',
    maxFeePerGas: maxFeePerGas.toString(),
    maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
  }
}
