import { Failure, type GivenInstruction, isFailure, type Network, type PlanStepInput, toBase } from '@waiaas/contract'
import { valueIn } from '../kinds/amount.ts'
import { calling, instructing } from '../kinds/contract-call.ts'
import type { Parsing } from '../kinds/kind.ts'
import { paying } from '../kinds/transfer.ts'

/** A step as an ordinary request: its type, and what it asks for. */
export type ReadStep = Awaited<ReturnType<typeof read>>

/** Reads the steps of a plan; what a planner says of nonce and fee is left out. A failure says which step it is of. */
export const readSteps = (steps: readonly PlanStepInput[], on: Parsing): Promise<ReadStep[]> =>
  Promise.all(steps.map((step, at) => read(step, on).catch((error) => inStep(at, error))))

/** A failure of one step says which it is of. */
export function inStep(at: number, error: unknown): never {
  if (!isFailure(error)) throw error
  const { code, message, details } = error
  throw new Failure(code, `step ${at + 1}: ${message}`, { ...(details && { details }), cause: error })
}

const read = async (step: PlanStepInput, on: Parsing) => {
  const { chain, sender } = on
  if (step.serialized === undefined) return step.instructions === undefined ? callOf(step, on) : programsOf(step, on)
  if (chain.contracts) return callOf(chain.contracts.takeApart(step.serialized), on)
  if (!chain.programs)
    throw new Failure('UNSUPPORTED_TX_TYPE', `${chain.network.id} takes no transactions that were built elsewhere`)
  const { given, tables } = await chain.programs.takeApart(sender, step.serialized)
  return programsOf({ instructions: given, addressLookupTableAddresses: tables }, on)
}

/** As it comes, or out of a transaction. */
type Call = Pick<PlanStepInput, 'to' | 'value' | 'humanValue' | 'data' | 'gas' | 'gasLimit' | 'from' | 'chainId'>
type Programs = {
  readonly instructions?: readonly GivenInstruction[] | undefined
  readonly addressLookupTableAddresses?: readonly string[] | undefined
}

function callOf(step: Call, on: Parsing) {
  const { chain, sender } = on
  if (!chain.contracts)
    throw new Failure('UNSUPPORTED_TX_TYPE', `${chain.network.id} has programs, which are told instructions, not calls`)
  if (step.from !== undefined && chain.address(step.from) !== sender)
    throw refused(`only the wallet ${sender} itself signs and pays, not ${step.from}`)
  requireChain(chain.network, step.chainId)
  const to = chain.address(step.to!)
  // Planners write base units in hex too.
  const { humanValue, value: given } = step
  const value =
    humanValue === undefined ? toBase(BigInt(given ?? '0')) : valueIn({ humanValue }, chain.network.native.decimals)
  const data = (step.data ?? '0x').toLowerCase()
  const limit = step.gas ?? step.gasLimit
  const gas = limit === undefined ? undefined : BigInt(limit)
  if (gas !== undefined) chain.contracts.requireGas(gas)
  // Without data no function is called, and what it takes is known.
  if (data === '0x') return paying(to, value)
  return calling({ to, value, data, gas }, on)
}

function requireChain({ id, caip2 }: Network, chainId: string | number | undefined): void {
  const own = caip2.slice(caip2.indexOf(':') + 1)
  if (chainId !== undefined && String(BigInt(chainId)) !== own)
    throw refused(`expected a step for ${id}, whose chain id is ${own}, got one for ${chainId}`)
}

function programsOf({ instructions = [], addressLookupTableAddresses: tables = [] }: Programs, on: Parsing) {
  const { programs, network } = on.chain
  if (!programs)
    throw new Failure('UNSUPPORTED_TX_TYPE', `${network.id} has contracts, which are called, not instructed`)
  const given = programs.withoutTerms(instructions)
  const [first] = given
  if (!first) throw refused('expected an instruction that does something')
  return instructing({ to: first.programId, given, tables }, on)
}

const refused = (what: string): Failure => new Failure('INVALID_TRANSACTION', what)
