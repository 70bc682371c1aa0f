import type { Rpc } from './rpc.ts'

/** What was shown longer ago is no measure any more: a development chain may have begun anew. */
const SHOWN_MS = 60_000

export type NewestHead = {
  /** Blocks up to this height were seen. */
  note(height: number): void
  /** The highest block that a node has shown within a minute, the present one included. */
  read(): Promise<number>
}

/** By what a node is known to be behind: the heads of two endpoints, where two serve, and those that were seen before. */
export function newestHead(
  singles: readonly Rpc[],
  { height, clock }: { height: (rpc: Rpc) => Promise<number>; clock: () => number },
): NewestHead {
  let newest = { height: -1, at: Number.NEGATIVE_INFINITY }
  function note(seen: number): void {
    if (seen >= newest.height || clock() - newest.at > SHOWN_MS) newest = { height: seen, at: clock() }
  }
  return {
    note,
    async read() {
      note(await highestOfTwo(singles, height))
      return newest.height
    },
  }
}

async function highestOfTwo(singles: readonly Rpc[], height: (rpc: Rpc) => Promise<number>): Promise<number> {
  const serving = singles.filter((single) => single.status().every(({ status }) => status === 'available'))
  const asked = (serving.length > 0 ? serving : singles).slice(0, 2)
  const heads = await Promise.allSettled(asked.map(height))
  const told = heads.flatMap((head) => (head.status === 'fulfilled' ? [head.value] : []))
  if (told.length > 0) return Math.max(...told)
  throw heads.find((head) => head.status === 'rejected')?.reason ?? new Error('no endpoint is configured')
}
