import type { IntentOf } from '../../intent.ts'
import { decodeUnsigned, type Transaction } from '../transaction.ts'
import type { Plan } from './plan.ts'

const givenTransaction = ({ bytes }: IntentOf<'serialized'>): Transaction => decodeUnsigned(Buffer.from(bytes, 'hex'))

/** A transaction as its caller has built it. */
export const serialized: Plan<IntentOf<'serialized'>> = {
  call(from, intent) {
    const { to, value, data, accessList } = givenTransaction(intent)
    return { from, to, value, data, ...(accessList && { accessList }) }
  },
  gas: async (_gas, _call, intent) => givenTransaction(intent).gas,
  given(intent) {
    const { nonce, fees } = givenTransaction(intent)
    return { nonce, fees }
  },
}
