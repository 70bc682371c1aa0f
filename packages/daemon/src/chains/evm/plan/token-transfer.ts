import { Failure } from '@waiaas/contract'
import type { IntentOf } from '../../intent.ts'
import { parseAddress } from '../address.ts'
import { transferData } from '../erc20.ts'
import { type Plan, requireAmount } from './plan.ts'

export const tokenTransfer: Plan<IntentOf<'token-transfer'>> = {
  call(from, { to, amount, token, memo }) {
    const recipient = parseAddress(to).toLowerCase()
    const contract = parseAddress(token.address).toLowerCase()
    if (recipient === contract)
      throw new Failure('INVALID_TRANSACTION', `${to} is the token's own contract; what is sent there is lost`)
    if (memo !== undefined)
      throw new Failure('INVALID_TRANSACTION', 'an ERC-20 transfer has no place for a memo; leave it out')
    return { from, to: contract, value: 0n, data: transferData(recipient, requireAmount(amount)) }
  },
  gas: (gas, call, { to, amount }) => gas.estimateOnce(call, { to, dataFor: (other) => transferData(other, amount) }),
}
