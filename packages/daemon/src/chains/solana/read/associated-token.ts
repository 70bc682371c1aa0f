import { add, type Base, tokenAsset, ZERO_BASE } from '@waiaas/contract'
import { associatedAccount } from '../associated-account.ts'
import { accountRent } from '../fees.ts'
import type { Message, ReadInstruction } from '../message.ts'
import { associatedTokenProgram, isTokenProgram, systemProgram, token2022Program } from '../programs.ts'
import { type Context, type Creation, type InstructionReader, unread } from './instruction.ts'

/** Creations of token accounts that the sender pays for. */
export const readAssociatedToken: InstructionReader = (instruction, { network, sender }) => {
  const creation = creationIn(instruction)
  if (!creation)
    return unread(instruction, 'an instruction of the associated token program that is not a plain creation')
  if (creation.payer !== sender) return unread(instruction, `a token account paid by ${creation.payer}, not the sender`)
  const asset = tokenAsset(network, creation.mint)
  return [{ kind: 'account-creation', owner: creation.owner, asset, rent: `${rentFor(creation)}` }]
}

/** Token accounts that a message creates, by their addresses. */
export function creationsIn({ instructions }: Message): Context['created'] {
  const created = new Map<string, Creation>()
  for (const instruction of instructions) {
    const creation = creationIn(instruction)
    if (creation) created.set(creation.account, creation)
  }
  return created
}

/** The most that the message pays into token accounts that it creates, in lamports. */
export const rentOf = ({ instructions }: Message): Base =>
  instructions.reduce((sum, instruction) => {
    const creation = creationIn(instruction)
    return creation ? add(sum, rentFor(creation)) : sum
  }, ZERO_BASE)

const rentFor = ({ program }: Creation): Base => accountRent(program === token2022Program)

/** A create or create-idempotent whose account is the owner's by derivation; null for anything else. */
function creationIn({ program, accounts, data }: ReadInstruction) {
  const isCreate = data.length === 0 || (data.length === 1 && (data[0] === 0 || data[0] === 1))
  if (program !== associatedTokenProgram || !isCreate || accounts.length !== 6) return null
  const [payer, account, owner, mint, system, tokens] = accounts.map(({ address }) => address)
  if (!payer || !account || !owner || !mint || !tokens) return null
  if (system !== systemProgram || !isTokenProgram(tokens)) return null
  if (associatedAccount(owner, mint, tokens).address !== account) return null
  return { payer, account, owner, mint, program: tokens }
}
