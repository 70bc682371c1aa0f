import type { Effect } from '@waiaas/contract'
import { receiver, unreadReceiver } from '../read/call.ts'
import { fields, list, requireOwn, type TypedRead, text } from './meaning.ts'

// What a permit is for, where it says so. Orders of UniswapX say who gets what is bought: https://github.com/Uniswap/UniswapX/tree/main/src/lib

const INFO =
  'OrderInfo(address reactor,address swapper,uint256 nonce,uint256 deadline,address additionalValidationContract,bytes additionalValidationData)'
const TOKEN = 'TokenPermissions(address token,uint256 amount)'
const OUTPUT = 'DutchOutput(address token,uint256 startAmount,uint256 endAmount,address recipient)'

type Order = { readonly type: string; readonly beside: readonly string[]; readonly outputs: string }
/** Orders by their name: the fields of each, all types that it refers to besides, and where its outputs stand. */
const ORDERS: Readonly<Record<string, Order>> = {
  ExclusiveDutchOrder: {
    type: 'ExclusiveDutchOrder(OrderInfo info,uint256 decayStartTime,uint256 decayEndTime,address exclusiveFiller,uint256 exclusivityOverrideBps,address inputToken,uint256 inputStartAmount,uint256 inputEndAmount,DutchOutput[] outputs)',
    ...{ beside: [INFO, OUTPUT, TOKEN], outputs: 'outputs' },
  },
  LimitOrder: {
    type: 'LimitOrder(OrderInfo info,address inputToken,uint256 inputAmount,OutputToken[] outputs)',
    beside: [INFO, 'OutputToken(address token,uint256 amount,address recipient)', TOKEN],
    outputs: 'outputs',
  },
  PriorityOrder: {
    type: 'PriorityOrder(OrderInfo info,address cosigner,uint256 auctionStartBlock,uint256 baselinePriorityFeeWei,PriorityInput input,PriorityOutput[] outputs)',
    beside: [
      ...[INFO, TOKEN, 'PriorityInput(address token,uint256 amount,uint256 mpsPerPriorityFeeWei)'],
      'PriorityOutput(address token,uint256 amount,uint256 mpsPerPriorityFeeWei,address recipient)',
    ],
    outputs: 'outputs',
  },
  V2DutchOrder: {
    type: 'V2DutchOrder(OrderInfo info,address cosigner,address baseInputToken,uint256 baseInputStartAmount,uint256 baseInputEndAmount,DutchOutput[] baseOutputs)',
    ...{ beside: [INFO, OUTPUT, TOKEN], outputs: 'baseOutputs' },
  },
  V3DutchOrder: {
    type: 'V3DutchOrder(OrderInfo info,address cosigner,uint256 startingBaseFee,V3DutchInput baseInput,V3DutchOutput[] baseOutputs)',
    beside: [
      ...[INFO, TOKEN, 'NonlinearDutchDecay(uint256 relativeBlocks,int256[] relativeAmounts)'],
      'V3DutchInput(address token,uint256 startAmount,NonlinearDutchDecay curve,uint256 maxAmount,uint256 adjustmentPerGweiBaseFee)',
      'V3DutchOutput(address token,uint256 startAmount,NonlinearDutchDecay curve,address recipient,uint256 minAmount,uint256 adjustmentPerGweiBaseFee)',
    ],
    outputs: 'baseOutputs',
  },
}

/** Whose money such a permit is for: of a witness that nobody knows, whoever its spender takes it to be. */
export function receiversIn(of: TypedRead, type: string): Effect[] {
  const [, name = '', field = '', rest = ''] = /^\w+\([^)]*,uint256 deadline,(\w+) (\w+)\)(.*)$/.exec(type) ?? []
  const order = Object.hasOwn(ORDERS, name) ? ORDERS[name] : undefined
  if (order === undefined || rest !== [order.type, ...order.beside].toSorted(byName).join(''))
    return [unreadReceiver(of.network)]
  const witness = fields(of.data.message[field])
  requireOwn(fields(witness.info).swapper, of)
  const recipients = new Set(list(witness[order.outputs]).map((output) => text(fields(output).recipient)))
  return [...recipients].filter((one) => one !== of.sender).map((one) => receiver(of.network, one))
}

/** As EIP-712 orders types. */
const byName = (one: string, other: string): number => (nameOf(one) < nameOf(other) ? -1 : 1)
const nameOf = (type: string): string => type.slice(0, type.indexOf('('))
