import { type Effect, nativeAsset } from '@waiaas/contract'
import { associatedAccount } from '../associated-account.ts'
import { addressAt, called, type FormReader, handedOver, type InstructionReader, unread } from './instruction.ts'

const NOBODY = 0
const SOMEBODY = 1

/** Who may do with a token account, or a mint, what the wallet could. That nobody may any more takes nothing away. */
export const readAuthority: InstructionReader = (instruction, context) =>
  authority(instruction, context) ?? unread(instruction, `a SetAuthority of token program ${instruction.program}`)

// One byte for the instruction, one for which authority, then an optional address.
const authority: FormReader = (instruction, { sender }) => {
  const { accounts, data } = instruction
  const [account, current] = accounts
  if (!account || current?.address !== sender || accounts.length !== 2) return undefined
  if (data[2] === NOBODY && data.length === 3) return [called(instruction)]
  if (data[2] !== SOMEBODY || data.length !== 35) return undefined
  const next = addressAt(data, 3)
  return next === sender ? [called(instruction)] : [handedOver(account.address, next)]
}

/**
 * Its lamports come back to the sender, or are paid to somebody: how many the bytes do not tell. To close an account of which
 * the same message moves the tokens takes nothing from anybody: the token program closes none that holds some.
 */
export const readClosing: InstructionReader = (instruction, { network, sender, emptied }) => {
  const { accounts, program } = instruction
  const [account, to, owner] = accounts
  if (!account || !to || owner?.address !== sender || accounts.length !== 3)
    return unread(instruction, `a CloseAccount of token program ${program}`)
  if (to.address === sender) return emptied.has(account.address) ? [] : [called(instruction)]
  const paid: Effect = { kind: 'outflow', asset: nativeAsset(network), amount: '0', to: to.address }
  return [...unread(instruction, `the lamports in ${account.address}, which is closed, go to ${to.address}`), paid]
}

/** Fees that a token of the sender has withheld go to somebody: how many the bytes do not tell. */
export const readFees: InstructionReader = (instruction, { sender }) => {
  const { accounts, program } = instruction
  const [mint, to, by] = accounts
  if (!mint || !to || by?.address !== sender) return unread(instruction, `fees of token program ${program}`)
  const isOwn = to.address === associatedAccount(sender, mint.address, program).address
  return isOwn ? [called(instruction)] : [called(instruction), handedOver(mint.address, to.address)]
}
