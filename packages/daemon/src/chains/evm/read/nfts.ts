import type { Effect } from '@waiaas/contract'
import { type AbiValue, abiFunction } from '../abi.ts'
import { checksummed } from '../address.ts'
import { called, digits, type FunctionReader, isOwn, list, ofAnother, type ReadCall, text } from './call.ts'

type Moved = { readonly id: AbiValue | undefined; readonly amount: string; readonly to: AbiValue | undefined }

const nft = ({ tx }: ReadCall, { id, amount, to }: Moved): Effect => ({
  kind: 'nft',
  contract: checksummed(tx.to),
  tokenId: digits(id),
  amount,
  to: checksummed(text(to)),
})

/** From another account it is that account's matter, and not understood here. */
const single = (signature: string, amountAt?: number): FunctionReader => ({
  called: abiFunction(signature),
  effects(values, call) {
    const [from, to, id] = values
    const amount = amountAt === undefined ? '1' : digits(values[amountAt])
    return isOwn(from, call) ? [called(call), nft(call, { id, amount, to })] : [called(call), ...ofAnother(call, to)]
  },
})

const batch: FunctionReader = {
  called: abiFunction('safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)'),
  effects([from, to, ids, amounts], call) {
    if (!isOwn(from, call)) return [called(call), ...ofAnother(call, to)]
    if (list(ids).length !== list(amounts).length) return undefined
    const moved = list(ids).map((id, at) => nft(call, { id, amount: digits(list(amounts)[at]), to }))
    return [called(call), ...moved]
  },
}

const operator: FunctionReader = {
  called: abiFunction('setApprovalForAll(address,bool)'),
  effects: ([who, isGranted], call) => [
    called(call),
    {
      kind: 'operator',
      contract: checksummed(call.tx.to),
      operator: checksummed(text(who)),
      isGranted: isGranted === true,
    },
  ],
}

/** ERC-721 and ERC-1155. `transferFrom` and `approve` of the first are those of ERC-20 to the byte, and read as such. */
export const nfts: readonly FunctionReader[] = [
  single('safeTransferFrom(address,address,uint256)'),
  single('safeTransferFrom(address,address,uint256,bytes)'),
  single('safeTransferFrom(address,address,uint256,uint256,bytes)', 3),
  batch,
  operator,
]
