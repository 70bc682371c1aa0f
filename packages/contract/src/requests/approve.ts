import { z } from 'zod'
import { Address } from '../wire.ts'
import { amounts, oneAmount } from './fields.ts'
import type { RequestKind } from './kind.ts'
import { tokenTransfer } from './token-transfer.ts'

const Nft = z
  .strictObject({
    tokenId: z
      .string()
      .regex(/^\d{1,78}$/, 'expected decimal digits')
      .describe('its number'),
    standard: z.enum(['ERC-721', 'ERC-1155']).describe('of its contract'),
  })
  .describe('of an NFT: amount 0 lets the spender take this one, any other amount all of the contract')

export const approve = {
  summary: 'an allowance of a token, 0 to take it back',
  fields: {
    spender: Address.describe('who may take it'),
    ...amounts,
    token: tokenTransfer.fields.token,
    nft: Nft.optional(),
  },
  rules: [oneAmount],
} as const satisfies RequestKind
