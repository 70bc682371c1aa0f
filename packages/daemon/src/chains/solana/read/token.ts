import type { Address } from '@solana/kit'
import { type Effect, tokenAsset } from '@waiaas/contract'
import { associatedAccount } from '../associated-account.ts'
import type { Message } from '../message.ts'
import { isTokenProgram } from '../programs.ts'
import { type Context, type InstructionReader, unknown, view } from './instruction.ts'

const maxU64 = 2n ** 64n - 1n
const transferChecked = 12

/** Instructions that are understood: where their accounts stand and how long their data is. Both token programs have them. */
const forms = {
  3: { name: 'Transfer', source: 0, mint: null, target: 1, authority: 2, length: 9, approves: false },
  4: { name: 'Approve', source: 0, mint: null, target: 1, authority: 2, length: 9, approves: true },
  [transferChecked]: {
    name: 'TransferChecked',
    source: 0,
    mint: 1,
    target: 2,
    authority: 3,
    length: 10,
    approves: false,
  },
  13: { name: 'ApproveChecked', source: 0, mint: 1, target: 2, authority: 3, length: 10, approves: true },
} as const

/** Transfers and approvals of tokens, of the token program and of Token-2022. */
export const readToken: InstructionReader = ({ program, accounts, data }, context) => {
  const form = forms[data[0] as keyof typeof forms]
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
  const owner = ownerOf({ account: target.address, mint, program }, context)
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
      ({ program, data }) =>
        isTokenProgram(program) && data[0] === transferChecked && data.length === forms[transferChecked].length,
    )
    .flatMap(({ accounts, data }) =>
      accounts.slice(0, 1).map(({ address }) => ({ source: address, amount: view(data).getBigUint64(1, true) })),
    )
