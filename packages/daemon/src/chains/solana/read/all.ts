import type { Message } from '../message.ts'
import {
  associatedTokenProgram,
  firstMemoProgram,
  lighthouseProgram,
  memoProgram,
  stakeProgram,
  systemProgram,
  token2022Program,
  tokenProgram,
} from '../programs.ts'
import { readAssociatedToken } from './associated-token.ts'
import { actingIn } from './compute-budget.ts'
import { type InstructionReader, unread } from './instruction.ts'
import { readLighthouse } from './lighthouse.ts'
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
  [lighthouseProgram, readLighthouse],
])

/** Whether instructions of a program are understood. */
export const isRead = (program: string): boolean => readers.has(program)

/** The effects of an instruction of any program but the compute budget's. */
export const effectsOf: InstructionReader = (instruction, context) => {
  const read = readers.get(instruction.program)
  return read ? read(instruction, context) : unread(instruction, `an instruction of program ${instruction.program}`)
}

/** Who is taken to be paid where no account tells: the last program that nobody reads, or the last of all. */
export function takerIn(message: Message): string {
  const programs = actingIn(message).map(({ program }) => program)
  return programs.findLast((program) => !isRead(program)) ?? programs.at(-1) ?? message.signers[0]!
}
