import {
  associatedTokenProgram,
  firstMemoProgram,
  memoProgram,
  stakeProgram,
  systemProgram,
  token2022Program,
  tokenProgram,
} from '../programs.ts'
import { readAssociatedToken } from './associated-token.ts'
import { type InstructionReader, unread } from './instruction.ts'
import { readMemo } from './memo.ts'
import { readStake } from './stake.ts'
import { readSystem } from './system.ts'
import { readToken } from './token.ts'

/** The programs whose instructions are understood. The compute budget's are read for the whole message. */
const readers: ReadonlyMap<string, InstructionReader> = new Map<string, InstructionReader>([
  [systemProgram, readSystem],
  [tokenProgram, readToken],
  [token2022Program, readToken],
  [associatedTokenProgram, readAssociatedToken],
  [stakeProgram, readStake],
  [memoProgram, readMemo],
  [firstMemoProgram, readMemo],
])

/** Whether instructions of a program are understood. */
export const isRead = (program: string): boolean => readers.has(program)

/** The effects of an instruction of any program but the compute budget's. */
export const effectsOf: InstructionReader = (instruction, context) => {
  const read = readers.get(instruction.program)
  return read ? read(instruction, context) : unread(instruction, `an instruction of program ${instruction.program}`)
}
