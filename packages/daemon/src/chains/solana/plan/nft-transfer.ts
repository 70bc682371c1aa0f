import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const nftTransfer: Lacking<IntentOf<'nft-transfer'>> = {
  lacks: () => 'has no NFTs of ERC-721 or ERC-1155: name the mint of the NFT, with the standard METAPLEX',
}
