import type { Refusal, Sent } from '../follow.ts'
import type { RpcError } from '../rpc.ts'
import { type LeastPrice, leastPriceIn } from './least-price.ts'

const knownTexts =
  /already known|already imported|already in (the )?(mem|tx|transaction )?pool|known transaction|alreadyknown|transaction already exists/i

// First match wins: a replacement that is underpriced also names a nonce in some clients.
const refusals: readonly (readonly [Refusal, RegExp])[] = [
  [
    'underpriced',
    /underpriced|replacement.*(fee|price|not enough|too low)|fee ?too ?low|gas ?price.*(too low|below|less than)|less than block base fee|maxfeepergas.*(less|below|low)|(tip|priority fee).*(too low|below|minimum)|below (the )?(current |configured )?(minimum|base ?fee)|min(imum|imal)? gas ?(price|tip|fee)|insufficient gas price|minimum (global )?fee/i,
  ],
  [
    'insufficient-funds',
    /insufficient (funds|balance)|insufficientfunds|upfront[ _]cost[ _]exceeds|exceeds (transaction sender )?account balance|balance too low|outoffund/i,
  ],
  [
    'nonce-used',
    /nonce (is )?too low|nonce_too_low|oldnonce|stale nonce|nonce.*already (been )?used|invalid transaction nonce|below next nonce|lower than the current nonce/i,
  ],
  ['nonce-gap', /nonce (is )?too (high|far|distant)|nonce_too_(high|distant|far)|nonce ?gap|gapped|too distant/i],
  [
    'pool-full',
    /pool (is )?full|poolfull|pool limit|account limit exceeded|too many (pending |queued )?transactions|in-flight transaction limit|future transaction tries to replace pending|exceeds? (the )?(tx)?pool/i,
  ],
  [
    'invalid',
    /invalid (sender|signature|transaction|chain|rlp)|rlp:|rlp |intrinsic gas|exceeds (the )?(block )?gas limit|exceeds the configured cap|gas limit (is )?too (high|low)|gas too low|exceeds transaction gas|chain ?id|oversized|type not supported|unsupported transaction type|max initcode|tip above fee cap|max priority fee per gas higher|decode|fail(ed)? to deserialize/i,
  ],
]

/** What a node's error on eth_sendRawTransaction means, in the words of Geth, Erigon, Nethermind, Besu, Reth and Anvil. */
export function classify(error: RpcError): Sent {
  const message = error.message.slice(0, 300)
  if (knownTexts.test(message)) return { outcome: 'known' }
  const reason = refusals.find(([, pattern]) => pattern.test(message))?.[0]
  // An unknown error says nothing about whether the bytes were passed on.
  return reason === undefined ? { outcome: 'unclear' } : { outcome: 'refused', reason, message }
}

/** What a node asks for at least, where it refused bytes as underpriced and said so. */
export const leastOf = (sent: Sent): LeastPrice | undefined =>
  sent.outcome === 'refused' && sent.reason === 'underpriced' ? leastPriceIn(sent.message) : undefined
