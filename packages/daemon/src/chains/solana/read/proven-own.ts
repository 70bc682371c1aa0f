import type { Address } from '@solana/kit'
import type { ReadInstruction } from '../message.ts'
import { stakeProgram } from '../programs.ts'
import { view } from './instruction.ts'
import { derivedForNobody, derivedIn } from './system.ts'

// Numbers: https://docs.rs/solana-stake-interface/latest/solana_stake_interface/instruction/enum.StakeInstruction.html
const WITHDRAW = 4
const WITHDRAWER = 4
/** Split, merge, and what moves lamports or stake: both accounts have the same authorities, or it fails. */
const ALIKE: readonly number[] = [3, 7, 16, 17]

type Ran = { readonly asked: readonly ReadInstruction[]; readonly inside: readonly ReadInstruction[] }

/**
 * Accounts that instructions which ran prove to be the sender's, beside its own and its token accounts: those that are derived
 * from it, and the stakes that it took from, with those that were split from them or merged with them.
 *
 * `whole` are those of which that holds whatever programs do: an account that is derived for a program may be that program's,
 * and a stake that a program made, and took nothing from, names whom it likes. Of the others (`less`) only what they have
 * less is the sender's loss, and what they have more is not its own.
 */
export function provenOwn({ asked, inside }: Ran, sender: Address): ReadonlyMap<string, 'whole' | 'less'> {
  const whole = [...derivedForNobody(sender, { instructions: asked }), ...stakesOf(asked, sender)]
  const ran = [...asked, ...inside]
  const less = [...derivedIn(sender, { instructions: ran }), ...stakesOf(ran, sender)]
  return new Map([...less.map((one) => [one, 'less'] as const), ...whole.map((one) => [one, 'whole'] as const)])
}

function stakesOf(ran: readonly ReadInstruction[], sender: Address): ReadonlySet<string> {
  const own = new Set<string>()
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
