import { type Address, isAddress } from '@solana/kit'
import { type Effect, type Network, nativeAsset, tokenAsset } from '@waiaas/contract'
import { associatedAccount } from './associated-account.ts'
import { accountRent } from './fees.ts'
import type { Message, ReadInstruction } from './message.ts'
import { associatedTokenProgram, isMemoProgram, isTokenProgram, systemProgram, token2022Program } from './programs.ts'

/** What reading one instruction needs to know of the whole message. */
export type Context = {
  readonly network: Network
  readonly sender: Address
  /** Possible owners of destinations; each counts only where deriving its token account gives the destination. */
  readonly owners: readonly Address[]
  /** Token accounts that this message creates, or proves to exist, with their owner. */
  readonly created: ReadonlyMap<string, Creation>
}
type Creation = { readonly owner: Address; readonly mint: Address; readonly program: Address }

const maxU64 = 2n ** 64n - 1n

export function contextOf(network: Network, sender: Address, message: Message, hints: readonly string[]): Context {
  const created = new Map<string, Creation>()
  for (const instruction of message.instructions) {
    const creation = readCreation(instruction)
    if (creation) created.set(creation.account, creation)
  }
  const owners = new Set([...hints.filter((hint): hint is Address => isAddress(hint)), sender])
  return { network, sender, owners: [...owners], created }
}

/** The effects of one instruction other than the compute budget's. What is not understood whole is `unknown`. */
export function effectsOf(instruction: ReadInstruction, context: Context): Effect[] {
  const { program } = instruction
  if (program === systemProgram) return systemEffects(instruction, context)
  if (isTokenProgram(program)) return tokenEffects(instruction, context)
  if (program === associatedTokenProgram) return creationEffects(instruction, context)
  if (isMemoProgram(program)) return memoEffects(instruction, context)
  return [unknown(`an instruction of program ${program}`)]
}

const transferLamports = 2
function systemEffects({ accounts, data }: ReadInstruction, { network, sender }: Context): Effect[] {
  const kind = data.length >= 4 ? view(data).getUint32(0, true) : -1
  const [from, to] = accounts
  if (kind !== transferLamports || data.length !== 12 || accounts.length !== 2 || !from || !to)
    return [unknown(`instruction ${kind} of the system program`)]
  if (from.address !== sender) return [unknown(`a transfer of lamports from ${from.address}, not the sender`)]
  const amount = view(data).getBigUint64(4, true)
  return [{ kind: 'outflow', asset: nativeAsset(network), amount: `${amount}`, to: to.address }]
}

/** Token instructions that are understood: where their accounts stand and how long their data is. */
const tokenForms = {
  3: { name: 'Transfer', source: 0, mint: null, target: 1, authority: 2, length: 9, approves: false },
  4: { name: 'Approve', source: 0, mint: null, target: 1, authority: 2, length: 9, approves: true },
  12: { name: 'TransferChecked', source: 0, mint: 1, target: 2, authority: 3, length: 10, approves: false },
  13: { name: 'ApproveChecked', source: 0, mint: 1, target: 2, authority: 3, length: 10, approves: true },
} as const

function tokenEffects({ program, accounts, data }: ReadInstruction, context: Context): Effect[] {
  const form = tokenForms[data[0] as keyof typeof tokenForms]
  if (!form || data.length !== form.length)
    return [unknown(`instruction ${data[0] ?? 'without data'} of token program ${program}`)]
  const source = accounts[form.source]
  const target = accounts[form.target]
  const authority = accounts[form.authority]
  if (!source || !target || !authority) return [unknown(`a ${form.name} without its accounts`)]
  const amount = view(data).getBigUint64(1, true)
  const strange: Effect[] = []
  if (authority.address !== context.sender)
    strange.push(unknown(`a ${form.name} under the authority of ${authority.address}, not the sender`))
  if (accounts.length > form.authority + 1)
    strange.push(unknown(`a ${form.name} with accounts beyond its own, for a hook or several signers`))
  // Unchecked forms do not name their mint; a token account that this message creates proves it for a whole transfer.
  const proofs = form.approves ? [source.address] : [source.address, target.address]
  const mint = form.mint === null ? mintOf(proofs, context) : accounts[form.mint]?.address
  if (!mint)
    return [...strange, unknown(`a ${form.name} of ${amount} from ${source.address}, whose mint the bytes do not name`)]
  const asset = tokenAsset(context.network, mint)
  if (form.approves) {
    const unlimited = amount === maxU64
    return [...strange, { kind: 'approval', asset, amount: `${amount}`, spender: target.address, unlimited }]
  }
  const owner = ownerOf(target.address, mint, program, context)
  if (!owner) strange.push(unknown(`token account ${target.address}, whose owner the bytes do not prove`))
  return [...strange, { kind: 'outflow', asset, amount: `${amount}`, to: owner ?? target.address }]
}

function mintOf(accounts: readonly Address[], { created }: Context): Address | undefined {
  for (const account of accounts) {
    const creation = created.get(account)
    if (creation) return creation.mint
  }
  return undefined
}

function ownerOf(account: Address, mint: Address, program: Address, context: Context): Address | undefined {
  const creation = context.created.get(account)
  if (creation) return creation.mint === mint && creation.program === program ? creation.owner : undefined
  return context.owners.find((owner) => associatedAccount(owner, mint, program).address === account)
}

/** A create or create-idempotent whose account is the owner's by derivation; null for anything else. */
function readCreation({ program, accounts, data }: ReadInstruction) {
  const isCreate = data.length === 0 || (data.length === 1 && (data[0] === 0 || data[0] === 1))
  if (program !== associatedTokenProgram || !isCreate || accounts.length !== 6) return null
  const [payer, account, owner, mint, system, tokens] = accounts.map(({ address }) => address)
  if (!payer || !account || !owner || !mint || !tokens) return null
  if (system !== systemProgram || !isTokenProgram(tokens)) return null
  if (associatedAccount(owner, mint, tokens).address !== account) return null
  return { payer, account, owner, mint, program: tokens }
}

function creationEffects(instruction: ReadInstruction, { network, sender }: Context): Effect[] {
  const creation = readCreation(instruction)
  if (!creation) return [unknown('an instruction of the associated token program that is not a plain creation')]
  if (creation.payer !== sender) return [unknown(`a token account paid by ${creation.payer}, not the sender`)]
  const asset = tokenAsset(network, creation.mint)
  const rent = `${accountRent(creation.program === token2022Program)}`
  return [{ kind: 'account-creation', owner: creation.owner, asset, rent }]
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
function memoEffects({ accounts, data }: ReadInstruction, { sender }: Context): Effect[] {
  if (accounts.some(({ address }) => address !== sender)) return [unknown('a memo in the name of another signer')]
  try {
    return [{ kind: 'memo', text: utf8.decode(data) }]
  } catch {
    return [unknown('a memo that is not text')]
  }
}

/** The most that the message pays into token accounts that it creates, in lamports. */
export const rentOf = ({ instructions }: Message): bigint =>
  instructions.reduce((sum, instruction) => {
    const creation = readCreation(instruction)
    return creation ? sum + accountRent(creation.program === token2022Program) : sum
  }, 0n)

export const unknown = (description: string): Effect => ({ kind: 'unknown', description })
const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength)
