import type { Address, Instruction } from '@solana/kit'
import { getAddMemoInstruction } from '@solana-program/memo'
import { Failure } from '@waiaas/contract'
import type { Hints } from '../../build.ts'
import type { Intent, LookedUp } from '../../intent.ts'
import { memoProgram } from '../programs.ts'
import type { PlanContext } from './context.ts'

/** `units` are the compute units that the instructions use at most; without them they are measured. */
export type Planned = {
  readonly units?: number
  readonly instructions: readonly Instruction[]
  readonly neverFunded?: readonly string[]
  /** Where lookup tables have accounts. */
  readonly lookups?: readonly LookedUp[] | undefined
}
/** How one kind is done on a Solana cluster. */
export type Plan<I extends Intent> = {
  /** Asks a node for what is neither in the intent nor remembered. */
  instructions(context: PlanContext, sender: Address, intent: I): Promise<Planned>
  /** What of the intent helps to read its bytes. */
  hints(intent: I): Hints
}

/** How one kind is done whose message is given. */
export type Given<I extends Intent> = {
  message(intent: I): Uint8Array
  /** What of the intent helps to read its bytes. */
  hints(intent: I): Hints
}

export const rememberMs = 600_000

const memoUnits = 10_000
// The memo program documents 566 bytes in 200,000 units.
const memoUnitsPerByte = 360
export const maxU64 = 2n ** 64n - 1n

/** The memo stands directly before what it speaks of, where accounts of Token-2022 look for it. */
export function withMemo(planned: Planned, memo: string | undefined): Planned {
  if (memo === undefined) return planned
  const { units = 0, instructions } = planned
  const instruction = getAddMemoInstruction({ memo }, { programAddress: memoProgram })
  const cost = memoUnits + memoUnitsPerByte * Buffer.byteLength(memo)
  return {
    ...planned,
    units: units + cost,
    instructions: [...instructions.slice(0, -1), instruction, ...instructions.slice(-1)],
  }
}

export function requireAmount(amount: bigint): bigint {
  if (amount > 0n && amount <= maxU64) return amount
  throw new Failure('INVALID_TRANSACTION', `expected an amount from 1 to ${maxU64} base units, got ${amount}`)
}
