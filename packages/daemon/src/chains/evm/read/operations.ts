import { type Effect, nativeAsset } from '@waiaas/contract'
import { type AbiValue, abiFunction } from '../abi.ts'
import { checksummed } from '../address.ts'
import { called, type FunctionReader, isOwn, list, number, type ReadCall, receiver, text } from './call.ts'

// Operations of accounts that are contracts, carried out by whoever sends them to an entry point (ERC-4337).

/** What an operation names of what it runs and may cost. */
type Operation = {
  readonly account: string
  readonly init: string
  readonly content: string
  readonly paymaster: string
  readonly most: bigint
}
type Reading = (operation: readonly AbiValue[]) => Operation

/** https://github.com/eth-infinitism/account-abstraction/blob/releases/v0.6/contracts/core/EntryPoint.sol */
const inWords: Reading = ([account, , init, content, gas, checking, before, price, , paymaster]) => ({
  ...{ account: text(account), init: text(init), content: text(content), paymaster: text(paymaster) },
  // A paymaster checks and is told afterwards: it has the gas of checking for each.
  most: (number(gas) + 3n * number(checking) + number(before)) * number(price),
})
/** From 0.7 on numbers are packed in twos: the gas of checking and of the call, and the tip and the price. */
const packed: Reading = ([account, , init, content, limits, before, fees, paymaster]) => {
  const [checking, gas] = halves(limits)
  const [, price] = halves(fees)
  const own = gas! + checking! + number(before)
  const told = { account: text(account), init: text(init), content: text(content), paymaster: text(paymaster) }
  return { ...told, most: own * price! }
}
const halves = (word: AbiValue | undefined): bigint[] =>
  [2, 34].map((at) => BigInt(`0x${text(word).slice(at, at + 32)}`))

const handling = (operation: string, at: ReadonlySet<string>, reading: Reading): FunctionReader => ({
  called: abiFunction(`handleOps(${operation}[],address)`),
  at,
  effects: ([all, beneficiary], call) => [
    called(call),
    ...list(all).flatMap((one) => carriedOut(call, reading(list(one)), beneficiary)),
  ],
})

const ACCOUNT_DIGITS = 42
const noMoney = { value: 0n }

/** What an account does counts like what the wallet does, and so does what it pays for that. */
function carriedOut(call: ReadCall, operation: Operation, beneficiary: AbiValue | undefined): Effect[] {
  const { account, init, content, paymaster, most } = operation
  const [factory, payer] = [init, paymaster].map((bytes) => bytes.slice(0, ACCOUNT_DIGITS))
  return [
    // Its code checks the operation, whatever the operation is.
    called({ tx: { to: account, data: '0x', ...noMoney } }),
    ...(init === '0x' ? [] : call.inside({ to: factory!, data: restOf(init), ...noMoney }, call.tx.to)),
    ...(paymaster === '0x' ? [] : [called({ tx: { to: payer!, data: '0x', ...noMoney } })]),
    ...call.inside({ to: account, data: content, ...noMoney }, call.tx.to),
    ...paidFor(call, { beneficiary, most: paymaster === '0x' ? most : 0n }),
  ]
}

/** Bytes without a function are a call of none, and no payment. */
const restOf = (bytes: string): string => (bytes.length > ACCOUNT_DIGITS ? `0x${bytes.slice(ACCOUNT_DIGITS)}` : '0x00')

type Paid = { readonly beneficiary: AbiValue | undefined; readonly most: bigint }
function paidFor(call: ReadCall, { beneficiary, most }: Paid): Effect[] {
  if (isOwn(beneficiary, call)) return []
  const asset = nativeAsset(call.network)
  return most === 0n
    ? [receiver(call.network, beneficiary)]
    : [{ kind: 'outflow', asset, amount: String(most), to: checksummed(text(beneficiary)) }]
}

/** Entry points have the same addresses on every network. */
const V06 = new Set(['0x5ff137d4b0fdcd49dca30c7cf57e578a026d2789'])
const V07_AND_LATER = new Set([
  '0x0000000071727de22e5e9d8baf0edac6f37da032',
  '0x4337084d9e255ff0702461cf8895ce9e3b5ff108',
  '0x433709009b8330fda32311df1c2afa402ed8d009',
])

export const operations: readonly FunctionReader[] = [
  handling('(address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)', V06, inWords),
  handling('(address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)', V07_AND_LATER, packed),
]
