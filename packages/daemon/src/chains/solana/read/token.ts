import type { Address } from '@solana/kit'
import { type Effect, tokenAsset } from '@waiaas/contract'
import { associatedAccount } from '../associated-account.ts'
import type { Message, ReadInstruction } from '../message.ts'
import { isTokenProgram } from '../programs.ts'
import { actingIn } from './compute-budget.ts'
import { type Context, called, type InstructionReader, u64, unknown, unread } from './instruction.ts'
import { readAuthority, readClosing, readFees } from './token-accounts.ts'

const maxU64 = 2n ** 64n - 1n
const TRANSFER_CHECKED = 12
const FEE_EXTENSION = 26
const TRANSFER_WITH_FEE = 1
const WITHDRAW_FEES: readonly number[] = [2, 3]

/** Where an instruction that moves, allows or destroys an amount has its accounts, and where its data has the amount. */
type Form = {
  readonly name: string
  readonly does: 'moves' | 'approves' | 'burns'
  readonly mint: number | null
  readonly target: number
  readonly authority: number
  readonly length: number
  readonly amountAt: number
}
const plain = { mint: null, target: 1, authority: 2, length: 9, amountAt: 1 } as const
const checked = { mint: 1, target: 2, authority: 3, length: 10, amountAt: 1 } as const

// Numbers: https://docs.rs/spl-token-2022-interface/latest/spl_token_2022_interface/instruction/enum.TokenInstruction.html
const forms: Readonly<Record<number, Form>> = {
  3: { name: 'Transfer', does: 'moves', ...plain },
  4: { name: 'Approve', does: 'approves', ...plain },
  // What is burnt is gone, and its mint is who gets it.
  8: { name: 'Burn', does: 'burns', ...plain, mint: 1 },
  [TRANSFER_CHECKED]: { name: 'TransferChecked', does: 'moves', ...checked },
  13: { name: 'ApproveChecked', does: 'approves', ...checked },
  15: { name: 'BurnChecked', does: 'burns', ...checked, target: 1, authority: 2 },
}
/** Of Token-2022: the fee is withheld from the amount at the recipient's account. */
const withFee: Form = { name: 'TransferCheckedWithFee', does: 'moves', ...checked, length: 19, amountAt: 2 }

const REVOKE = 5
const SET_AUTHORITY = 6
const CLOSE = 9
/** What makes an account ready or counts it anew, and takes nothing from anybody. */
const HARMLESS: readonly number[] = [0, 1, 2, REVOKE, 16, 17, 18, 19, 20, 21, 22, 23, 24]

/** Where an amount is moved, allowed or burnt under the authority of somebody else, it is that one's matter. */
export const isOfAnother = ({ program, accounts, data }: ReadInstruction, sender: Address): boolean => {
  const form = isTokenProgram(program) ? formOf(data) : undefined
  return form !== undefined && accounts[form.authority]?.address !== sender
}

const formOf = (data: Uint8Array): Form | undefined =>
  data[0] === FEE_EXTENSION && data[1] === TRANSFER_WITH_FEE ? withFee : forms[data[0] ?? -1]

/** Transfers, allowances and what else touches the sender's tokens, of the token program and of Token-2022. */
export const readToken: InstructionReader = (instruction, context) => {
  const { program, accounts, data } = instruction
  const kind = data[0] ?? -1
  const form = formOf(data)
  if (form && data.length === form.length) return amounted(form, instruction, context)
  if (kind === FEE_EXTENSION && WITHDRAW_FEES.includes(data[1] ?? -1)) return readFees(instruction, context)
  if (kind === SET_AUTHORITY) return readAuthority(instruction, context)
  if (kind === CLOSE && data.length === 1) return readClosing(instruction, context)
  if (HARMLESS.includes(kind) && accounts.length > 0) return [called(instruction)]
  return unread(instruction, `instruction ${data[0] ?? 'without data'} of token program ${program}`)
}

function amounted(form: Form, instruction: ReadInstruction, context: Context): Effect[] {
  const { accounts, data, program } = instruction
  const [source, target, authority] = [0, form.target, form.authority].map((at) => accounts[at]?.address)
  if (!source || !target || !authority) return unread(instruction, `a ${form.name} without its accounts`)
  const amount = u64(data, form.amountAt)
  const strange = strangeness(form, instruction, context)
  // Unchecked forms do not name their mint; a token account that this message creates proves it for a whole transfer.
  const proofs = form.does === 'approves' ? [source] : [source, target]
  const mint = form.mint === null ? mintOf(proofs, context) : accounts[form.mint]?.address
  if (!mint) {
    const named = `a ${form.name} of ${amount} from ${source}, whose mint the bytes do not name`
    return [...(strange.length > 0 ? strange : [called(instruction)]), unknown(named)]
  }
  const asset = tokenAsset(context.network, mint)
  if (form.does === 'approves') {
    const unlimited = amount === maxU64
    return [...strange, { kind: 'approval', asset, amount: `${amount}`, spender: target, unlimited }]
  }
  if (form.does === 'burns') return [...strange, { kind: 'outflow', asset, amount: `${amount}`, to: mint }]
  const owner = ownerOf({ account: target, mint, program }, context)
  const unproven = owner
    ? []
    : unread(instruction, `token account ${target}, whose owner the bytes do not prove`).slice(
        strange.length > 0 ? 1 : 0,
      )
  // What goes from an account to itself stays there; it fails where there is less.
  const left = source === target ? 0n : amount
  return [...strange, ...unproven, { kind: 'outflow', asset, amount: `${left}`, to: owner ?? target }]
}

/** What of a form is not as a wallet of one key has it. */
function strangeness({ name, authority }: Form, instruction: ReadInstruction, { sender }: Context): Effect[] {
  const { accounts } = instruction
  const found: Effect[] = []
  const by = accounts[authority]?.address
  if (by !== sender) found.push(unknown(`a ${name} under the authority of ${by}, not the sender`))
  if (accounts.length > authority + 1)
    found.push(unknown(`a ${name} with accounts beyond its own, for a hook or several signers`))
  return found.length > 0 ? [called(instruction), ...found] : []
}

function mintOf(accounts: readonly Address[], { created }: Context): Address | undefined {
  for (const account of accounts) {
    const creation = created.get(account)
    if (creation) return creation.mint
  }
  return undefined
}

type TokenAccount = { readonly account: Address; readonly mint: Address; readonly program: Address }

function ownerOf({ account, mint, program }: TokenAccount, { created, owners }: Context): Address | undefined {
  const creation = created.get(account)
  if (creation) return creation.mint === mint && creation.program === program ? creation.owner : undefined
  return owners.find((owner) => associatedAccount(owner, mint, program).address === account)
}

/** The token accounts that checked transfers of a message take from, and how much. */
export const sourcesOf = ({ instructions }: Message): { readonly source: Address; readonly amount: bigint }[] =>
  instructions
    .filter(
      ({ program, data }) => isTokenProgram(program) && data[0] === TRANSFER_CHECKED && data.length === checked.length,
    )
    .flatMap(({ accounts: [source, , target], data }) =>
      source && source.address !== target?.address ? [{ source: source.address, amount: u64(data, 1) }] : [],
    )

/**
 * Token accounts whose closing takes nothing: from which checked transfers of a message, under the sender's authority, move
 * tokens to others; and all, where the message does nothing but close.
 */
export function emptiedIn(message: Message, sender: Address): ReadonlySet<string> {
  const acting = actingIn(message)
  const closings = acting.filter(
    ({ program, data }) => isTokenProgram(program) && data[0] === CLOSE && data.length === 1,
  )
  if (closings.length === acting.length)
    return new Set(closings.flatMap(({ accounts: [account] }) => (account ? [account.address] : [])))
  return new Set(
    acting.flatMap(({ program, data, accounts: [source, , target, authority] }) =>
      isTokenProgram(program) &&
      data[0] === TRANSFER_CHECKED &&
      data.length === checked.length &&
      source &&
      source.address !== target?.address &&
      authority?.address === sender
        ? [source.address]
        : [],
    ),
  )
}
