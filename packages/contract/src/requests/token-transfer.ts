import { z } from 'zod'
import { Address } from '../wire.ts'
import { amounts, memo, oneAmount, recipient } from './fields.ts'
import type { RequestKind } from './kind.ts'

/** Names a token: an address, or a CAIP-19 asset. Symbol and decimals are checked, never believed. */
const TokenChoice = z
  .strictObject({
    address: Address.optional().describe('contract or mint'),
    decimals: z.int().min(0).max(18).optional().describe('must be what the chain says'),
    symbol: z.string().min(1).max(10).optional().describe('must be what the chain says'),
    assetId: z.string().max(200).optional().describe('CAIP-19 asset, in place of address'),
  })
  .refine((token) => token.address !== undefined || token.assetId !== undefined, {
    error: 'expected address or assetId',
    path: ['address'],
  })

export const tokenTransfer = {
  summary: 'a token',
  fields: { ...recipient, ...amounts, token: TokenChoice.describe('the token'), ...memo },
  rules: [oneAmount],
} as const satisfies RequestKind
