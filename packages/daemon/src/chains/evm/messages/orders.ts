import { type Effect, Failure, nativeAsset, tokenAsset } from '@waiaas/contract'
import type { TypedValue } from '../../intent.ts'
import { checksummed } from '../address.ts'
import { toHex } from '../hex.ts'
import { fields, list, type Meaning, number, requireOwn, type TypedRead, text, until } from './meaning.ts'
import { structHash, typedDataHash } from './typed-hash.ts'

// Orders that whoever fills them carries out, at contracts that have the same address on every network.

/** Versions 1.5 and 1.6: https://github.com/ProjectOpenSea/seaport */
const SEAPORTS: ReadonlySet<string> = new Set([
  '0x00000000000000adc04c56bf30ac9d3c0aaf14dc',
  '0x0000000000000068f116a894984e2db1123eb395',
])
const SEAPORT_ORDER =
  'OrderComponents(address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter)' +
  'ConsiderationItem(uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount,address recipient)' +
  'OfferItem(uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount)'
const ITEM = { erc20: '1', erc721: '2', erc1155: '3' }

const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other)

/** What an offer lets go, at the most that it comes to between its start and its end. */
function offered({ network, contract }: TypedRead, item: TypedValue): Effect {
  const { itemType, token, identifierOrCriteria, startAmount, endAmount } = fields(item)
  const amount = String(larger(number(startAmount), number(endAmount)))
  const to = checksummed(contract)
  if (itemType === ITEM.erc20) return { kind: 'outflow', asset: tokenAsset(network, text(token)), amount, to }
  if (itemType === ITEM.erc721 || itemType === ITEM.erc1155)
    return { kind: 'nft', contract: checksummed(text(token)), tokenId: text(identifierOrCriteria), amount, to }
  throw new Failure(
    'INVALID_TRANSACTION',
    `expected an order that offers tokens or single NFTs, got an item of type ${text(itemType)}: nobody can tell which one leaves`,
  )
}

/** What is asked for is paid by whoever fills it; who gets it is whoever the order says. */
const seaport: Meaning = {
  is: (type, contract) => SEAPORTS.has(contract) && type === SEAPORT_ORDER,
  read(of) {
    const { offerer, offer, consideration, endTime } = of.data.message
    requireOwn(offerer, of)
    const items = list(offer).map((item) => offered(of, item))
    const getters = list(consideration).map((item) => text(fields(item).recipient))
    return {
      effects: [...items, ...others(of, getters), until(number(endTime))],
      claim: {
        ...{ by: 'seaportOrder', contract: of.contract, owner: of.sender, deadline: text(endTime) },
        order: toHex(structHash(of.data.types, of.data.primaryType, of.data.message)),
      },
    }
  },
}

/** Whoever gets what is bought in place of the wallet is paid by it. */
function others({ network, sender }: TypedRead, accounts: readonly string[]): Effect[] {
  const asset = nativeAsset(network)
  const foreign = [...new Set(accounts)].filter((account) => account !== sender)
  return foreign.map((account): Effect => ({ kind: 'outflow', asset, amount: '0', to: checksummed(account) }))
}

/** https://docs.cow.fi/cow-protocol/reference/contracts/core/settlement */
const COW = '0x9008d19f58aabd9ed0d60971565aa8510560ab41'
const COW_ORDER =
  'Order(address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo,bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,string sellTokenBalance,string buyTokenBalance)'
/** Whoever signs it. */
const SELF = `0x${'0'.repeat(40)}`

/** Whether it sells or buys, what is sold and the fee are the most that leaves. */
const cow: Meaning = {
  is: (type, contract) => contract === COW && type === COW_ORDER,
  read(of) {
    const { sellToken, receiver, sellAmount, feeAmount, validTo } = of.data.message
    const asset = tokenAsset(of.network, text(sellToken))
    const amount = String(number(sellAmount) + number(feeAmount))
    const to = receiver === SELF || receiver === of.sender ? of.contract : text(receiver)
    const validUntil = number(validTo).toString(16).padStart(8, '0')
    return {
      effects: [{ kind: 'outflow', asset, amount, to: checksummed(to) }, until(number(validTo))],
      claim: {
        ...{ by: 'cowOrder', contract: of.contract, owner: of.sender, deadline: text(validTo) },
        order: `${toHex(typedDataHash(of.data))}${of.sender.slice(2)}${validUntil}`,
      },
    }
  },
}

export const orders: readonly Meaning[] = [seaport, cow]
