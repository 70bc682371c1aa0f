import type { Address } from '@solana/kit'
import type { Effect, Network } from '@waiaas/contract'
import type { ReadInstruction } from '../message.ts'

/** What reading one instruction needs to know of the whole message. */
export type Context = {
  readonly network: Network
  readonly sender: Address
  /** Possible owners of destinations; each counts only where deriving its token account gives the destination. */
  readonly owners: readonly Address[]
  /** Token accounts that this message creates, or proves to exist, with their owner. */
  readonly created: ReadonlyMap<string, Creation>
}
/** `program` is the token program of the mint. */
export type Creation = { readonly owner: Address; readonly mint: Address; readonly program: Address }

/** The effects of one instruction of a program. What is not understood whole is `unknown`. */
export type InstructionReader = (instruction: ReadInstruction, context: Context) => Effect[]

export const unknown = (description: string): Effect => ({ kind: 'unknown', description })

export const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength)
