import { accountKey } from './account-key.ts'
import type { Ceiling, ChainCeiling, KnownOwners } from './types.ts'

/** A change of a ceiling in base units; what it does not name stays. */
export type ExactChange = {
  /** Where; only `recipients` change without one. */
  chain?: string | undefined
  /** A token by its address; the native asset without one. */
  token?: string | undefined
  transaction?: string | undefined
  day?: string | undefined
  fee?: string | undefined
  otherTokens?: boolean | undefined
  deploys?: boolean | undefined
  contracts?: readonly string[] | undefined
  recipients?: readonly string[] | undefined
  /** All limits anew, in place of what changes on one chain. */
  chains?: Readonly<Record<string, ChainCeiling>> | undefined
  /** Whom the signer asks in place of the operator; null: nobody. */
  owners?: KnownOwners | null | undefined
}

const NONE: ChainCeiling = {
  native: { transaction: '0', day: '0' },
  fee: '0',
  tokens: {},
  otherTokens: false,
  contracts: [],
}

/** The ceiling with that change, and no other. */
export function changedCeiling(before: Ceiling, change: ExactChange): Ceiling {
  const { chain, chains, recipients = before.recipients } = change
  const owners = change.owners === undefined ? before.owners : change.owners
  const rest = { recipients, ...(owners && { owners }) }
  if (chains !== undefined) return { chains: { ...chains }, ...rest }
  if (chain === undefined) return { chains: before.chains, ...rest }
  const was = Object.hasOwn(before.chains, chain) ? before.chains[chain]! : NONE
  return { chains: { ...before.chains, [chain]: changedOn(was, change) }, ...rest }
}

function changedOn(was: ChainCeiling, change: ExactChange): ChainCeiling {
  const { token, transaction, day, fee = was.fee } = change
  const { otherTokens = was.otherTokens, deploys = was.deploys ?? false, contracts = was.contracts } = change
  const amounts = (present: ChainCeiling['native'] | undefined) => ({
    transaction: transaction ?? present?.transaction ?? '0',
    day: day ?? present?.day ?? transaction ?? '0',
  })
  const rest = { fee, otherTokens, deploys, contracts }
  if (token === undefined) return { native: amounts(was.native), tokens: was.tokens, ...rest }
  // An address has many spellings, and an asset one amount.
  const name = Object.keys(was.tokens).find((one) => accountKey(one) === accountKey(token)) ?? token
  const present = Object.hasOwn(was.tokens, name) ? was.tokens[name] : undefined
  return { native: was.native, tokens: { ...was.tokens, [name]: amounts(present) }, ...rest }
}
