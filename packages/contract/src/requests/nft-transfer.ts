import { approve } from './approve.ts'
import { amounts, recipient } from './fields.ts'
import type { RequestKind } from './kind.ts'
import { Nft } from './nft.ts'

export const nftTransfer = {
  summary: 'an NFT',
  fields: {
    ...recipient,
    ...amounts,
    token: approve.fields.token,
    nft: approve.fields.nft,
  },
  rules: [
    {
      holds: ({ nft }) => Nft.safeParse(nft).success,
      error: 'expected nft with its standard, and tokenId where the standard has them',
      field: 'nft',
    },
    {
      holds: ({ amount, humanAmount }) => amount === undefined || humanAmount === undefined,
      error: 'expected at most one of amount and humanAmount, 1 without either',
      field: 'amount',
    },
  ],
  forms: [
    {
      tool: 'transfer_nft',
      command: 'nft transfer',
      summary: 'Give away an NFT: token is its contract, or its mint on Solana. A human approves it.',
    },
  ],
} as const satisfies RequestKind
