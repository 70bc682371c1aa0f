import { type Address, createNoopSigner, type Instruction } from '@solana/kit'
import { getAddMemoInstruction } from '@solana-program/memo'
import { getTransferSolInstruction } from '@solana-program/system'
import { getCreateAssociatedTokenIdempotentInstruction, getTransferCheckedInstruction } from '@solana-program/token'
import { Failure, type Network } from '@waiaas/contract'
import type { Draft } from '../build.ts'
import type { Intent, Token } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { readAccounts } from './accounts.ts'
import { associatedAccount } from './associated-account.ts'
import { planBytes, writeBody } from './body.ts'
import { decodeMessage } from './decode.ts'
import { upToBand } from './fees.ts'
import { readMessage } from './message.ts'
import { holdingOf, type ReadAccount, readMint, requireSupportedMint, tokenAccountOwner } from './mint.ts'
import { priorityFees } from './priority-fee.ts'
import { isTokenProgram, memoProgram, systemProgram, token2022Program } from './programs.ts'
import { rentOf } from './read/associated-token.ts'
import { parseAddress, requireReceivable, requireRecipient } from './recipients.ts'

// Generous: unused units cost next to nothing, and clusters run older, costlier builds of the same programs.
const transferUnits = 3_000
const tokenUnits = 25_000
const creationUnits = 40_000
// The associated token program searches for the bump again, from 255 down.
const unitsPerBump = 3_000
const memoUnits = 10_000
// The memo program documents 566 bytes in 200,000 units.
const memoUnitsPerByte = 360
const maxU64 = 2n ** 64n - 1n
// A transaction must fit one packet: https://solana.com/docs/core/transactions
const packetSize = 1_232
// Wire size beside the message: the count of signatures and one signature.
const signatureSize = 65
const rememberMs = 600_000
const mintFreshMs = 60_000
const mostRemembered = 10_000

type Parts = { readonly network: Network; readonly rpc: Rpc; readonly clock: () => number }
type Planned = { readonly units: number; readonly instructions: readonly Instruction[] }

/** Builds drafts. Recipients and mints that were seen to be right are not read again for some minutes. */
export function drafting({ network, rpc, clock }: Parts) {
  const price = priorityFees(rpc, clock)
  const receivable = expiring<true>(clock)
  const supported = expiring<Address>(clock)

  async function nativeTransfer(sender: Address, to: Address, amount: bigint): Promise<Planned> {
    if (!receivable.get(to)) {
      const [account = null] = await readAccounts(rpc, [to])
      requireReceivable(to, account, false)
      // An account that does not exist yet may still become a mint or a token account.
      if (account) receivable.set(to, true, rememberMs)
    }
    const transfer = getTransferSolInstruction({ source: createNoopSigner(sender), destination: to, amount })
    return { units: transferUnits, instructions: [transfer] }
  }

  /** The program of a mint that can be moved. A Token-2022 mint is looked at again every minute, for its extensions. */
  async function programOf(mint: Address, token: Token): Promise<Address> {
    if (token.program && isTokenProgram(token.program) && token.program !== token2022Program)
      return parseAddress(token.program)
    const known = supported.get(mint)
    if (known) return known
    const account = await readMintAccount(rpc, mint)
    const read = readMint(network, mint, account)
    requireSupportedMint(mint, account)
    if (read.decimals !== token.decimals)
      throw new Failure('INVALID_TRANSACTION', `expected ${read.decimals} decimals for ${mint}, got ${token.decimals}`)
    const program = parseAddress(account.owner)
    supported.set(mint, program, mintFreshMs)
    return program
  }

  async function tokenTransfer(sender: Address, to: Address, amount: bigint, token: Token): Promise<Planned> {
    const mint = parseAddress(token.address)
    if (to === mint) throw new Failure('INVALID_ADDRESS', `cannot send ${mint} to its own mint; send to a wallet`)
    const program = await programOf(mint, token)
    const destination = associatedAccount(to, mint, program)
    const place = `${to} ${destination.address}`
    const exists = receivable.get(place) || (await readDestination(rpc, to, destination.address, mint))
    if (exists) receivable.set(place, true, rememberMs)
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
    return exists
      ? { units: tokenUnits, instructions: [transfer] }
      : { units: tokenUnits + creation, instructions: [create, transfer] }
  }

  return async (from: string, intent: Intent): Promise<Draft> => {
    if (intent.kind === 'lane')
      throw new Failure('UNSUPPORTED_TX_TYPE', `${network.id} has no nonces: there is nothing to ${intent.purpose}`)
    const sender = parseAddress(from)
    const to = requireRecipient(intent.to)
    const amount = requireAmount(intent.amount)
    const planned =
      intent.kind === 'transfer'
        ? await nativeTransfer(sender, to, amount)
        : await tokenTransfer(sender, to, amount, intent.token)
    return finish(network, sender, withMemo(planned, intent.memo), await price())
  }
}

function finish(network: Network, sender: Address, { units, instructions }: Planned, price: bigint): Draft {
  const body = writeBody(sender, { units: upToBand(units), price, instructions })
  const bytes = planBytes(body)
  const size = bytes.length + signatureSize
  if (size > packetSize)
    throw new Failure('INVALID_TRANSACTION', `expected at most ${packetSize} bytes, got ${size}; shorten the memo`)
  const { fee } = decodeMessage({ network, address: sender }, bytes, {}).effects
  return { body, maxFee: BigInt(fee.max) + rentOf(readMessage(bytes)) }
}

function withMemo({ units, instructions }: Planned, memo: string | undefined): Planned {
  if (memo === undefined) return { units, instructions }
  const instruction = getAddMemoInstruction({ memo }, { programAddress: memoProgram })
  const cost = memoUnits + memoUnitsPerByte * Buffer.byteLength(memo)
  return { units: units + cost, instructions: [...instructions, instruction] }
}

function requireAmount(amount: bigint): bigint {
  if (amount > 0n && amount <= maxU64) return amount
  throw new Failure('INVALID_TRANSACTION', `expected an amount from 1 to ${maxU64} base units, got ${amount}`)
}

/** Failure TOKEN_NOT_FOUND when there is no account at the address. */
export async function readMintAccount(rpc: Rpc, mint: string): Promise<ReadAccount> {
  const [account] = await readAccounts(rpc, [mint])
  if (!account) throw new Failure('TOKEN_NOT_FOUND', `there is no account at ${mint}, so no token either`)
  return account
}

/** Whether the recipient's token account exists; refuses one that the recipient no longer owns. */
async function readDestination(rpc: Rpc, to: Address, destination: Address, mint: Address): Promise<boolean> {
  const [owner = null, account = null] = await readAccounts(rpc, [to, destination])
  requireReceivable(to, owner, account !== null)
  const holder = account && tokenAccountOwner(account)
  if (!account || !holder) return false
  if (holder !== to || holdingOf(account.data).mint !== mint)
    throw new Failure('INVALID_ADDRESS', `cannot send to ${to}: its token account ${destination} belongs to ${holder}`)
  return true
}

function expiring<V>(clock: () => number) {
  const entries = new Map<string, { readonly value: V; readonly until: number }>()
  return {
    get(key: string): V | undefined {
      const entry = entries.get(key)
      return entry && entry.until > clock() ? entry.value : undefined
    },
    set(key: string, value: V, forMs: number): void {
      if (entries.size >= mostRemembered) entries.clear()
      entries.set(key, { value, until: clock() + forMs })
    },
  }
}
