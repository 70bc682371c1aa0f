import { type Base, Failure, type GivenInstruction, nativeAsset, parseBase, type RequestOf } from '@waiaas/contract'
import type { Intent, IntentOf, Token } from '../../chains/intent.ts'
import { valueIn } from './amount.ts'
import type { Kind, Parse, Parsing } from './kind.ts'
import { knownTokens } from './known-tokens.ts'

type ContractCall = IntentOf<'contract-call'>
type Stored = { to: string; value: string; data: string; tokens: readonly Token[]; gas?: string }

/** A function of a contract, as its bytes say. */
export const contractCall: Kind<ContractCall> = {
  store: ({ kind, to, value, data, tokens, gas }) => ({
    ...{ kind, to, value: String(value), data, tokens },
    ...(gas !== undefined && { gas: String(gas) }),
  }),
  restore: (stored) => {
    const { to, value, data, tokens, gas } = stored as Stored // as `store` wrote it
    const call = { to, value: parseBase(value), data, tokens }
    return { kind: 'contract-call', ...call, ...(gas !== undefined && { gas: BigInt(gas) }) }
  },
  headline: ({ to, value }, { network }) => ({ to, amount: value, asset: nativeAsset(network), ...network.native }),
  tokens: ({ tokens }) => tokens,
  memo: () => null,
}

export const parseContractCall: Parse<'CONTRACT_CALL'> = async (input, on) => {
  if (input.instructionData !== undefined) return programIntent(input, on)
  const { chain } = on
  const to = chain.address(input.to)
  const call = { to, value: valueIn(input, chain.network.native.decimals), data: dataOf(input, on) }
  return {
    kind: 'contract-call',
    ...call,
    tokens: await knownTokens(on, chain.contracts?.tokensIn(on.sender, call) ?? []),
  }
}

function dataOf({ calldata, abi, functionName, args }: RequestOf<'CONTRACT_CALL'>, { chain }: Parsing): string {
  const own = calldata?.toLowerCase()
  if (own !== undefined && abi === undefined) return own
  if (!chain.contracts)
    throw new Failure('UNSUPPORTED_TX_TYPE', `${chain.network.id} has no contracts that are called by an ABI`)
  if (own !== undefined) {
    // People read what the ABI says.
    chain.contracts.requireDescribed(abi!, own)
    return own
  }
  // The schema let nothing pass that has neither.
  return chain.contracts.encode({ abi: abi!, functionName: functionName!, args: args ?? [] }).calldata
}

/** What was asked for, with what runs before and after it. */
function programIntent(input: RequestOf<'CONTRACT_CALL'>, on: Parsing): Promise<IntentOf<'program-call'>> {
  const { to, instructionData = '', accounts = [], preInstructions = [], postInstructions = [] } = input
  const main = { programId: to, data: instructionData, accounts }
  const given = [...preInstructions, main, ...postInstructions]
  return programCallOf({ to, given, tables: input.addressLookupTableAddresses ?? [] }, on)
}

type Instructed = { to: string; given: readonly GivenInstruction[]; tables: readonly string[] }
/** Instructions that one transaction carries out; `to` is the program that it is listed under. */
async function programCallOf({ to, given, tables }: Instructed, on: Parsing): Promise<IntentOf<'program-call'>> {
  const { programs, network } = on.chain
  if (!programs)
    throw new Failure(
      'UNSUPPORTED_TX_TYPE',
      `${network.id} has contracts, which are called by calldata, not by instructionData`,
    )
  const instructions = programs.instructions(on.sender, given)
  const owners = await programs.owners(instructions)
  const tokens = await knownTokens(on, programs.tokensIn(on.sender, { instructions, owners }))
  const lookups = await programs.lookups({ instructions, tables })
  return { ...{ kind: 'program-call', to, instructions, tokens, owners }, ...(lookups.length > 0 && { lookups }) }
}

type Step<K extends Intent['kind']> = { readonly type: 'CONTRACT_CALL'; readonly intent: IntentOf<K> }
type Called = { to: string; value: Base; data: string; gas?: bigint | undefined }
/** A step of a plan that calls a contract. */
export async function calling({ gas, ...call }: Called, on: Parsing): Promise<Step<'contract-call'>> {
  const tokens = await knownTokens(on, on.chain.contracts?.tokensIn(on.sender, call) ?? [])
  const intent = { kind: 'contract-call', ...call, tokens } as const
  return { type: 'CONTRACT_CALL', intent: { ...intent, ...(gas !== undefined && { gas }) } }
}

/** A step of a plan that runs programs. */
export const instructing = async (what: Instructed, on: Parsing): Promise<Step<'program-call'>> => ({
  ...{ type: 'CONTRACT_CALL', intent: await programCallOf(what, on) },
})
