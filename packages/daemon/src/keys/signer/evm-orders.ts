import type { Move } from './reading.ts'
import type { Values } from './typed-data.ts'

/** What the message lets others take; undefined: not all of it can be told. */
export type Read = (message: Values, contract: string) => readonly Move[] | undefined

const key = (address: unknown): string => String(address).slice(2)
const amountOf = (value: unknown): bigint => BigInt(String(value))
const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other)

// Of Seaport 1.5 and 1.6.
const SEAPORTS = ['00000000000000adc04c56bf30ac9d3c0aaf14dc', '0000000000000068f116a894984e2db1123eb395']
const ITEM = '(uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount'
const SEAPORT_ORDER = [
  'OrderComponents(address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,',
  'uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter)',
  `ConsiderationItem${ITEM},address recipient)OfferItem${ITEM})`,
].join('')
const ERC20 = '1'

/** All that is offered, at the most that it comes to; an NFT is no amount, so that the contract has to be named for it. */
const offered: Read = ({ offer }, contract) => {
  // The type says that it is a list of structs.
  const items = offer as readonly Values[]
  if (items.some(({ itemType }) => itemType !== ERC20)) return undefined
  return items.map(({ token, startAmount, endAmount }) => ({
    asset: key(token),
    amount: larger(amountOf(startAmount), amountOf(endAmount)),
    to: contract,
  }))
}

// Of the CoW protocol.
const SETTLEMENT = '9008d19f58aabd9ed0d60971565aa8510560ab41'
const COW_ORDER = [
  'Order(address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo,',
  'bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,string sellTokenBalance,string buyTokenBalance)',
].join('')
const NOBODY = '0'.repeat(40)

const sold: Read = ({ sellToken, receiver, sellAmount, feeAmount }, contract) => {
  const to = key(receiver) === NOBODY ? contract : key(receiver)
  return [{ asset: key(sellToken), amount: amountOf(sellAmount) + amountOf(feeAmount), to }]
}

/** What an order lets go, where its contract is the one that all know by its address. */
export function orderAt(contract: string, type: string): Read | undefined {
  if (type === SEAPORT_ORDER && SEAPORTS.includes(contract)) return offered
  return type === COW_ORDER && contract === SETTLEMENT ? sold : undefined
}
