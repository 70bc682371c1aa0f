import { Failure } from '@waiaas/contract'
import type { IntentOf } from '../../intent.ts'
import { parseAddress } from '../address.ts'
import { memoData, memoMost, memoText } from '../memo.ts'
import { type Plan, requireAmount } from './plan.ts'

export const transfer: Plan<IntentOf<'transfer'>> = {
  call: (from, { to, amount, memo }) => ({
    from,
    to: parseAddress(to).toLowerCase(),
    value: requireAmount(amount),
    data: dataOf(memo),
  }),
  async gas(gas, call, { to }) {
    if ((await gas.code(call.to)).kind === 'none') return gas.plain(call)
    if (call.data === '0x') return gas.estimate(call)
    throw new Failure('INVALID_TRANSACTION', `${to} is a contract: a memo would be a call of it; leave it out`)
  },
  hints: ({ memo }) => (memo === undefined ? {} : { hasNoCode: true }),
}

function dataOf(memo: string | undefined): string {
  if (memo === undefined || memo === '') return '0x'
  const data = memoData(memo)
  // What would not be read back as this memo would be judged as a call.
  if (memoText(data) !== memo)
    throw new Failure('INVALID_TRANSACTION', `expected a memo of at most ${memoMost} printable characters`)
  return data
}
