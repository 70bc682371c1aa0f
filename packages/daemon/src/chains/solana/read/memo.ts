import { type InstructionReader, unknown } from './instruction.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Texts in the sender's name alone. */
export const readMemo: InstructionReader = ({ accounts, data }, { sender }) => {
  if (accounts.some(({ address }) => address !== sender)) return [unknown('a memo in the name of another signer')]
  try {
    return [{ kind: 'memo', text: utf8.decode(data) }]
  } catch {
    return [unknown('a memo that is not text')]
  }
}
