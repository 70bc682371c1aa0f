import type { Address } from '@solana/kit'
import { type Effect, Failure, type Network, nativeAsset } from '@waiaas/contract'
import { sha256 } from '../../platform/sha256.ts'
import type { Decoded, Hints } from '../build.ts'
import { type ComputeBudget, exactFee, worstFee } from './fees.ts'
import { contextOf, effectsOf, unknown } from './instruction-effects.ts'
import { type Message, type ReadInstruction, readMessage } from './message.ts'
import { computeBudgetProgram, systemProgram } from './programs.ts'

/**
 * Effects of a message from its bytes alone. The digest covers version, accounts with their flags, and every
 * instruction; it leaves out the blockhash and the compute unit limit and price, which only move the fee: `fee.max`
 * tells its worst case (rent aside, which is an effect of its own), and a chain's `bytes` writes nothing that costs
 * more than the draft says.
 * Failure INVALID_TRANSACTION: unreadable bytes, lookup tables, a durable nonce, a sender who does not sign.
 */
export function decodeMessage(network: Network, sender: Address, bytes: Uint8Array, hints: Hints): Decoded {
  const message = readMessage(bytes)
  if (!message.signers.includes(sender))
    throw new Failure('INVALID_TRANSACTION', `expected ${sender} among the signers, got ${message.signers.join(', ')}`)
  refuseDurableNonce(message)
  const { budget, strange } = budgetOf(message.instructions)
  const effects: Effect[] = message.signers
    .filter((signer) => signer !== sender)
    .map((signer) => unknown(`a signature of ${signer} is required too`))
  effects.push(...strange)
  const context = contextOf(network, sender, message, hints.owners ?? [])
  const acting = message.instructions.filter(({ program }) => program !== computeBudgetProgram)
  for (const instruction of acting) effects.push(...effectsOf(instruction, context))
  const max = worstFee(message.signers.length, budget, acting.length)
  return {
    effects: { network: network.id, sender, effects, fee: { asset: nativeAsset(network), max: `${max}` } },
    digest: digestOf(network, sender, message),
  }
}

/** The fee that exactly this message is charged if it lands, in lamports, rent aside. */
export function feeOf({ signers, instructions }: Message): bigint {
  const acting = instructions.filter(({ program }) => program !== computeBudgetProgram)
  return exactFee(signers.length, budgetOf(instructions).budget, acting.length)
}

const advanceNonce = 4
// A durable nonce would keep the bytes valid for ever, so that they could never be proven void.
function refuseDurableNonce({ instructions }: Message): void {
  for (const { program, data } of instructions)
    if (program === systemProgram && data.length >= 4 && view(data).getUint32(0, true) === advanceNonce)
      throw new Failure('INVALID_TRANSACTION', 'durable nonces are refused: the transaction would never expire')
}

const unitLimit = { kind: 2, length: 5 }
const unitPrice = { kind: 3, length: 9 }
function budgetOf(instructions: readonly ReadInstruction[]): { budget: ComputeBudget; strange: Effect[] } {
  const strange: Effect[] = []
  let units: number | undefined
  let price: bigint | undefined
  for (const { program, data } of instructions) {
    if (program !== computeBudgetProgram) continue
    if (isUnitLimit(data) && units === undefined) units = view(data).getUint32(1, true)
    else if (isUnitPrice(data) && price === undefined) price = view(data).getBigUint64(1, true)
    else strange.push(unknown(`instruction ${data[0] ?? 'without data'} of the compute budget program`))
  }
  return { budget: { ...(units !== undefined && { units }), ...(price !== undefined && { price }) }, strange }
}
const isUnitLimit = (data: Uint8Array): boolean => data[0] === unitLimit.kind && data.length === unitLimit.length
const isUnitPrice = (data: Uint8Array): boolean => data[0] === unitPrice.kind && data.length === unitPrice.length
const isFee = (program: string, data: Uint8Array): boolean =>
  program === computeBudgetProgram && (isUnitLimit(data) || isUnitPrice(data))

function digestOf(network: Network, sender: Address, message: Message): string {
  const canonical = {
    network: network.caip2,
    sender,
    version: message.version,
    accounts: message.accounts.map(({ address, signer, writable }) => [address, signer, writable]),
    instructions: message.instructions.map(({ program, accounts, data }) => [
      program,
      accounts.map(({ address }) => address),
      Buffer.from(isFee(program, data) ? data.subarray(0, 1) : data).toString('hex'),
    ]),
  }
  return sha256(JSON.stringify(canonical))
}

const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength)
