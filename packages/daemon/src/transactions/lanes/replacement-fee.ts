import { Failure, formatUnits, type Output, parseBase, type transactionOperations } from '@waiaas/contract'
import type { Parts } from '../job.ts'
import { attemptStore, type Replacement } from '../rows/attempt-store.ts'
import { transactionStore } from '../rows/store.ts'
import { addressOf, isSignatureLane } from './lane-id.ts'
import { isReplaceable, notReplaceable, replacing } from './replace.ts'
import { outbidden } from './replacements.ts'

type Preview = Output<(typeof transactionOperations)['previewReplacement']>

/**
 * What outbidding a signed transaction would cost at most now, built as it would be and not judged. Failures TX_NOT_FOUND,
 * TX_ALREADY_PROCESSED, CHAIN_NOT_SUPPORTED.
 */
export async function replacementFee(
  parts: Pick<Parts, 'database' | 'chain'>,
  id: string,
  purpose: Replacement,
): Promise<Preview> {
  const asked = await parts.database.read((db) => transactionStore.byId(db, id))
  if (!asked) throw new Failure('TX_NOT_FOUND', `no transaction ${id}`)
  const { network } = asked
  const chain = await parts.chain(network)
  const { symbol, decimals } = chain.network.native
  if (!chain.order) throw new Failure('CHAIN_NOT_SUPPORTED', `${network} has no nonce that could be used again`)
  if (!isReplaceable(asked.status) || isSignatureLane(asked.lane)) throw notReplaceable(asked.status)
  const { row, newest } = await outbidden(parts, id)
  const { draft: body } = await parts.database.read((db) => attemptStore.texts(db, newest.id))
  const replaces = { body, maxFee: parseBase(newest.max_fee) }
  const { maxFee } = await chain.draft(addressOf(row.lane), replacing(row, purpose), { replaces })
  return {
    ...{ id, with: purpose, network, symbol },
    ...{ maxFee: String(maxFee), maxFeeFormatted: formatUnits(maxFee, decimals), replacedMaxFee: newest.max_fee },
  }
}
