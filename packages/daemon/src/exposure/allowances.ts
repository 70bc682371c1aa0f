import { type allowanceOperations, assetKey, type Output } from '@waiaas/contract'
import type { OpenAllowance } from './types.ts'

type Page = Output<typeof allowanceOperations.listAllowances>
type Pages = (asked: { id: string; limit: number; cursor?: string | undefined }) => Promise<Page>

/** More than anybody has. */
const ENDLESS = 2n ** 256n - 1n
const PAGE = 50

/** What others may take of a wallet now: as the chain tells it, or all that was granted where it does not. */
export const openAllowances =
  (pages: Pages) =>
  async (id: string): Promise<OpenAllowance[]> => {
    const all: OpenAllowance[] = []
    for (let cursor: string | undefined, hasMore = true; hasMore; ) {
      const page = await pages({ id, limit: PAGE, cursor })
      for (const { network, spender, assetId, granted, open, unlimited } of page.items) {
        const amount = BigInt(open ?? (unlimited ? ENDLESS : granted))
        // An allowance that never shrinks is there however often it is used.
        const isEndless = unlimited && amount > 0n
        if (amount > 0n)
          all.push({ network, spender, assetId: assetKey(assetId), amount: isEndless ? ENDLESS : amount, isEndless })
      }
      cursor = page.nextCursor ?? undefined
      hasMore = page.hasMore && cursor !== undefined
    }
    return all
  }
