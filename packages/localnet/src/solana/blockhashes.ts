/**
 * Blockhashes by the slot that they were born in. One may be used in its own slot and for `validFor` slots after it;
 * later it is forgotten. `lag` is how far the last commitment is behind.
 */
export function createBlockhashes({ validFor, lag }: { validFor: bigint; lag: bigint }) {
  const born = new Map<string, bigint>()
  return {
    add: (blockhash: string, slot: bigint) => born.set(blockhash, slot),
    /** Of a block that is not part of the chain any more. */
    remove: (blockhash: string) => born.delete(blockhash),
    /** The last block height at which transactions with this blockhash may land; undefined for an unknown one. */
    lastValidHeight(blockhash: string): bigint | undefined {
      const slot = born.get(blockhash)
      return slot === undefined ? undefined : slot + validFor
    },
    /** As seen from a slot, to which newer blockhashes are unknown. */
    isValid(blockhash: string, at: bigint): boolean {
      const slot = born.get(blockhash)
      return slot !== undefined && slot <= at && at <= slot + validFor
    },
    forget(newest: bigint): void {
      for (const [blockhash, slot] of born) {
        // Kept twice as long as it is valid, so that a lagging commitment can still tell it from an unknown one.
        if (slot >= newest - 2n * validFor - lag) break
        born.delete(blockhash)
      }
    },
  }
}
