export const commitments = ['processed', 'confirmed', 'finalized'] as const
/** How far the cluster stands behind a slot, from the newest to what no fork can undo. */
export type Commitment = (typeof commitments)[number]

/** True when a transaction at one commitment also counts for another. */
export const reaches = (actual: Commitment, wanted: Commitment) =>
  commitments.indexOf(actual) >= commitments.indexOf(wanted)

/** Slots by which each commitment is behind the newest slot. */
export type Depths = Readonly<Record<Commitment, bigint>>

/** The commitment of what landed in a slot. */
export function commitmentAt(landedIn: bigint, newest: bigint, depths: Depths): Commitment {
  if (landedIn <= newest - depths.finalized) return 'finalized'
  return landedIn <= newest - depths.confirmed ? 'confirmed' : 'processed'
}
