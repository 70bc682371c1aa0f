import { add, type Base, Failure, type Network, toBase, ZERO_BASE } from '@waiaas/contract'
import { cache } from '../../platform/cache.ts'
import { OddAnswer, shown } from '../answers.ts'
import type { UnitPrice } from '../build.ts'
import type { Rpc } from '../rpc.ts'
import { feeFloors, type Suggestion, tipMost } from './fee-floors.ts'
import { baseFeeOf, type FeeKind } from './fee-kind.ts'
import type { Gas } from './gas-units.ts'
import { quantity, quantityOr } from './hex.ts'
import type { LeastPrice } from './least-price.ts'
import { type Fees, feeCap } from './transaction.ts'

// A tip of nothing is never mined by some nodes.
const tipFloor = 1_000_000n

export type FeeSource = {
  /**
   * What a transaction should offer now, and the price of a unit of gas that nodes suggest. Cached for a block; up to ten
   * blocks old while it is being renewed.
   */
  current(): Promise<{ fees: Fees; asked: bigint }>
  /** A node took too low an offer for none, and perhaps named the least; true when that is believed. */
  refused(least: LeastPrice | undefined): boolean
}

type Source = { readonly network: Network; readonly rpc: Rpc; readonly kind: () => Promise<FeeKind | undefined> }

export function feeSource({ network, rpc, kind }: Source, clock: () => number): FeeSource {
  const suggestions = cache<Suggestion>({ freshMs: network.blockMs, staleMs: network.blockMs * 10, clock })
  const floors = feeFloors(clock)
  return {
    async current() {
      const suggestion = await suggestions.get('', () => readSuggestion({ network, rpc, kind }))
      const fees = floors.over(suggestion)
      return { fees, asked: askedIn(fees) }
    },
    refused(least) {
      const last = suggestions.peek('')?.value
      // What it was made of is too old.
      suggestions.drop('')
      return least !== undefined && floors.raise(least, last)
    },
  }
}

/** The price of a unit of gas that a block takes now; a least price that a node has named, within what is believed, is asked as well. */
const askedIn = (fees: Fees): bigint =>
  fees.type === 'legacy' ? fees.gasPrice : (fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n

/** What a unit of gas costs now, and the tip in it. */
export const unitPriceOf = ({ fees, asked }: Awaited<ReturnType<FeeSource['current']>>): UnitPrice => ({
  asked,
  tip: fees.type === 'legacy' ? 0n : fees.maxPriorityFeePerGas,
})

async function readSuggestion({ network, rpc, kind: kindNow }: Source): Promise<Suggestion> {
  const kind = await kindNow()
  const [block, tip, price] = await rpc.batch([
    { method: 'eth_getBlockByNumber', params: ['latest', false] },
    { method: 'eth_maxPriorityFeePerGas', params: [] },
    { method: 'eth_gasPrice', params: [] },
  ])
  // Without the block it is not known which kind of fees the network has.
  if (!block || 'error' in block) throw block?.error ?? new OddAnswer('an answer to eth_getBlockByNumber', block)
  const baseFee = baseFeeOf(block.result)
  if (kind === 'eip1559' && baseFee === undefined) throw new OddAnswer(`a base fee of ${network.id}`, 'none')
  const gasPrice = price && 'result' in price ? quantityOr(price.result) : undefined
  if (kind === 'legacy' || baseFee === undefined) {
    if (gasPrice === undefined)
      throw new Failure(
        'CHAIN_ERROR',
        `no node of ${network.id} names a gas price: ${price ? wordsOf(price) : 'no answer'}`,
      )
    return { type: 'legacy', gasPrice }
  }
  const offered = tip && 'result' in tip ? quantityOr(tip.result) : undefined
  // Nodes without eth_maxPriorityFeePerGas put the tip into their gas price.
  const wanted = offered ?? (gasPrice !== undefined && gasPrice > baseFee ? gasPrice - baseFee : tipFloor)
  return { type: 'eip1559', baseFee, tip: wanted < tipFloor ? tipFloor : wanted > tipMost ? tipMost : wanted }
}

const wordsOf = (answer: Answer): string =>
  'result' in answer ? shown(answer.result) : answer.error.message.slice(0, 200)

/** Fees that nodes accept in place of `old` on the same nonce: all prices at least an eighth higher (nodes ask for a tenth). */
export function outbid(old: Fees, now: Fees): Fees {
  if (old.type === 'legacy') return { type: 'legacy', gasPrice: larger(raised(old.gasPrice), feeCap(now)) }
  const tipNow = now.type === 'eip1559' ? now.maxPriorityFeePerGas : now.gasPrice
  return {
    type: 'eip1559',
    maxPriorityFeePerGas: larger(raised(old.maxPriorityFeePerGas), tipNow),
    maxFeePerGas: larger(raised(old.maxFeePerGas), feeCap(now)),
  }
}

const raised = (price: bigint): bigint => price + (price + 7n) / 8n
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)

const gasPriceOracle = '0x420000000000000000000000000000000000000F'
// GasPriceOracle.getL1FeeUpperBound(uint256), since the Fjord upgrade: the size decides, not the content.
const upperBoundSelector = '0xf1c7a58b'
// GasPriceOracle.getOperatorFee(uint256), since the Isthmus upgrade: zero while that is not active.
const operatorFeeSelector = '0x275aedd2'

/** What a rollup charges beside the gas for a transaction of so many unsigned bytes that uses all of its gas; others do not ask for the size. */
export type RollupFees = (size: () => number, gas: Gas) => Promise<Base>

/** On the OP stack what posting costs at most, and the operator's fee; zero elsewhere. */
export function rollupFees(network: Network, rpc: Rpc, clock: () => number): RollupFees {
  const charges = cache<Base>({ freshMs: network.blockMs, staleMs: network.blockMs * 10, clock })
  return async (size, gas) => {
    if (network.l1Fee !== 'op-stack') return ZERO_BASE
    const rounded = Math.ceil(size() / 32) * 32
    return charges.get(`${rounded} ${gas}`, async () => {
      const [posting, operator] = await rpc.batch([
        oracleCall(upperBoundSelector, rounded),
        oracleCall(operatorFeeSelector, gas),
      ])
      const l1 = charge(network, 'L1', posting!)
      return isMissing(operator!) ? l1 : add(l1, charge(network, 'operator', operator!))
    })
  }
}

type Answer = Awaited<ReturnType<Rpc['batch']>>[number]

const oracleCall = (selector: string, value: bigint | number) => ({
  method: 'eth_call',
  params: [{ to: gasPriceOracle, data: selector + quantity(value).slice(2).padStart(64, '0') }, 'latest'],
})

/** An oracle from before the upgrade refuses a call that it does not know; any other error says nothing about it. */
const isMissing = (answer: Answer): boolean =>
  'error' in answer && (answer.error.code === 3 || /revert/i.test(answer.error.message))

function charge(network: Network, what: string, answer: Answer): Base {
  const value = 'result' in answer ? quantityOr(answer.result) : undefined
  if (value !== undefined) return toBase(value)
  throw new Failure(
    'CHAIN_ERROR',
    `expected the ${what} fee of ${network.id} from its GasPriceOracle, got ${wordsOf(answer)}`,
  )
}
