import { type Effect, nativeAsset } from '@waiaas/contract'
import type { ReadInstruction } from '../message.ts'
import { systemProgram } from '../programs.ts'
import {
  addressAt,
  type Context,
  called,
  type FormReader,
  handedOver,
  type InstructionReader,
  u64,
  unread,
  view,
} from './instruction.ts'

// Numbers: https://docs.rs/solana-stake-interface/latest/solana_stake_interface/instruction/enum.StakeInstruction.html
const forms: Readonly<Record<number, FormReader>> = {
  0: initialize,
  1: authorize,
  2: harmless(6, 4),
  3: split,
  4: withdraw,
  5: harmless(3, 4),
  6: lockup,
  7: harmless(5, 4),
  8: authorizeWithSeed,
  10: checked({ by: 2, next: 3 }),
  11: checked({ by: 1, next: 3 }),
  12: checked({ by: 1, next: 2 }),
}

/** Stakes of the sender. Delegating, deactivating, splitting and merging leave them the sender's. */
export const readStake: InstructionReader = (instruction, context) => {
  const kind = instruction.data.length >= 4 ? view(instruction.data).getUint32(0, true) : -1
  return forms[kind]?.(instruction, context) ?? unread(instruction, `instruction ${kind} of the stake program`)
}

/** The authority that signs stands last. */
function harmless(count: number, length: number): FormReader {
  return (instruction, { sender }) =>
    isBy(instruction, { sender, count, at: count - 1 }) && instruction.data.length === length
      ? [called(instruction)]
      : undefined
}

type By = { readonly sender: string; readonly count: number; readonly at: number }
const isBy = ({ accounts }: ReadInstruction, { sender, count, at }: By): boolean =>
  accounts.length === count && accounts[at]?.address === sender

/** Staker, withdrawer, then a lockup: time, epoch and who may change it. */
function initialize(instruction: ReadInstruction, { sender }: { sender: string }) {
  const { accounts, data } = instruction
  const [stake] = accounts
  if (!stake || accounts.length !== 2 || data.length !== 4 + 32 + 32 + 8 + 8 + 32) return undefined
  const strangers = [4, 36, 84]
    .map((at) => addressAt(data, at))
    .filter((one) => one !== sender && one !== systemProgram)
  return [called(instruction), ...[...new Set(strangers)].map((one) => handedOver(stake.address, one))]
}

/** The next authority, and which one: 0 stakes, 1 withdraws. */
function authorize(instruction: ReadInstruction, { sender }: { sender: string }) {
  const { accounts, data } = instruction
  const [stake] = accounts
  if (!stake || !isBy(instruction, { sender, count: 3, at: 2 }) || data.length !== 4 + 32 + 4) return undefined
  const next = addressAt(data, 4)
  return next === sender ? [called(instruction)] : [called(instruction), handedOver(stake.address, next)]
}

/** Behind an optional time and epoch, who may change the lockup then; without one whoever could before. */
function lockup(instruction: ReadInstruction, { sender }: { sender: string }) {
  const { accounts, data } = instruction
  const [stake, by] = accounts
  if (!stake || by?.address !== sender) return undefined
  let at = 4
  const skip = (size: number): boolean => {
    const isThere = data[at] === 1
    at += isThere ? 1 + size : 1
    return isThere
  }
  const isLater = [skip(8), skip(8)].includes(true)
  const custodian = skip(32) && data.length >= at ? addressAt(data, at - 32) : undefined
  if (data.length !== at) return undefined
  const next = custodian ?? (isLater ? 'whoever may lift its lockup' : sender)
  return next === sender ? [called(instruction)] : [called(instruction), handedOver(stake.address, next)]
}

/** The authority is derived from the wallet. */
function authorizeWithSeed(instruction: ReadInstruction, { sender }: { sender: string }) {
  const { accounts, data } = instruction
  const [stake, base] = accounts
  if (!stake || base?.address !== sender || data.length < 4 + 32) return undefined
  const next = addressAt(data, 4)
  return next === sender ? [called(instruction)] : [called(instruction), handedOver(stake.address, next)]
}

/** Who comes next signs too, as programs can for accounts of theirs. */
function checked(places: { readonly by: number; readonly next: number }): FormReader {
  return (instruction, { sender }) => {
    const { accounts } = instruction
    const [stake, by, next] = [accounts[0], accounts[places.by], accounts[places.next]]
    if (!stake || by?.address !== sender || !next) return undefined
    return next.address === sender
      ? [called(instruction)]
      : [called(instruction), handedOver(stake.address, next.address)]
  }
}

/** The other part keeps the authorities. */
function split(instruction: ReadInstruction, { sender }: { sender: string }) {
  const isOwn = isBy(instruction, { sender, count: 3, at: 2 }) && instruction.data.length === 12
  return isOwn ? [called(instruction)] : undefined
}

function withdraw(instruction: ReadInstruction, { network, sender }: Context): Effect[] | undefined {
  const { accounts, data } = instruction
  const to = accounts[1]?.address
  if (!to || !isBy(instruction, { sender, count: 5, at: 4 }) || data.length !== 12) return undefined
  if (to === sender) return [called(instruction)]
  return [called(instruction), { kind: 'outflow', asset: nativeAsset(network), amount: `${u64(data, 4)}`, to }]
}
