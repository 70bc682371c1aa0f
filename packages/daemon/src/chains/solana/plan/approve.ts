import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const approve: Lacking<IntentOf<'approve'>> = {
  lacks: () => 'has delegates of token accounts, which this release does not set',
}

export const approveNft: Lacking<IntentOf<'approve-nft'>> = {
  lacks: () => 'has delegates of token accounts, which this release does not set',
}
