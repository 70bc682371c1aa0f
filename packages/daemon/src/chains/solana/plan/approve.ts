import { createNoopSigner } from '@solana/kit'
import { getApproveCheckedInstruction } from '@solana-program/token'
import { Failure } from '@waiaas/contract'
import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'
import { associatedAccount } from '../associated-account.ts'
import { parseAddress, requireRecipient } from '../recipients.ts'
import { maxU64, type Plan } from './plan.ts'
import { programOf } from './token-program.ts'

// Generous: unused units cost next to nothing, and clusters run older, costlier builds of the same programs.
const units = 20_000

/** A token account has one delegate: another one, or an amount of 0, takes from the last what it was allowed. */
export const approve: Plan<IntentOf<'approve'>> = {
  async instructions(context, sender, { spender, amount, token }) {
    if (amount > maxU64)
      throw new Failure('INVALID_TRANSACTION', `expected an amount of at most ${maxU64} base units, got ${amount}`)
    const mint = parseAddress(token.address)
    const program = await programOf(context, mint, token)
    const instruction = getApproveCheckedInstruction(
      {
        source: associatedAccount(sender, mint, program).address,
        mint,
        delegate: requireRecipient(spender),
        owner: createNoopSigner(sender),
        amount,
        decimals: token.decimals,
      },
      { programAddress: program },
    )
    return { units, instructions: [instruction] }
  },
  hints: () => ({}),
}

export const approveNft: Lacking<IntentOf<'approve-nft'>> = {
  lacks: () => 'has no NFTs of ERC-721 or ERC-1155: allow an amount of the mint of the NFT, without nft',
}
