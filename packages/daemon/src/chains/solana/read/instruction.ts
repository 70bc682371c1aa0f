import type { Address } from '@solana/kit'
import type { Effect, Network } from '@waiaas/contract'
import { addressText } from '../base58.ts'
import type { ReadInstruction } from '../message.ts'

/** What reading one instruction needs to know of the whole message. */
export type Context = {
  readonly network: Network
  readonly sender: Address
  /** Possible owners of destinations; each counts only where deriving its token account gives the destination. */
  readonly owners: readonly Address[]
  /** Token accounts that this message creates, or proves to exist, with their owner. */
  readonly created: ReadonlyMap<string, Creation>
  /** Token accounts from which this message moves tokens of the sender. */
  readonly emptied: ReadonlySet<string>
}
/** `program` is the token program of the mint. */
export type Creation = { readonly owner: Address; readonly mint: Address; readonly program: Address }

/** The effects of one instruction of a program. What is not understood whole is `unknown`. */
export type InstructionReader = (instruction: ReadInstruction, context: Context) => Effect[]
/** The same of one form of an instruction; undefined: it is not understood. */
export type FormReader = (instruction: ReadInstruction, context: Context) => Effect[] | undefined

export const unknown = (description: string): Effect => ({ kind: 'unknown', description })

/** A program reads no further than this to tell which of its functions is meant: those of Anchor are named by eight bytes. */
const SELECTOR_BYTES = 8

/** That a program runs, named by the first bytes of its data: for what depends on whose code it is. */
export const called = ({ program, data }: Pick<ReadInstruction, 'program' | 'data'>): Effect => ({
  kind: 'call',
  contract: program,
  selector: data.length === 0 ? null : `0x${Buffer.from(data.subarray(0, SELECTOR_BYTES)).toString('hex')}`,
  value: '0',
})

/** A program runs, and what it does is not understood. */
export const unread = (instruction: ReadInstruction, description: string): Effect[] => [
  called(instruction),
  unknown(description),
]

/** Somebody may do with an account whatever the wallet could. */
export const handedOver = (account: string, to: string): Effect => ({
  kind: 'operator',
  contract: account,
  operator: to,
  isGranted: true,
})

export const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength)
export const u64 = (data: Uint8Array, at: number): bigint => view(data).getBigUint64(at, true)
export const addressAt = (data: Uint8Array, at: number): Address => addressText(data.subarray(at, at + 32))
