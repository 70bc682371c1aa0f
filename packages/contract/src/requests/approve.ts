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
  .describe('of an NFT: an amount of 0 lets the spender take this one, any other amount all of the contract')

export const approve = {
  summary: 'an allowance of a token, 0 to take it back',
  fields: {
    spender: Address.describe('who may take it'),
    ...amounts,
    token: tokenTransfer.fields.token,
    nft: Nft.optional(),
  },
  rules: [oneAmount],
  forms: [
    {
      tool: 'approve_token',
      command: 'token approve',
      summary:
        'Let a spender take so much of a token, or nothing any more with an amount of 0. The answer says at once what the policies decided.',
    },
    {
      command: 'token revoke',
      summary: 'Let a spender take nothing of a token any more. The answer says at once what the policies decided.',
      says: { amount: '0' },
      without: ['humanAmount', 'nft'],
    },
  ],
  needs: ['humanAmount'],
} as const satisfies RequestKind
