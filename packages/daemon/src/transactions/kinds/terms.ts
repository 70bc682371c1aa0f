import { type EvmTerms, Failure } from '@waiaas/contract'
import type { Reader } from '../../chains/chain.ts'
import type { Intent, Terms } from '../../chains/intent.ts'
import type { Kind } from './kind.ts'

const KINDS: readonly Intent['kind'][] = ['transfer', 'token-transfer', 'contract-call', 'contract-deploy', 'approve']

/** The same, with what its sender sets in place of the daemon. Failure INVALID_TRANSACTION where nobody can set it. */
export function withTerms(
  intent: Intent,
  given: EvmTerms,
  { network, contracts }: Pick<Reader, 'network' | 'contracts'>,
): Intent {
  if (!contracts) throw new Failure('INVALID_TRANSACTION', `expected no evm on ${network.id}, which is no EVM network`)
  if (!KINDS.includes(intent.kind))
    throw new Failure('INVALID_TRANSACTION', 'expected no evm with this type: the daemon chooses nonce, gas and fees')
  // The table above has the kinds whose intents have terms.
  return { ...intent, terms: read(given) } as Intent
}

const PRICES = ['gas', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas'] as const

/** In one order, so that equal requests are equal texts. */
const read = ({ nonce, ...prices }: Readonly<Record<string, string | number | undefined>>): Terms => ({
  ...(nonce !== undefined && { nonce: Number(nonce) }),
  ...Object.fromEntries(PRICES.flatMap((name) => (prices[name] === undefined ? [] : [[name, BigInt(prices[name])]]))),
})

const written = (terms: Terms): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(terms).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )

/** A kind whose intents are stored with the terms that they were given. */
export const termed = <I extends Intent>(kind: Kind<I>): Kind<I> => ({
  ...kind,
  store(intent) {
    const stored = kind.store(intent)
    const terms = 'terms' in intent ? intent.terms : undefined
    return terms === undefined ? stored : { ...stored, terms: written(terms) }
  },
  restore({ terms, ...stored }) {
    const intent = kind.restore(stored)
    // As `store` wrote it.
    return terms === undefined ? intent : { ...intent, terms: read(terms as ReturnType<typeof written>) }
  },
})

/** The nonce that a request names. */
export const namedNonce = (intent: Intent): number | undefined => ('terms' in intent ? intent.terms?.nonce : undefined)
