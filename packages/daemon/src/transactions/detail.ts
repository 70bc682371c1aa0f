import {
  type AssetUnits,
  assetUnits,
  deedsOf,
  explorerUrl,
  type Network,
  nativeAsset,
  sentenceOf,
  type Transaction,
  type TransactionDetail,
} from '@waiaas/contract'
import type { Standing } from '../owners/service.ts'
import { seconds } from '../platform/clock.ts'
import { tokensOf } from './kinds/all.ts'
import type { AttemptRow } from './rows/attempt-store.ts'
import type { ListedStep } from './rows/list-store.ts'
import { effectsOf, intentOf } from './rows/readings.ts'
import { readable } from './views.ts'

type About = {
  readonly network: Network | undefined
  readonly attempts: readonly AttemptRow[]
  /** How far its owners have approved it, while it waits for them. */
  readonly owners: Standing | undefined
}

/** A transaction with what its bytes do, in words too, and what was signed for it. */
export function transactionDetail(view: Transaction, row: ListedStep, about: About): TransactionDetail {
  const { network, attempts, owners } = about
  const effects = readable(() => effectsOf(row))
  const deeds = effects && readable(() => deedsOf(effects, unitsOf(row, effects.fee.asset, network)))
  return {
    ...view,
    summary: deeds && sentenceOf(deeds),
    deeds,
    effects: effects?.effects ?? null,
    attempts: attempts.map((attempt) => attemptView(attempt, network)),
    ...(owners && { owners }),
  }
}

/** Of the native currency, of what the request is about, and of the tokens that it names. */
export function unitsOf(
  row: Pick<ListedStep, 'asset' | 'decimals' | 'symbol' | 'request'>,
  feeAsset: string | undefined,
  network: Network | undefined,
): AssetUnits {
  const { asset, decimals, symbol } = row
  const named = readable(() => tokensOf(intentOf(row))) ?? []
  const headline = asset !== null && decimals !== null && symbol !== null ? [{ asset, decimals, symbol }] : []
  const assets = network ? [nativeAsset(network), ...(feeAsset === undefined ? [] : [feeAsset])] : []
  const native = assets.map((one) => ({ ...network!.native, asset: one }))
  return assetUnits([...headline, ...named, ...native])
}

const attemptView = (attempt: AttemptRow, network: Network | undefined): TransactionDetail['attempts'][number] => ({
  purpose: attempt.purpose,
  state: attempt.state,
  nonce: attempt.nonce,
  txHash: attempt.hash,
  explorerUrl: explorerUrl(network, attempt.hash),
  maxFee: attempt.max_fee,
  paidFee: attempt.fee,
  blockHeight: attempt.block_height,
  error: attempt.error,
  createdAt: seconds(attempt.created_at),
})
