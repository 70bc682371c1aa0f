import { Address } from '../wire.ts'
import { amounts, oneAmount, priorityFee } from './fields.ts'
import type { RequestKind } from './kind.ts'
import { Nft } from './nft.ts'
import { tokenTransfer } from './token-transfer.ts'

export const approve = {
  summary: 'an allowance of a token, 0 to take it back',
  fields: {
    spender: Address.describe('who may take it'),
    ...amounts,
    token: tokenTransfer.fields.token,
    nft: Nft.optional(),
    ...priorityFee,
  },
  rules: [oneAmount],
  forms: [
    {
      tool: 'approve_token',
      command: 'token approve',
      example: '--spender 0x00000000219ab540356cBB839Cbe05303d7705Fa --token USDC --human-amount 25',
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
