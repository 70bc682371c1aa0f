import { type Base, toBase, tokenAsset } from '@waiaas/contract'
import type { AbiValue } from '../abi.ts'
import { checksummed } from '../address.ts'
import { functions } from '../erc20.ts'
import type { FunctionReader } from './call.ts'

/** Amounts that tokens and spenders take as "without limit". */
const boundless: ReadonlySet<bigint> = new Set([64n, 96n, 128n, 160n, 256n].map((bits) => 2n ** bits - 1n))

const transfer: FunctionReader = {
  called: functions.transfer,
  effects: ([to, amount], { network, tx }) => [
    { kind: 'outflow', asset: tokenAsset(network, tx.to), amount: digits(amount), to: checksummed(text(to)) },
  ],
}

const transferFrom: FunctionReader = {
  called: functions.transferFrom,
  effects([from, to, amount], { network, sender, tx }) {
    // From another account it spends an allowance, which is that account's matter and nothing that a limit here measures.
    if (from !== sender) return undefined
    return [
      { kind: 'outflow', asset: tokenAsset(network, tx.to), amount: digits(amount), to: checksummed(text(to)) },
      // NFTs have the same function, with a token's number in place of an amount, so the contract is judged as well.
      { kind: 'call', contract: checksummed(tx.to), selector: tx.data.slice(0, 10), value: tx.value.toString() },
    ]
  },
}

const approval: FunctionReader['effects'] = ([spender, amount], { network, tx }) => [
  {
    kind: 'approval',
    asset: tokenAsset(network, tx.to),
    amount: digits(amount),
    spender: checksummed(text(spender)),
    unlimited: boundless.has(number(amount)),
  },
]

/** ERC-20, where it moves money or lets others move it. */
export const erc20: readonly FunctionReader[] = [
  transferFrom,
  transfer,
  { called: functions.approve, effects: approval },
  { called: functions.increaseAllowance, effects: approval },
]

/** The recipient and amount of a plain transfer; undefined for any other calldata. */
export function parseTransfer(data: string): { readonly to: string; readonly amount: Base } | undefined {
  const values = functions.transfer.decode(data)
  return values && { to: text(values[0]), amount: toBase(number(values[1])) }
}

// The signature says which kind of value stands where.
const text = (value: AbiValue | undefined): string => value as string
const number = (value: AbiValue | undefined): bigint => value as bigint
const digits = (value: AbiValue | undefined): string => number(value).toString()
