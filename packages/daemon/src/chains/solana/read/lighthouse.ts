import { type InstructionReader, unread } from './instruction.ts'

/** AssertTokenAccount and AssertTokenAccountMulti, by their first byte. */
const ASSERTS: readonly number[] = [9, 10]

/** Looks at a token account and fails where it is not as it is said to be. The wallet itself it is never given. */
export const readLighthouse: InstructionReader = (instruction, { sender }) => {
  const { accounts, data } = instruction
  const isLook = ASSERTS.includes(data[0] ?? -1) && accounts.length === 1 && accounts[0]!.address !== sender
  return isLook ? [] : unread(instruction, `instruction ${data[0] ?? 'without data'} of Lighthouse`)
}
