import { type Address, isAddress } from '@solana/kit'
import { type Base, type Effect, Failure, type Network, nativeAsset } from '@waiaas/contract'
import { sha256 } from '../../platform/sha256.ts'
import type { Decoded, Hints } from '../build.ts'
import { exactFee, worstFee } from './fees.ts'
import type { Frame } from './frame.ts'
import { type Message, readMessage } from './message.ts'
import { effectsOf } from './read/all.ts'
import { creationsIn } from './read/associated-token.ts'
import { actingIn, budgetOf, isFee, type Paying } from './read/compute-budget.ts'
import { unknown } from './read/instruction.ts'
import { refuseRuinous } from './read/system.ts'
import { emptiedIn } from './read/token.ts'

/** Who signs, and where. */
export type Sender = { readonly network: Network; readonly address: Address }

/**
 * Effects of a message from its bytes alone. The digest covers version, accounts with their flags, and every
 * instruction; it leaves out the blockhash and the compute unit limit and price, which only move the fee: `fee.max`
 * tells its worst case (rent aside, which is an effect of its own), and a chain's `bytes` writes nothing that costs
 * more than the draft says.
 * Failure INVALID_TRANSACTION: unreadable bytes, lookup tables of which nothing is known, a durable nonce, a sender who
 * does not sign.
 */
export function decodeMessage({ network, address: sender }: Sender, bytes: Uint8Array, hints: Hints): Decoded {
  const message = readMessage(bytes, hints.lookups)
  const { signers } = message
  if (!signers.includes(sender))
    throw new Failure('INVALID_TRANSACTION', `expected ${sender} among the signers, got ${signers.join(', ')}`)
  refuseRuinous(message, sender)
  const { budget, strange } = budgetOf(message)
  const effects: Effect[] = signers
    .filter((signer) => signer !== sender)
    .map((signer) => unknown(`a signature of ${signer} is required too`))
  effects.push(...strange)
  const owners = ownersOf(sender, hints)
  const context = { network, sender, owners, created: creationsIn(message), emptied: emptiedIn(message, sender) }
  const acting = actingIn(message)
  for (const instruction of acting) effects.push(...effectsOf(instruction, context))
  const max = worstFee(signers.length, budget, acting.length)
  return {
    effects: { network: network.id, sender, effects, fee: { asset: nativeAsset(network), max: `${max}` } },
    digest: digestOf({ network, address: sender }, message),
  }
}

const ownersOf = (sender: Address, { owners = [] }: Hints): Address[] => [
  ...new Set([...owners.filter((hint): hint is Address => isAddress(hint)), sender]),
]

/** The fee that exactly this message is charged if it lands, in lamports, rent aside. */
export const feeOf = (message: Pick<Frame, 'signers'> & Paying): Base =>
  exactFee(message.signers.length, budgetOf(message).budget, actingIn(message).length)

function digestOf({ network, address }: Sender, message: Message): string {
  const { limits } = message
  const canonical = {
    network: network.caip2,
    sender: address,
    version: message.version,
    accounts: message.accounts.map((account) => [account.address, account.signer, account.writable]),
    ...(message.lookups.length > 0 && { lookups: message.lookups.map(({ table, at }) => [table, at]) }),
    ...(limits && { limits: [limits.loadedBytes, limits.heapBytes] }),
    instructions: message.instructions.map((instruction) => [
      instruction.program,
      instruction.accounts.map((account) => account.address),
      Buffer.from(!limits && isFee(instruction) ? instruction.data.subarray(0, 1) : instruction.data).toString('hex'),
    ]),
  }
  return sha256(JSON.stringify(canonical))
}
