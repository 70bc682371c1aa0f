import { Failure, type Network } from '@waiaas/contract'
import type { Reader } from '../chain.ts'
import { encodeCall, requireDescribed } from './abi-json.ts'
import { parseAddress } from './address.ts'
import { tokensIn } from './decode.ts'
import { requireMost } from './gas.ts'
import { toGas } from './gas-units.ts'
import { fromHex, toHex } from './hex.ts'
import { decodeUnsigned, encodeUnsigned, NO_RECIPIENT } from './transaction.ts'

/** Calls of contracts, as ABIs or transactions that were built elsewhere describe them. */
export const contracts = (network: Network, chainId: number): NonNullable<Reader['contracts']> => ({
  encode: encodeCall,
  requireDescribed,
  takeApart(text) {
    const { to, value, data, gas, chainId, accessList } = decodeUnsigned(fromHex(text))
    if (to === NO_RECIPIENT)
      throw new Failure(
        'INVALID_TRANSACTION',
        'it would make a contract, which no step of a plan does; ask for that by itself',
      )
    if (accessList?.length)
      throw new Failure('INVALID_TRANSACTION', 'it has an access list, which no step of a plan keeps; leave that out')
    return { to, value: String(value), data, gas: String(gas), chainId }
  },
  putTogether: ({ to, gas, ...rest }) =>
    toHex(
      encodeUnsigned({
        ...{ ...rest, chainId, gas: toGas(gas) },
        to: to === undefined ? NO_RECIPIENT : parseAddress(to).toLowerCase(),
      }),
    ),
  requireGas: (limit) => void requireMost(limit),
  tokensIn: (sender, call) => tokensIn(network, sender, call),
})
