import { isFailure } from '@waiaas/contract'
import { OddAnswer } from '../answers.ts'
import type { Attempt } from '../follow.ts'
import { RpcError } from '../rpc.ts'
import type { RpcPool } from '../rpc-pool.ts'
import type { BlockWindow } from './blocks.ts'
import { quantity, quantityOr, readQuantity } from './hex.ts'
import { includeBy } from './look-up.ts'
import { userOfNonce } from './nonce.ts'
import { readReceipt } from './receipts.ts'
import type { ObserverParts, Track } from './track.ts'

const proofPauseMs = 30_000

/** Looks for a proof where finalized blocks have used the nonce of an attempt that is in none of them. */
export async function findOvertaken(
  parts: ObserverParts,
  all: readonly Track[],
  waiting: readonly Track[],
): Promise<void> {
  const { rpc, window, clock } = parts
  if (window.finalized() < 0 || waiting.length === 0) return
  const used = await finalCounts(rpc, window, [...new Set(waiting.map(({ attempt }) => attempt.sender))])
  for (const track of waiting) {
    if (track.nonce >= (used.get(track.attempt.sender) ?? 0) || clock() < track.proofAt) continue
    const winner = all.find(
      ({ attempt, nonce, fate }) =>
        nonce === track.nonce && attempt.sender === track.attempt.sender && fate.state === 'included' && fate.final,
    )
    await prove(parts, track, winner?.attempt)
  }
}

/** Nonces that finalized blocks have used; what cannot be read counts as none. A node without the tag is asked by height. */
async function finalCounts(rpc: RpcPool, window: BlockWindow, senders: readonly string[]) {
  const counts = new Map<string, number>()
  for (const block of new Set([window.finalizedTag(), quantity(window.finalized())])) {
    const open = senders.filter((sender) => !counts.has(sender))
    const answers = await rpc.batch(
      open.map((sender) => ({ method: 'eth_getTransactionCount', params: [sender, block] })),
    )
    for (const [index, answer] of answers.entries()) {
      const count = 'result' in answer ? quantityOr(answer.result) : undefined
      if (count !== undefined) counts.set(open[index]!, Number(count))
    }
  }
  return counts
}

/**
 * Void when every endpoint asked counts the nonce as used in finalized blocks and knows no receipt of this attempt, and the
 * transaction that used the nonce is found: a node that forgot old receipts must not look like proof.
 */
async function prove(parts: ObserverParts, track: Track, ownWinner: Attempt | undefined): Promise<void> {
  const { rpc, window, clock } = parts
  const { attempt, nonce } = track
  track.proofAt = clock() + proofPauseMs
  try {
    const counts = await finalWitnesses(rpc, window, attempt.sender)
    if (counts.some((count) => BigInt(nonce) >= readQuantity(count))) return
    const answers = await rpc.witnesses<unknown>(2, 'eth_getTransactionReceipt', [attempt.hash])
    const own = answers.map(readReceipt).find((receipt) => receipt !== undefined)
    if (own) {
      if (own.hash !== attempt.hash) throw new OddAnswer(`the receipt of ${attempt.hash}`, own.hash)
      await includeBy(parts, track, { receipt: own })
      return
    }
    const by = ownWinner?.hash ?? (await userOfNonce(rpc, { sender: attempt.sender, nonce }, window.finalized()))
    if (by === undefined || by === attempt.hash) return
    const proof = `nonce ${nonce} of ${attempt.sender} is used by ${by} in a block that is final (${window.finalized()} or before)`
    track.fate = { state: 'void', proof, by }
    track.reason = undefined
  } catch (error) {
    // Without enough witnesses, or with one that lacks old data, nothing is proven; a later call asks again.
    if (!(isFailure(error, 'CHAIN_ERROR') || error instanceof RpcError)) throw error
    track.reason ??= `its nonce ${nonce} is used, and whether by another transaction cannot be proven now: ${error.message.slice(0, 200)}`
  }
}

/** Counts of two endpoints in finalized blocks, by height where one refuses the tag: never in newer ones. */
async function finalWitnesses(rpc: RpcPool, window: BlockWindow, sender: string): Promise<unknown[]> {
  const at = (block: string) => rpc.witnesses<unknown>(2, 'eth_getTransactionCount', [sender, block])
  try {
    return await at(window.finalizedTag())
  } catch (error) {
    if (!(isFailure(error, 'CHAIN_ERROR') || error instanceof RpcError)) throw error
    return at(quantity(window.finalized()))
  }
}
