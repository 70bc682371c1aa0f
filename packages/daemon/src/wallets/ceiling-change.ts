import {
  type Base,
  type ceilingOperations,
  Failure,
  invalidField,
  type Parsed,
  parseUnits,
  signedChain,
} from '@waiaas/contract'
import type { ExactChange } from '../keys/service.ts'
import type { WalletDependencies } from './dependencies.ts'
import { resolveNetwork } from './networks.ts'
import type { WalletRow } from './store.ts'

type Input = Parsed<typeof ceilingOperations.changeWalletCeiling>

/** What a request changes of a ceiling, in base units. */
export async function exactChange(
  parts: Pick<WalletDependencies, 'networks' | 'ceilings' | 'database' | 'checkableOwners'>,
  input: Input,
  row: WalletRow,
): Promise<ExactChange> {
  if (input.exact) {
    const { address: _, ...change } = input.exact
    return change
  }
  const {
    networks,
    ceilings: { findToken },
  } = parts
  const { network: name, recipients, otherTokens, deploys, contracts } = input
  const owners = await ownersOf(parts, input, row)
  if (name === undefined) return { recipients, owners }
  const network = resolveNetwork(networks(), row, name)
  const token = input.token === undefined ? undefined : await findToken(network, input.token)
  const { decimals } = token ?? network.native
  return {
    chain: signedChain(network),
    token: token?.address,
    transaction: baseUnits(input.transaction, decimals),
    day: baseUnits(input.day, decimals),
    fee: baseUnits(input.fee, network.native.decimals),
    ...{ otherTokens, deploys, contracts, recipients, owners },
  }
}

async function ownersOf(
  { database, checkableOwners }: Pick<WalletDependencies, 'database' | 'checkableOwners'>,
  { owners }: Input,
  { id }: WalletRow,
): Promise<ExactChange['owners']> {
  if (owners !== 'verified') return owners === 'none' ? null : undefined
  const known = await database.read(async (db) => (await checkableOwners(db, [id]))(id))
  if (known) return known
  throw invalidField(
    'owners',
    'expected a wallet whose owners have verified with the key of an address or a passkey; the signer cannot ask contracts',
  )
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
