import { type Effect, tokenAsset } from '@waiaas/contract'
import { type AbiValue, abiFunction } from '../abi.ts'
import { checksummed } from '../address.ts'
import { called, digits, type FunctionReader, isOwn, list, number, ofAnother, type ReadCall, text } from './call.ts'
import { approval } from './erc20.ts'

/** Permit2 has the same address on every network: https://docs.uniswap.org/contracts/v4/deployments */
export const PERMIT2 = '0x000000000022d473030f116ddee9f6b43ac78ba3'

type Granted = { readonly token: string; readonly spender: AbiValue | undefined; readonly amount: bigint }
const granted = ({ network }: ReadCall, { token, spender, amount }: Granted): Effect =>
  approval(network, { token, spender: text(spender), amount })

/** An allowance by a signature (EIP-2612): of the wallet, or of somebody whose matter it is. */
const permit: FunctionReader = {
  called: abiFunction('permit(address,address,uint256,uint256,uint8,bytes32,bytes32)'),
  effects: ([owner, spender, amount], call) => [
    called(call),
    ...(isOwn(owner, call) ? [granted(call, { token: call.tx.to, spender, amount: number(amount) })] : []),
  ],
}

/** The same of DAI, for everything or nothing: https://github.com/makerdao/dss/blob/master/src/dai.sol */
const daiPermit: FunctionReader = {
  called: abiFunction('permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)'),
  effects: ([holder, spender, , , isAllowed], call) => [
    called(call),
    ...(isOwn(holder, call) && isAllowed === true
      ? [granted(call, { token: call.tx.to, spender, amount: 2n ** 256n - 1n })]
      : []),
  ],
}

const ONLY_PERMIT2: ReadonlySet<string> = new Set([PERMIT2])
/** What means something at Permit2 alone. */
const atPermit2 = (signature: string, effects: FunctionReader['effects']): FunctionReader => ({
  called: abiFunction(signature),
  at: ONLY_PERMIT2,
  effects,
})

const moved = (call: ReadCall, [from, to, amount, token]: readonly AbiValue[]): Effect[] =>
  isOwn(from, call)
    ? [
        {
          kind: 'outflow',
          asset: tokenAsset(call.network, text(token)),
          amount: digits(amount),
          to: checksummed(text(to)),
        },
      ]
    : ofAnother(call, to)

/** That the spender of some detail of a permit may take what it says, at Permit2. */
export const grantedBy = (call: ReadCall, spender: AbiValue | undefined, each: AbiValue): Effect => {
  const [token, amount] = list(each)
  return granted(call, { token: text(token), spender, amount: number(amount) })
}

const permit2: readonly FunctionReader[] = [
  atPermit2('approve(address,address,uint160,uint48)', ([token, spender, amount], call) => [
    called(call),
    granted(call, { token: text(token), spender, amount: number(amount) }),
  ]),
  atPermit2('permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)', ([owner, single], call) => {
    const [one, spender] = list(single)
    return [called(call), ...(isOwn(owner, call) ? [grantedBy(call, spender, one!)] : [])]
  }),
  atPermit2('permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)', ([owner, batch], call) => {
    const [all, spender] = list(batch)
    return [called(call), ...(isOwn(owner, call) ? list(all).map((one) => grantedBy(call, spender, one)) : [])]
  }),
  atPermit2('lockdown((address,address)[])', ([pairs], call) => [
    called(call),
    ...list(pairs).map((pair) => {
      const [token, spender] = list(pair)
      return granted(call, { token: text(token), spender, amount: 0n })
    }),
  ]),
  atPermit2('transferFrom(address,address,uint160,address)', (values, call) => [called(call), ...moved(call, values)]),
  atPermit2('transferFrom((address,address,uint160,address)[])', ([all], call) => [
    called(call),
    ...list(all).flatMap((one) => moved(call, list(one))),
  ]),
]

/** A transfer that its owner has signed (EIP-3009); of another owner it is that one's matter, and not understood here. */
const authorized = (signature: string): FunctionReader => ({
  called: abiFunction(signature),
  effects([from, to, amount], call) {
    if (!isOwn(from, call)) return [called(call), ...ofAnother(call, to)]
    const asset = tokenAsset(call.network, call.tx.to)
    return [called(call), { kind: 'outflow', asset, amount: digits(amount), to: checksummed(text(to)) }]
  },
})

const authorizations = ['transferWithAuthorization', 'receiveWithAuthorization'].flatMap((name) =>
  ['uint8,bytes32,bytes32', 'bytes'].map((by) =>
    authorized(`${name}(address,address,uint256,uint256,uint256,bytes32,${by})`),
  ),
)

export const permits: readonly FunctionReader[] = [permit, daiPermit, ...permit2, ...authorizations]
