import { type FailureCode, formatUnits } from '@waiaas/contract'
import type { Excess, SignOutcome } from '../../gate/service.ts'
import { shown, unitOf } from '../ceiling-words.ts'
import { tokensOf } from '../kinds/all.ts'
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
  const told = excess ? excessText(lane, excess, asked) : { why: refused, flags: '' }
  const command = `waiaas wallet ceiling ${lane.wallet.id} --network ${lane.chain.network.id}${told.flags}`
  return {
    code: 'CEILING_EXCEEDED',
    error: `the wallet's ceiling does not let it pass: ${told.why}; the operator can raise it with ${command}`,
  }
}

const OF = { transaction: 'in one transaction', day: 'in 24 hours', fee: 'as a fee' } as const

function excessText({ chain }: Lane, { of, asset, wanted, most, left }: Excess, asked: Asked) {
  const unit = unitOf(chain.network, asset, asked ? tokensOf(intentOf(asked)) : [])
  const remains = left === undefined ? '' : `, of which ${shown(left, unit)} is left now`
  const token = unit.address === null ? '' : ` --token ${unit.address}`
  // So much in all, that this one passes.
  const enough = of === 'day' ? String(BigInt(most) - BigInt(left ?? '0') + BigInt(wanted)) : wanted
  return {
    why: `it takes up to ${shown(wanted, unit)}, and the most ${OF[of]} is ${shown(most, unit)}${remains}`,
    flags: `${token} --${of} ${formatUnits(BigInt(enough), unit.decimals)}`,
  }
}
