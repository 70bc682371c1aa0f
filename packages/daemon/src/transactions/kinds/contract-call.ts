import { Failure, type Network, nativeAsset, parseBase, type RequestOf } from '@waiaas/contract'
import type { IntentOf, Token } from '../../chains/intent.ts'
import { unitPriceIn } from '../gas/condition.ts'
import { valueIn } from './amount.ts'
import type { Kind, Parse, Parsing } from './kind.ts'
import { knownTokens } from './known-tokens.ts'

type ContractCall = IntentOf<'contract-call'>
type Stored = { to: string; value: string; data: string; tokens: readonly Token[] }

/** A function of a contract, as its bytes say. */
export const contractCall: Kind<ContractCall> = {
  store: ({ kind, to, value, data, tokens }) => ({ kind, to, value: String(value), data, tokens }),
  restore: (stored) => {
    const { to, value, data, tokens } = stored as Stored // as `store` wrote it
    return { kind: 'contract-call', to, value: parseBase(value), data, tokens }
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
async function programIntent(input: RequestOf<'CONTRACT_CALL'>, on: Parsing): Promise<IntentOf<'program-call'>> {
  const { programs, network } = on.chain
  if (!programs)
    throw new Failure(
      'UNSUPPORTED_TX_TYPE',
      `${network.id} has contracts, which are called by calldata, not by instructionData`,
    )
  const { to, instructionData = '', accounts = [], preInstructions = [], postInstructions = [] } = input
  const main = { programId: to, data: instructionData, accounts }
  const instructions = programs.instructions(on.sender, [...preInstructions, main, ...postInstructions])
  const owners = await programs.owners(instructions)
  const tokens = await knownTokens(on, programs.tokensIn(on.sender, { instructions, owners }))
  const lookups = await programs.lookups({ instructions, tables: input.addressLookupTableAddresses ?? [] })
  return {
    ...{ kind: 'program-call', to, instructions, tokens, owners },
    ...(lookups.length > 0 && { lookups }),
    ...(input.priorityFee !== undefined && { priorityFee: priorityFeeIn(network, input.priorityFee) }),
  }
}

/** What the compute budget program takes, for a compute unit. */
const MOST_PRIORITY_FEE = 2n ** 64n - 1n

function priorityFeeIn({ chain }: Network, text: string): bigint {
  const price = unitPriceIn(chain, 'priorityFee', text)
  if (price <= MOST_PRIORITY_FEE) return price
  throw new Failure('INVALID_TRANSACTION', `expected a priorityFee of at most ${MOST_PRIORITY_FEE}, got ${price}`)
}
