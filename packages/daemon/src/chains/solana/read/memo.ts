import { type InstructionReader, unread } from './instruction.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Texts in the sender's name alone. */
export const readMemo: InstructionReader = (instruction, { sender }) => {
  const { accounts, data } = instruction
  if (accounts.some(({ address }) => address !== sender))
    return unread(instruction, 'a memo in the name of another signer')
  try {
    return [{ kind: 'memo', text: utf8.decode(data) }]
  } catch {
    return unread(instruction, 'a memo that is not text')
  }
}
