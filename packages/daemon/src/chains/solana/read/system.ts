import { Failure, nativeAsset } from '@waiaas/contract'
import type { Message, ReadInstruction } from '../message.ts'
import { systemProgram } from '../programs.ts'
import { type InstructionReader, unknown, view } from './instruction.ts'

// Numbers: https://docs.rs/solana-system-interface/latest/solana_system_interface/instruction/enum.SystemInstruction.html
const transferLamports = 2
const advanceNonce = 4

/** Transfers of lamports by the sender. */
export const readSystem: InstructionReader = (instruction, { network, sender }) => {
  const { accounts, data } = instruction
  const kind = kindOf(instruction)
  const [from, to] = accounts
  if (kind !== transferLamports || data.length !== 12 || accounts.length !== 2 || !from || !to)
    return [unknown(`instruction ${kind} of the system program`)]
  if (from.address !== sender) return [unknown(`a transfer of lamports from ${from.address}, not the sender`)]
  const amount = view(data).getBigUint64(4, true)
  return [{ kind: 'outflow', asset: nativeAsset(network), amount: `${amount}`, to: to.address }]
}

/** Failure INVALID_TRANSACTION: a durable nonce keeps bytes valid for ever, so that they could never be proven void. */
export function refuseDurableNonce({ instructions }: Message): void {
  for (const instruction of instructions)
    if (instruction.program === systemProgram && kindOf(instruction) === advanceNonce)
      throw new Failure('INVALID_TRANSACTION', 'durable nonces are refused: the transaction would never expire')
}

const kindOf = ({ data }: ReadInstruction): number => (data.length >= 4 ? view(data).getUint32(0, true) : -1)
