import { add, type Effect, type Network } from '@waiaas/contract'
import type { Draft, Lifetime } from '../build.ts'
import type { Intent } from '../intent.ts'
import { effectsOf } from './decode.ts'
import { type FeeSource, outbid, type RollupFees } from './fees.ts'
import type { Call, GasSource } from './gas.ts'
import { costOf, toGas } from './gas-units.ts'
import { hintsOf, planOf } from './plan/all.ts'
import type { Simulate } from './simulate/simulate.ts'
import type { SupplySource } from './supply.ts'
import { encodeUnsigned, type Fees, feeCap, NO_RECIPIENT, type Transaction } from './transaction.ts'

export type DraftParts = {
  readonly network: Network
  readonly chainId: number
  readonly fees: FeeSource
  readonly gas: GasSource
  readonly beside: RollupFees
  readonly simulate: Simulate
  readonly supply: SupplySource
}

type Body = {
  chainId: number
  to: string
  value: string
  data: string
  gas: string
  /** Of a transaction that was built elsewhere: the only one that its bytes are for. */
  nonce?: number
} & ({ type: 'eip1559'; maxFeePerGas: string; maxPriorityFeePerGas: string } | { type: 'legacy'; gasPrice: string })

/** Builds all but the nonce. `replaces` is the draft whose nonce the new one shall take: its fees are outbid. */
export const drafting =
  ({ network, chainId, fees, gas, beside, simulate, supply }: DraftParts) =>
  async (sender: string, intent: Intent, replaces?: Draft): Promise<Draft> => {
    const plan = planOf(network, intent)
    const call = plan.call(sender.toLowerCase(), intent)
    const effects = effectsOf({ network, sender: call.from, tx: call }, hintsOf(intent))
    const now = await fees.current()
    const given = plan.given?.(intent)
    const bid = given ? given.fees : replaces ? outbid(readBody(replaces).fees, now.fees) : now.fees
    const limit = await plan.gas(gas, { ...call, fees: bid }, intent)
    const planned = { ...call, gas: limit, fees: bid, baseFee: baseFeeIn(now) }
    const runsCode = needsLook(effects) || (await isOfCode(gas, call))
    const seen = runsCode ? await simulate(planned) : undefined
    const supplies = await supply([...effects, ...(seen ?? [])])
    const tx = { chainId, to: call.to, value: call.value, data: call.data, gas: limit, fees: bid }
    // The largest nonce in use makes the bytes as long as they can become.
    const extra = await beside(() => encodeUnsigned({ ...tx, nonce: 0xffff_ffff }).length, limit)
    // What a rollup charges beside the gas is taken at inclusion and can rise until then, hence twice.
    return {
      body: JSON.stringify({ ...bodyOf(tx), ...(given && { nonce: given.nonce }) } satisfies Body),
      maxFee: add(costOf(limit, feeCap(bid)), add(extra, extra)),
      price: { offered: feeCap(bid), asked: now.asked },
      ...(seen && { seen }),
      ...(Object.keys(supplies).length > 0 && { supplies }),
    }
  }

/** What a block asks now of a unit of gas beside the tip. */
const baseFeeIn = ({ fees, asked }: { fees: Fees; asked: bigint }): bigint =>
  fees.type === 'legacy' ? 0n : asked - fees.maxPriorityFeePerGas

/** Code runs whose doing the bytes do not tell. */
const needsLook = (effects: readonly Effect[]): boolean =>
  effects.some(({ kind }) => kind === 'call' || kind === 'unknown' || kind === 'deploy')

/** Money without a word, for somebody who has code that runs then. */
const isOfCode = async (gas: GasSource, { to, data }: Call): Promise<boolean> =>
  data === '0x' && to !== NO_RECIPIENT && (await gas.code(to)).kind !== 'none'

/** The unsigned bytes of a draft at a nonce. */
export function bytes(body: Draft, lifetime: Lifetime): Uint8Array {
  if (lifetime.nonce === undefined) throw new Error('expected a nonce for an EVM transaction')
  return encodeUnsigned({ ...readBody(body), nonce: lifetime.nonce })
}

/** The place of a transaction that was built elsewhere. */
export function givenNonce({ body }: Draft): Lifetime | undefined {
  const { nonce } = JSON.parse(body) as Body
  return nonce === undefined ? undefined : { nonce }
}

/** Reads back what `draft` wrote. */
export function readBody({ body }: Draft): Omit<Transaction, 'nonce'> {
  const { chainId, to, value, data, gas, ...rest } = JSON.parse(body) as Body
  const fees: Fees =
    rest.type === 'legacy'
      ? { type: 'legacy', gasPrice: BigInt(rest.gasPrice) }
      : {
          type: 'eip1559',
          maxFeePerGas: BigInt(rest.maxFeePerGas),
          maxPriorityFeePerGas: BigInt(rest.maxPriorityFeePerGas),
        }
  return { chainId, to, value: BigInt(value), data, gas: toGas(BigInt(gas)), fees }
}

function bodyOf(tx: Omit<Transaction, 'nonce'>): Body {
  const { chainId, to, data, fees } = tx
  const common = { chainId, to, value: tx.value.toString(), data, gas: tx.gas.toString() }
  if (fees.type === 'legacy') return { ...common, type: 'legacy', gasPrice: fees.gasPrice.toString() }
  const { maxFeePerGas, maxPriorityFeePerGas } = fees
  return {
    ...common,
    type: 'eip1559',
    maxFeePerGas: maxFeePerGas.toString(),
    maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
  }
}
