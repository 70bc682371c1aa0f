import type { ReadInstruction } from '../message.ts'
import { isTokenProgram } from '../programs.ts'

// https://github.com/solana-program/token/blob/main/pinocchio/program/src/processor/batch.rs
const SEVERAL = 255
const HEADER = 2

/** Whether an instruction of a token program holds others. */
export const isBatch = ({ program, data }: ReadInstruction): boolean => isTokenProgram(program) && data[0] === SEVERAL

/** The instructions that one of a token program holds: each with how many accounts it takes and how long its data is. */
export function partsOfBatch(instruction: ReadInstruction): readonly ReadInstruction[] {
  const { program, accounts, data } = instruction
  if (!isBatch(instruction)) return [instruction]
  const parts: ReadInstruction[] = []
  let [at, account] = [1, 0]
  while (at + HEADER <= data.length) {
    const [count, length] = [data[at]!, data[at + 1]!]
    const end = at + HEADER + length
    if (end > data.length || account + count > accounts.length || data[at + HEADER] === SEVERAL) return [instruction]
    parts.push({
      program,
      accounts: accounts.slice(account, account + count),
      data: data.subarray(at + HEADER, end),
    })
    at = end
    account += count
  }
  return at === data.length && parts.length > 0 ? parts : [instruction]
}
