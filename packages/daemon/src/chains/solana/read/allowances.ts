import type { Address } from '@solana/kit'
import type { ReadInstruction } from '../message.ts'
import { isTokenProgram } from '../programs.ts'
import { u64 } from './instruction.ts'

type Granted = { readonly by: ReadInstruction; readonly spender: string; left: bigint }
type Step = (standing: Map<string, Granted>, instruction: ReadInstruction) => void

type Taking = { readonly amountAt: number; readonly authority: number; readonly to?: number }

/** The source stands first. What is paid to itself takes nothing from an allowance. */
const taking =
  ({ amountAt, authority, to }: Taking): Step =>
  (standing, { accounts, data }) => {
    const source = accounts[0]?.address ?? ''
    const granted = standing.get(source)
    if (!granted || granted.spender !== accounts[authority]?.address || data.length < amountAt + 8) return
    if (to !== undefined && accounts[to]?.address === source) return
    granted.left -= u64(data, amountAt)
    if (granted.left <= 0n) standing.delete(source)
  }
const granting =
  (spender: number): Step =>
  (standing, instruction) => {
    const { accounts, data } = instruction
    const [account, to] = [accounts[0]?.address, accounts[spender]?.address]
    if (account && to && data.length >= 9) standing.set(account, { by: instruction, spender: to, left: u64(data, 1) })
  }
const ending: Step = (standing, { accounts }) => {
  standing.delete(accounts[0]?.address ?? '')
}

const [GRANT, GRANT_CHECKED] = [4, 13]
const OWNER = 2
const steps: Readonly<Record<number, Step>> = {
  3: taking({ amountAt: 1, authority: 2, to: 1 }),
  [GRANT]: granting(1),
  5: ending,
  // A new owner begins without one.
  6: (standing, instruction) => (instruction.data[1] === OWNER ? ending(standing, instruction) : undefined),
  8: taking({ amountAt: 1, authority: 2 }),
  9: ending,
  12: taking({ amountAt: 1, authority: 3, to: 2 }),
  [GRANT_CHECKED]: granting(2),
  15: taking({ amountAt: 1, authority: 2 }),
}
const WITH_FEE: Step = taking({ amountAt: 2, authority: 3, to: 2 })

/**
 * Of instructions that ran, in their order, the allowances that did not outlast them: taken back, replaced by another one, or
 * taken whole. Programs that are paid by way of an allowance end so.
 */
export function overAllowances(ran: readonly ReadInstruction[], sender: Address): ReadonlySet<ReadInstruction> {
  const standing = new Map<string, Granted>()
  const given = new Set<ReadInstruction>()
  for (const instruction of ran) {
    const { program, accounts, data } = instruction
    if (!isTokenProgram(program)) continue
    const kind = data[0] ?? -1
    const isGrant = kind === GRANT || kind === GRANT_CHECKED
    if (isGrant && accounts[kind === GRANT ? 2 : 3]?.address !== sender) continue
    if (isGrant) given.add(instruction)
    const step = kind === 26 && data[1] === 1 ? WITH_FEE : steps[kind]
    step?.(standing, instruction)
  }
  for (const { by } of standing.values()) given.delete(by)
  return given
}
