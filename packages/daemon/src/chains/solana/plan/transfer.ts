import { type Address, createNoopSigner } from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import type { IntentOf } from '../../intent.ts'
import { readAccounts } from '../accounts.ts'
import { isNeverFunded, requireReceivable, requireRecipient } from '../recipients.ts'
import type { PlanContext } from './context.ts'
import { type Plan, rememberMs, requireAmount, withMemo } from './plan.ts'

// Generous: unused units cost next to nothing, and clusters run older, costlier builds of the same programs.
const units = 3_000

export const transfer: Plan<IntentOf<'transfer'>> = {
  async instructions(context, sender, intent) {
    const destination = requireRecipient(intent.to)
    const amount = requireAmount(intent.amount)
    const isNew = await isFirstDeposit(context, destination)
    const instruction = getTransferSolInstruction({ source: createNoopSigner(sender), destination, amount })
    return withMemo({ units, instructions: [instruction], ...(isNew && { neverFunded: [destination] }) }, intent.memo)
  },
  hints: ({ to }) => ({ owners: [to] }),
}

/** Whether it makes a derived address an account. Refuses what cannot use what it receives. */
async function isFirstDeposit({ rpc, receivable }: PlanContext, to: Address): Promise<boolean> {
  if (receivable.get(to)) return false
  const [account = null] = await readAccounts(rpc, [to])
  requireReceivable(to, account)
  // An account that does not exist yet may still become a mint or a token account.
  if (account) receivable.set(to, true, rememberMs)
  return isNeverFunded(to, account)
}
