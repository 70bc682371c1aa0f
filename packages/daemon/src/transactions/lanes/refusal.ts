import { type FailureCode, formatUnits } from '@waiaas/contract'
import type { Token } from '../../chains/intent.ts'
import type { Excess, SignOutcome } from '../../gate/service.ts'
import { intentOf } from '../rows/readings.ts'
import type { TransactionRow } from '../rows/store.ts'
import type { LaneContext } from './round.ts'

export type Refused = Exclude<SignOutcome, { signature: Uint8Array }> | undefined
type Lane = Pick<LaneContext, 'chain' | 'wallet'>
/** What the request sends, where it is known. */
type Asked = Pick<TransactionRow, 'request'> | undefined

/** What a person reads of a signature that was not given: what is too much, what is left, and which command lets it pass. */
export function refusalOf(lane: Lane, outcome: Refused, asked?: Asked): { code: FailureCode; error: string } {
  if (!outcome?.isAboveCeiling)
    return { code: 'INVALID_TRANSACTION', error: `the signer refused: ${outcome?.refused ?? 'it gave no answer'}` }
  const { excess, refused } = outcome
  const told = excess ? excessText(unitOf(lane, excess, asked), excess) : { why: refused, flags: '' }
  const command = `waiaas wallet ceiling ${lane.wallet.id} --network ${lane.chain.network.id}${told.flags}`
  return {
    code: 'CEILING_EXCEEDED',
    error: `the wallet's ceiling does not let it pass: ${told.why}; the operator can raise it with ${command}`,
  }
}

type Unit = { symbol: string; decimals: number; address: string | null }

const OF = { transaction: 'in one transaction', day: 'in 24 hours', fee: 'as a fee' } as const

function excessText({ symbol, decimals, address }: Unit, { of, wanted, most, left }: Excess) {
  const show = (amount: string) => formatUnits(BigInt(amount), decimals)
  const remains = left === undefined ? '' : `, of which ${show(left)} ${symbol} is left now`
  const token = address === null ? '' : ` --token ${address}`
  // So much in all, that this one passes.
  const enough = of === 'day' ? String(BigInt(most) - BigInt(left ?? '0') + BigInt(wanted)) : wanted
  return {
    why: `it takes up to ${show(wanted)} ${symbol}, and the most ${OF[of]} is ${show(most)} ${symbol}${remains}`,
    flags: `${token} --${of} ${show(enough)}`,
  }
}

function unitOf({ chain }: Lane, { asset }: Excess, asked: Asked): Unit {
  if (asset === 'native') return { ...chain.network.native, address: null }
  const token = asked && tokenOf(asked)
  // Of a token that the request does not name the decimals are not known here.
  return token ?? { symbol: `base units of ${asset}`, decimals: 0, address: asset }
}

function tokenOf(row: Pick<TransactionRow, 'request'>): Token | undefined {
  const intent = intentOf(row)
  return 'token' in intent ? intent.token : undefined
}
