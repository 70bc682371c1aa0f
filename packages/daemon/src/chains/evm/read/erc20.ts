import { type Base, type Effect, type Network, toBase, tokenAsset } from '@waiaas/contract'
import { checksummed } from '../address.ts'
import { functions } from '../erc20.ts'
import { called, digits, type FunctionReader, isOwn, number, ofAnother, text } from './call.ts'

/** Amounts that tokens and spenders take as "without limit". */
const boundless: ReadonlySet<bigint> = new Set([64n, 96n, 128n, 160n, 256n].map((bits) => 2n ** bits - 1n))

type Granted = { readonly token: string; readonly spender: string; readonly amount: bigint }

/** That a spender may take so much of a token. */
export const approval = (network: Network, { token, spender, amount }: Granted): Effect => ({
  kind: 'approval',
  asset: tokenAsset(network, token),
  amount: amount.toString(),
  spender: checksummed(spender),
  unlimited: boundless.has(amount),
})

const transfer: FunctionReader = {
  called: functions.transfer,
  effects: ([to, amount], { network, tx }) => [
    { kind: 'outflow', asset: tokenAsset(network, tx.to), amount: digits(amount), to: checksummed(text(to)) },
  ],
}

const transferFrom: FunctionReader = {
  called: functions.transferFrom,
  effects([from, to, amount], call) {
    // From another account it spends an allowance, which is that account's matter and nothing that a limit here measures.
    if (!isOwn(from, call)) return [called(call), ...ofAnother(call, to)]
    const { network, tx } = call
    return [
      { kind: 'outflow', asset: tokenAsset(network, tx.to), amount: digits(amount), to: checksummed(text(to)) },
      // NFTs have the same function, with a token's number in place of an amount, so the contract is judged as well.
      called(call),
    ]
  },
}

const grant: FunctionReader['effects'] = ([spender, amount], { network, tx }) => [
  approval(network, { token: tx.to, spender: text(spender), amount: number(amount) }),
]

/** ERC-20, where it moves money or lets others move it. */
export const erc20: readonly FunctionReader[] = [
  transferFrom,
  transfer,
  { called: functions.approve, effects: grant },
  { called: functions.increaseAllowance, effects: grant },
]

/** The recipient and amount of a plain transfer; undefined for any other calldata. */
export function parseTransfer(data: string): { readonly to: string; readonly amount: Base } | undefined {
  const values = functions.transfer.decode(data)
  return values && { to: text(values[0]), amount: toBase(number(values[1])) }
}
