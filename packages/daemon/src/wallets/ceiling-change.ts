import { type Base, type ceilingOperations, Failure, type Parsed, parseUnits, signedChain } from '@waiaas/contract'
import type { ExactChange } from '../keys/service.ts'
import type { WalletDependencies } from './dependencies.ts'
import { resolveNetwork } from './networks.ts'
import type { WalletRow } from './store.ts'

type Input = Parsed<typeof ceilingOperations.changeWalletCeiling>

/** What a request changes of a ceiling, in base units. */
export async function exactChange(
  { networks, ceilings: { findToken } }: Pick<WalletDependencies, 'networks' | 'ceilings'>,
  input: Input,
  row: WalletRow,
): Promise<ExactChange> {
  if (input.exact) {
    const { address: _, ...change } = input.exact
    return change
  }
  const { network: name, recipients, otherTokens, deploys, contracts } = input
  if (name === undefined) return { recipients }
  const network = resolveNetwork(networks(), row, name)
  const token = input.token === undefined ? undefined : await findToken(network, input.token)
  const { decimals } = token ?? network.native
  return {
    chain: signedChain(network),
    token: token?.address,
    transaction: baseUnits(input.transaction, decimals),
    day: baseUnits(input.day, decimals),
    fee: baseUnits(input.fee, network.native.decimals),
    ...{ otherTokens, deploys, contracts, recipients },
  }
}

const baseUnits = (text: string | undefined, decimals: number): string | undefined =>
  text === undefined ? undefined : String(wholeUnits(text, decimals))

function wholeUnits(text: string, decimals: number): Base {
  try {
    return parseUnits(text, decimals)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'expected a decimal amount'
    throw new Failure('ACTION_VALIDATION_FAILED', message, { cause })
  }
}
