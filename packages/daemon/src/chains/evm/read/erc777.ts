import { tokenAsset } from '@waiaas/contract'
import { abiFunction } from '../abi.ts'
import { checksummed } from '../address.ts'
import { called, digits, type FunctionReader, text } from './call.ts'

const payment = (signature: string): FunctionReader => ({
  called: abiFunction(signature),
  effects([to, amount], call) {
    const asset = tokenAsset(call.network, call.tx.to)
    return [called(call), { kind: 'outflow', asset, amount: digits(amount), to: checksummed(text(to)) }]
  },
})

/** Who may then take all of a token: https://eips.ethereum.org/EIPS/eip-777 */
const operator = (signature: string, isGranted: boolean): FunctionReader => ({
  called: abiFunction(signature),
  effects: ([who], call) => [
    called(call),
    { kind: 'operator', contract: checksummed(call.tx.to), operator: checksummed(text(who)), isGranted },
  ],
})

/** ERC-777, where it moves what is the caller's or lets others move it. */
export const erc777: readonly FunctionReader[] = [
  payment('send(address,uint256,bytes)'),
  operator('authorizeOperator(address)', true),
  operator('revokeOperator(address)', false),
]
