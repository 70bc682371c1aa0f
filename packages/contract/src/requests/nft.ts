import { z } from 'zod'

/** Which NFT of a contract. What `amount` means beside it is the request's matter. */
export const Nft = z
  .strictObject({
    tokenId: z
      .string()
      .regex(/^\d{1,78}$/, 'expected decimal digits')
      .describe('its number; a mint of Solana has none')
      .optional(),
    standard: z.enum(['ERC-721', 'ERC-1155', 'METAPLEX']).describe('of its contract; METAPLEX is a mint of Solana'),
  })
  .refine(({ tokenId, standard }) => (tokenId === undefined) === (standard === 'METAPLEX'), {
    error: 'expected tokenId, except of METAPLEX, where the mint in token is the NFT',
    path: ['tokenId'],
  })
  .describe(
    'which NFT; to allow it, an amount of 0 lets the spender take this one, any other amount all of the contract',
  )
