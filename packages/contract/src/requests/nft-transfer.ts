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
  formerly,
  forms: [
    {
      tool: 'transfer_nft',
      command: 'nft transfer',
      example: `--to 0x00000000219ab540356cBB839Cbe05303d7705Fa --token 0x00000000219ab540356cBB839Cbe05303d7705Fa --nft '{"standard":"ERC-721","tokenId":"7"}'`,
      summary: 'Give away an NFT: token is its contract, or its mint on Solana. A human approves it.',
    },
  ],
} as const satisfies RequestKind

/** Its number and standard stood in `token`, and a mint had itself for a number. */
function formerly(input: Record<string, unknown>): Record<string, unknown> {
  const { token, nft } = input
  if (nft !== undefined || !isRecord(token)) return input
  const { tokenId, standard, ...rest } = token
  if (tokenId === undefined && standard === undefined) return input
  const isMint = standard === 'METAPLEX' && tokenId === rest.address
  return { ...input, token: rest, nft: { standard, ...(!isMint && { tokenId }) } }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
