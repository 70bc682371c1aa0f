import { isFailure, MOST_DECIMALS } from '@waiaas/contract'
import type { Token } from '../../chains/intent.ts'
import type { Parsing } from './kind.ts'

/** What is looked up of one call; further tokens count as unknown ones. */
const MOST_TOKENS = 16

/** The tokens that a call moves, as far as it is understood, as the registry or the chain knows them. */
export async function knownTokens(
  { chain, findToken }: Parsing,
  addresses: readonly string[],
): Promise<readonly Token[]> {
  const wanted = addresses.slice(0, MOST_TOKENS)
  const found = await Promise.all(wanted.map((address) => findToken(chain, { address }).catch(unlessNone)))
  return found.flatMap((token) => (token !== undefined && token.decimals <= MOST_DECIMALS ? [token] : []))
}

/** What is no token, or an odd one, is judged without its decimals. */
function unlessNone(error: unknown): undefined {
  if (isFailure(error, 'TOKEN_NOT_FOUND') || isFailure(error, 'TOKEN_UNSUPPORTED')) return undefined
  throw error
}
