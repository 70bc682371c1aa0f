import type { IntentOf } from '../../intent.ts'
import { abiFunction } from '../abi.ts'
import { parseAddress } from '../address.ts'
import { type Plan, requireAmount } from './plan.ts'

const lower = (address: string): string => parseAddress(address).toLowerCase()
// The safe ones ask a recipient with code whether it takes NFTs.
const single = abiFunction('safeTransferFrom(address,address,uint256)')
const several = abiFunction('safeTransferFrom(address,address,uint256,uint256,bytes)')

/** One NFT of ERC-721, or some of one of ERC-1155. */
export const nftTransfer: Plan<IntentOf<'nft-transfer'>> = {
  call(from, { to, contract, tokenId, amount, isSingle }) {
    const [id, recipient] = [requireAmount(tokenId), lower(to)]
    const data = isSingle
      ? single.encode([from, recipient, id])
      : several.encode([from, recipient, id, requireAmount(amount), '0x'])
    return { from, to: lower(contract), value: 0n, data }
  },
  gas: (gas, call) => gas.estimate(call),
}
