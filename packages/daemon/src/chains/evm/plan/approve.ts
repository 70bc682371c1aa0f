import type { IntentOf } from '../../intent.ts'
import { abiFunction } from '../abi.ts'
import { parseAddress } from '../address.ts'
import { functions } from '../erc20.ts'
import { type Plan, requireAmount } from './plan.ts'

const lower = (address: string): string => parseAddress(address).toLowerCase()
const setApprovalForAll = abiFunction('setApprovalForAll(address,bool)')

export const approve: Plan<IntentOf<'approve'>> = {
  call: (from, { spender, amount, token }) => ({
    from,
    to: lower(token.address),
    value: 0n,
    data: functions.approve.encode([lower(spender), requireAmount(amount)]),
  }),
  gas: (gas, call) => gas.estimate(call),
}

/** One NFT of ERC-721, or all that the sender has in a contract. */
export const approveNft: Plan<IntentOf<'approve-nft'>> = {
  call: (from, { spender, contract, tokenId, all }) => ({
    from,
    to: lower(contract),
    value: 0n,
    data: all
      ? setApprovalForAll.encode([lower(spender), true])
      : functions.approve.encode([lower(spender), requireAmount(tokenId)]),
  }),
  gas: (gas, call) => gas.estimate(call),
}
