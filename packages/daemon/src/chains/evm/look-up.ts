import { isFailure } from '@waiaas/contract'
import { OddAnswer } from '../answers.ts'
import { isUnsupported } from '../refusals.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import { quantity } from './hex.ts'
import { feeOf, noTerms, plainRecipient, readTerms, type Terms, together } from './inclusion.ts'
import { type Receipt, readReceipt } from './receipts.ts'
import { doubt, include, type ObserverParts, type Track } from './track.ts'
import { witnessesOf } from './witnesses.ts'

type Answer = Awaited<ReturnType<Rpc['batch']>>[number]

/** Asks for attempts one by one. An answer that cannot be read leaves its own attempt open, and says why. */
export async function lookUp(parts: ObserverParts, wanted: readonly Track[]): Promise<void> {
  const tracks = [...new Set(wanted)]
  const calls = tracks.flatMap(({ attempt: { hash } }) => [
    { method: 'eth_getTransactionReceipt', params: [hash] },
    { method: 'eth_getTransactionByHash', params: [hash] },
  ])
  const answers = await parts.rpc.batch(calls)
  for (const [index, track] of tracks.entries()) {
    track.checkedAt = parts.clock()
    try {
      await read(parts, track, { receipt: answers[2 * index]!, transaction: answers[2 * index + 1]! })
    } catch (error) {
      if (!(error instanceof OddAnswer || error instanceof RpcError)) throw error
      doubt(track, `what a node tells of it cannot be read: ${error.message.slice(0, 300)}`)
    }
  }
}

type Answers = { readonly receipt: Answer; readonly transaction: Answer }

async function read(parts: ObserverParts, track: Track, { receipt, transaction }: Answers): Promise<void> {
  const { hash } = track.attempt
  const found = readReceipt(resultOf(receipt))
  if (found && found.hash !== hash) throw new OddAnswer(`the receipt of ${hash}`, found.hash)
  if (found) return includeBy(parts, track, { receipt: found, terms: termsIn(transaction, hash) })
  // Without the method nobody knows whether it waits; sending the same bytes again does no harm.
  const isUnlisted = 'error' in transaction && isUnsupported(transaction.error)
  const waiting = isUnlisted ? undefined : readTerms(resultOf(transaction), hash)
  track.fate = { state: waiting ? 'pending' : 'missing' }
  track.reason = undefined
}

function resultOf(answer: Answer): unknown {
  if ('error' in answer) throw answer.error
  return answer.result
}

/** What the node tells of the transaction itself is needed only for what its receipt lacks. */
function termsIn(answer: Answer, hash: string): Terms {
  if ('error' in answer) return noTerms
  try {
    return readTerms(answer.result, hash) ?? noTerms
  } catch (error) {
    if (error instanceof OddAnswer) return noTerms
    throw error
  }
}

/** What nodes tell of an attempt in a block: its receipt, and where they were asked for it the transaction. */
type Evidence = { readonly receipt: Receipt; readonly terms?: Terms }

/** Takes a receipt of this attempt, and finds elsewhere what it lacks. */
export async function includeBy(parts: ObserverParts, track: Track, evidence: Evidence): Promise<void> {
  const { hash, maxFee } = track.attempt
  const { receipt } = evidence
  const terms = together(parts.remembered(hash) ?? noTerms, evidence.terms ?? noTerms)
  const fee = feeOf(receipt, terms, maxFee)
  if (fee === undefined) return doubt(track, 'its receipt names no price or no gas, and no node tells what it offered')
  const succeeded = receipt.succeeded ?? (await successOf(parts, receipt, terms))
  if (succeeded === undefined)
    return doubt(track, 'it is in a block, but its receipt does not say whether it succeeded, and no endpoint does')
  include(parts, track, { height: receipt.height, blockHash: receipt.blockHash, succeeded, fee })
}

/** By another endpoint's receipt of the same block; or because there is nothing in it that could have failed. */
async function successOf(parts: ObserverParts, receipt: Receipt, terms: Terms): Promise<boolean | undefined> {
  let told: boolean | undefined
  await witnessesOf(parts.singles, receipt.hash, (said) => {
    const last = said.at(-1)
    if (last && 'receipt' in last && last.receipt?.blockHash === receipt.blockHash) told = last.receipt.succeeded
    return told !== undefined
  })
  if (told !== undefined) return told
  const to = plainRecipient(receipt, terms)
  return to !== undefined && (await hasNoCode(parts.rpc, to, receipt.height)) ? true : undefined
}

async function hasNoCode(rpc: Rpc, address: string, height: number): Promise<boolean> {
  try {
    return (await rpc.call<unknown>('eth_getCode', [address, quantity(height)])) === '0x'
  } catch (error) {
    if (!(isFailure(error, 'CHAIN_ERROR') || error instanceof RpcError)) throw error
    return false
  }
}
