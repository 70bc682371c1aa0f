import type { Address } from '@solana/kit'
import type { ReadInstruction } from '../message.ts'
import { stakeProgram } from '../programs.ts'
import { view } from './instruction.ts'
import { derivedIn } from './system.ts'

// Numbers: https://docs.rs/solana-stake-interface/latest/solana_stake_interface/instruction/enum.StakeInstruction.html
const WITHDRAW = 4
const WITHDRAWER = 4
/** Split, merge, and what moves lamports or stake: both accounts have the same authorities, or it fails. */
const ALIKE: readonly number[] = [3, 7, 16, 17]

/**
 * Accounts that instructions which ran prove to be the sender's, beside its own and its token accounts: those that are derived
 * from it, and the stakes that it took from, with those that were split from them or merged with them.
 */
export function provenOwn(ran: readonly ReadInstruction[], sender: Address): ReadonlySet<string> {
  const own = new Set<string>(derivedIn(sender, { instructions: ran }))
  const onStakes = ran.filter(({ program, data }) => program === stakeProgram && data.length >= 4)
  const kindOf = ({ data }: ReadInstruction): number => view(data).getUint32(0, true)
  for (const one of onStakes)
    if (kindOf(one) === WITHDRAW && one.accounts[WITHDRAWER]?.address === sender) own.add(one.accounts[0]!.address)
  const pairs = onStakes.filter((one) => ALIKE.includes(kindOf(one))).map(({ accounts }) => accounts.slice(0, 2))
  for (let size = -1; size !== own.size; ) {
    size = own.size
    for (const pair of pairs)
      if (pair.some(({ address }) => own.has(address))) for (const { address } of pair) own.add(address)
  }
  return own
}
