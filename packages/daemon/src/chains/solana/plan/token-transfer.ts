import { type Address, createNoopSigner } from '@solana/kit'
import {
  getCloseAccountInstruction,
  getCreateAssociatedTokenIdempotentInstruction,
  getTransferCheckedInstruction,
} from '@solana-program/token'
import { Failure } from '@waiaas/contract'
import type { IntentOf, Token } from '../../intent.ts'
import type { Rpc } from '../../rpc.ts'
import { readAccounts } from '../accounts.ts'
import { associatedAccount } from '../associated-account.ts'
import { holdingOf, tokenAccountOwner } from '../mint.ts'
import { wantsMemo } from '../mint-extensions.ts'
import { systemProgram } from '../programs.ts'
import { isNeverFunded, parseAddress, requireReceivable, requireRecipient } from '../recipients.ts'
import { requireThawed } from '../token-source.ts'
import type { PlanContext } from './context.ts'
import { type Plan, type Planned, rememberMs, requireAmount, withMemo } from './plan.ts'
import { programOf } from './token-program.ts'

// Generous: unused units cost next to nothing, and clusters run older, costlier builds of the same programs.
const transferUnits = 25_000
const creationUnits = 40_000
const closeUnits = 6_000
// The associated token program searches for the bump again, from 255 down.
const unitsPerBump = 3_000

export const tokenTransfer: Plan<IntentOf<'token-transfer'>> = {
  async instructions(context, sender, { to, amount, token, memo, closes }) {
    // An account that is empty is only closed.
    if (closes && amount === 0n) return closing(context, sender, { token, planned: { instructions: [] } })
    const move = { sender, to: requireRecipient(to), amount: requireAmount(amount), token, hasMemo: memo !== undefined }
    const planned = withMemo(await transferOf(context, move), memo)
    return closes ? closing(context, sender, { token, planned }) : planned
  },
  hints: ({ to }) => ({ owners: [to] }),
}

/** The sender's own account, which is empty then: its rent comes back to the sender. */
async function closing(
  context: PlanContext,
  sender: Address,
  { token, planned }: { token: Token; planned: Planned },
): Promise<Planned> {
  const mint = parseAddress(token.address)
  const program = await programOf(context, mint, token)
  const account = associatedAccount(sender, mint, program).address
  const close = getCloseAccountInstruction(
    { account, destination: sender, owner: createNoopSigner(sender) },
    { programAddress: program },
  )
  const { units = 0, instructions } = planned
  return { ...planned, units: units + closeUnits, instructions: [...instructions, close] }
}

type Move = {
  readonly sender: Address
  readonly to: Address
  readonly amount: bigint
  readonly token: Token
  readonly hasMemo: boolean
}

async function transferOf(context: PlanContext, { sender, to, amount, token, hasMemo }: Move): Promise<Planned> {
  const { rpc, receivable } = context
  const mint = parseAddress(token.address)
  if (to === mint) throw new Failure('INVALID_ADDRESS', `cannot send ${mint} to its own mint; send to a wallet`)
  const program = await programOf(context, mint, token)
  // An NFT, of which programmable ones are frozen for good: a human should not be asked first.
  if (token.decimals === 0) await requireThawed(rpc, sender, { ...token, program })
  const destination = associatedAccount(to, mint, program)
  const place = `${to} ${destination.address}`
  const { exists, isNew, isForMemos } = receivable.get(place)
    ? { exists: true, isNew: false, isForMemos: false }
    : await readDestination(rpc, to, { address: destination.address, mint })
  if (isForMemos && !hasMemo)
    throw new Failure('INVALID_TRANSACTION', `${to} takes this token with a memo alone: send it with one`)
  if (exists && !isForMemos) receivable.set(place, true, rememberMs)
  const owner = createNoopSigner(sender)
  const create = getCreateAssociatedTokenIdempotentInstruction({
    payer: owner,
    ata: destination.address,
    owner: to,
    mint,
    systemProgram,
    tokenProgram: program,
  })
  const accounts = {
    source: associatedAccount(sender, mint, program).address,
    mint,
    destination: destination.address,
  }
  const transfer = getTransferCheckedInstruction(
    { ...accounts, authority: owner, amount, decimals: token.decimals },
    { programAddress: program },
  )
  const creation = creationUnits + (255 - destination.bump) * unitsPerBump
  if (exists) return { units: transferUnits, instructions: [transfer] }
  const units = transferUnits + creation
  return { units, instructions: [create, transfer], ...(isNew && { neverFunded: [to] }) }
}

type Destination = { readonly address: Address; readonly mint: Address }

type Found = { readonly exists: boolean; readonly isNew: boolean; readonly isForMemos: boolean }

/** Whether the recipient's token account exists, and whether the recipient does; refuses one that the recipient no longer owns. */
async function readDestination(rpc: Rpc, to: Address, { address, mint }: Destination): Promise<Found> {
  const [owner = null, account = null] = await readAccounts(rpc, [to, address])
  requireReceivable(to, owner)
  const holder = account && tokenAccountOwner(account)
  if (!account || !holder) return { exists: false, isNew: !account && isNeverFunded(to, owner), isForMemos: false }
  if (holder !== to || holdingOf(account.data).mint !== mint)
    throw new Failure('INVALID_ADDRESS', `cannot send to ${to}: its token account ${address} belongs to ${holder}`)
  return { exists: true, isNew: false, isForMemos: wantsMemo(account) }
}
