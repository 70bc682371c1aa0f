import { divideUp, type Effect } from '@waiaas/contract'
import type { ComputeBudget } from '../fees.ts'
import type { Limits } from '../frame.ts'
import type { ReadInstruction } from '../message.ts'
import { computeBudgetProgram } from '../programs.ts'
import { unknown, view } from './instruction.ts'

const unitLimit = { kind: 2, length: 5 }
const unitPrice = { kind: 3, length: 9 }

/** Of an instruction, what it tells its program. */
export type Told = Pick<ReadInstruction, 'program' | 'data'>

/** Of a message, what tells its fee. */
export type Paying = { readonly instructions: readonly Told[]; readonly limits?: Limits }

/** What a message may use and pays for it; `strange` is what else it tells the compute budget program. */
export function budgetOf({ instructions, limits }: Paying): { budget: ComputeBudget; strange: Effect[] } {
  // What version 1 tells the program is told to nobody.
  if (limits) return { budget: { whole: limits.priorityFee }, strange: [] }
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

/** What it offers for a compute unit, in micro-lamports; version 1 tells it for all of them together. */
export function unitPriceIn(message: Paying): bigint {
  const { whole, price = 0n } = budgetOf(message).budget
  return whole === undefined ? price : divideUp(whole * 1_000_000n, BigInt(message.limits?.units || 1))
}

/** The instructions that do something: all but those of the compute budget. */
export const actingIn = <I extends Told>({ instructions }: { readonly instructions: readonly I[] }): I[] =>
  instructions.filter(({ program }) => program !== computeBudgetProgram)

/** A compute unit limit or price: it moves nothing but the fee. */
export const isFee = ({ program, data }: Told): boolean =>
  program === computeBudgetProgram && (isUnitLimit(data) || isUnitPrice(data))

const isUnitLimit = (data: Uint8Array): boolean => data[0] === unitLimit.kind && data.length === unitLimit.length
const isUnitPrice = (data: Uint8Array): boolean => data[0] === unitPrice.kind && data.length === unitPrice.length
