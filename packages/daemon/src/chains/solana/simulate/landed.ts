import { type Address, getBase58Encoder, isAddress } from '@solana/kit'
import type { Effect, Network } from '@waiaas/contract'
import { countOf, fieldsOf, listOf, OddAnswer, wholeNumber } from '../../answers.ts'
import type { Landing } from '../../follow.ts'
import { landingsOfTwo } from '../../landings.ts'
import type { Rpc } from '../../rpc.ts'
import { bytesOf } from '../accounts.ts'
import { decodeMessage } from '../decode.ts'
import { type Message, type ReadInstruction, readLoaded } from '../message.ts'
import { systemProgram } from '../programs.ts'
import { effectsOf, takerIn } from '../read/all.ts'
import { overAllowances } from '../read/allowances.ts'
import { actingIn } from '../read/compute-budget.ts'
import type { Context, Creation } from '../read/instruction.ts'
import { provenOwn } from '../read/proven-own.ts'
import { handedInside } from '../read/system.ts'
import { isOfAnother } from '../read/token.ts'
import { isBatch, partsOfBatch } from '../read/token-batch.ts'
import { addSignature } from '../signature.ts'
import { newestVersion, readWire } from '../wire.ts'
import { left } from './left.ts'

const config = { encoding: 'base64', commitment: 'confirmed', maxSupportedTransactionVersion: newestVersion }

/**
 * What bytes in a block did to the things of their sender: by the balances before and after them, and, of what balances do
 * not show, by the instructions that programs gave to others. Undefined where no node remembers all of that.
 */
export const landings = (network: Network, singles: readonly Rpc[]) =>
  landingsOfTwo(network, singles, (rpc, landing) => landedOn(network, rpc, landing))

async function landedOn(network: Network, rpc: Rpc, { hash, sender }: Landing): Promise<readonly Effect[] | undefined> {
  const answer = await rpc.call<unknown>('getTransaction', [hash, config])
  if (answer === null) return undefined
  const { transaction, meta: told } = fieldsOf(answer, 'a transaction')
  const meta = fieldsOf(told, 'what a transaction did')
  const { message, bytes } = signedBy(sender, hash, { transaction, meta })
  const { effects } = decodeMessage({ network, address: sender as Address }, bytes, { lookups: message.lookups })
  const landed = {
    network,
    sender: sender as Address,
    message,
    meta,
    keys: message.accounts.map(({ address }) => address),
  }
  const ran = ranIn(landed)?.flatMap(partsOfBatch)
  // What is not told, or cannot be taken apart, nobody has seen.
  if (!ran || ran.some(isBatch)) return undefined
  const over = overAllowances(ran, landed.sender)
  const deposits = effects.effects.reduce(
    (sum, one) => (one.kind === 'account-creation' && one.owner !== sender ? sum + BigInt(one.rent) : sum),
    0n,
  )
  const fee = wholeNumber(meta.fee, 'a fee')
  const program = takerIn(message)
  const paid = left({ network, program, told: fee + deposits, places: placesOf(landed, ownIn(landed, ran)) })
  return [...paid, ...ran.filter((one) => !over.has(one)).flatMap((one) => handedOver(landed, one))]
}

type Landed = {
  readonly network: Network
  readonly sender: Address
  readonly message: Message
  readonly meta: Readonly<Record<string, unknown>>
  readonly keys: readonly string[]
}

/** The bytes themselves, as the sender's signature proves them. */
function signedBy(
  sender: string,
  hash: string,
  { transaction, meta }: { transaction: unknown } & Pick<Landed, 'meta'>,
) {
  const { message: bytes, signatures } = readWire(bytesOf(transaction))
  const message = readLoaded(bytes, loadedIn(meta))
  const [signature] = signatures
  if (addSignature(sender as Address, { bytes, message }, signature!).hash !== hash)
    throw new OddAnswer(`the transaction ${hash}`, 'another one')
  return { message, bytes }
}

/** What the cluster found in the lookup tables that the bytes name. */
function loadedIn({ loadedAddresses }: Landed['meta']): string[] {
  const { writable = [], readonly = [] } = fieldsOf(loadedAddresses ?? {}, 'accounts from lookup tables')
  return [...listOf(writable, 'addresses'), ...listOf(readonly, 'addresses')].map(addressOf)
}

function addressOf(text: unknown): string {
  if (typeof text === 'string' && isAddress(text)) return text
  throw new OddAnswer('an address', text)
}

type Holding = { readonly mint: string; readonly owner: string; readonly amount: bigint }

/** What was asked for stands in the message itself. */
function ownIn({ message, sender }: Landed, ran: readonly ReadInstruction[]) {
  const asked = message.instructions.flatMap(partsOfBatch)
  const known = new Set(message.instructions)
  return provenOwn({ asked, inside: ran.filter((one) => !known.has(one)) }, sender)
}

function placesOf({ meta, keys, sender }: Landed, own: ReturnType<typeof provenOwn>) {
  const [before, after] = [meta.preBalances, meta.postBalances].map((balances) => {
    const found = listOf(balances, 'balances').map((one) => wholeNumber(one, 'a balance'))
    if (found.length !== keys.length) throw new OddAnswer(`${keys.length} balances`, found.length)
    return found
  })
  const [held, holds] = [holdingsIn(meta.preTokenBalances), holdingsIn(meta.postTokenBalances)]
  return keys.map((key, at) => {
    const most = own.get(key) === 'less' ? before![at]! : undefined
    const part = (lamports: bigint, holding: Holding | undefined) => ({
      ...{
        lamports,
        holder: holding?.owner ?? key,
        isOwn: key === sender || own.has(key) || holding?.owner === sender,
      },
      ...(holding && { mint: holding.mint, amount: holding.amount }),
    })
    const kept = most !== undefined && after![at]! > most ? most : after![at]!
    return { before: part(before![at]!, held.get(at)), after: part(kept, holds.get(at)) }
  })
}

function holdingsIn(balances: unknown): Map<number, Holding> {
  const all = listOf(balances, 'balances of tokens').map((one): [number, Holding] => {
    const { accountIndex, mint, owner, uiTokenAmount } = fieldsOf(one, 'a balance of tokens')
    const { amount } = fieldsOf(uiTokenAmount, 'an amount of tokens')
    if (typeof amount !== 'string' || !/^\d+$/.test(amount)) throw new OddAnswer('an amount of tokens', amount)
    const holding = { mint: addressOf(mint), owner: addressOf(owner), amount: BigInt(amount) }
    return [countOf(accountIndex, 'the place of an account'), holding]
  })
  return new Map(all)
}

const base58 = getBase58Encoder()

/** What ran, in its order, with what programs had others do. Undefined where the node does not tell that. */
function ranIn({ meta, keys, message }: Landed): ReadInstruction[] | undefined {
  if (!Array.isArray(meta.innerInstructions)) return undefined
  const at = (place: unknown): Address => {
    const key = keys[countOf(place, 'the place of an account')]
    if (key === undefined) throw new OddAnswer(`a place below ${keys.length}`, place)
    return key as Address // an address of the message, or read as one
  }
  const inside = new Map<number, ReadInstruction[]>()
  for (const one of meta.innerInstructions) {
    const { index, instructions } = fieldsOf(one, 'inner instructions')
    const found = listOf(instructions, 'inner instructions').map((inner): ReadInstruction => {
      const { programIdIndex, accounts, data } = fieldsOf(inner, 'an inner instruction')
      if (typeof data !== 'string') throw new OddAnswer('data in base58', data)
      const places = listOf(accounts, 'places of accounts').map((place) => {
        const address = at(place)
        const known = message.accounts.find((account) => account.address === address)
        return known ?? { address, signer: false, writable: true }
      })
      return { program: at(programIdIndex), accounts: places, data: new Uint8Array(base58.encode(data)) }
    })
    const place = countOf(index, 'the place of an instruction')
    if (place >= message.instructions.length)
      throw new OddAnswer(`an instruction below ${message.instructions.length}`, place)
    inside.set(place, [...(inside.get(place) ?? []), ...found])
  }
  const acting = new Set(actingIn(message))
  return message.instructions.flatMap((one, place) => [...(acting.has(one) ? [one] : []), ...(inside.get(place) ?? [])])
}

/** Balances tell all that left, and nothing of who may take the rest. */
function handedOver(landed: Landed, instruction: ReadInstruction): Effect[] {
  const { network, sender } = landed
  if (isOfAnother(instruction, sender)) return []
  const read = effectsOf(instruction, { network, sender, owners: [sender], created: createdIn(landed), emptied: NONE })
  return [
    ...read.filter(({ kind }) => kind === 'approval' || kind === 'operator'),
    ...handedInside(instruction, sender),
  ]
}

/** Token accounts with their mints, which instructions do not always name. */
function createdIn({ meta, keys }: Landed): Context['created'] {
  const all = [...holdingsIn(meta.preTokenBalances), ...holdingsIn(meta.postTokenBalances)]
  return new Map(
    all.map(([at, { mint, owner }]): [string, Creation] => [
      keys[at] ?? '',
      // Its program is nobody's question here.
      { mint: mint as Address, owner: owner as Address, program: systemProgram },
    ]),
  )
}

/** What programs close among themselves is looked at by what it leaves. */
const NONE: ReadonlySet<string> = new Set()
