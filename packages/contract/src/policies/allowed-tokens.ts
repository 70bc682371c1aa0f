import { z } from 'zod'
import { addressKey, assetKey, CAIP19, CHAINS } from '../families.ts'
import { Address } from './fields.ts'
import type { PolicyTypeEntry } from './type.ts'

const AllowedToken = z
  .strictObject({
    address: Address,
    symbol: z.string().max(40).optional(),
    chain: z.enum(CHAINS).optional(),
    assetId: z.string().regex(CAIP19, { error: 'expected a CAIP-19 asset' }).optional(),
  })
  .refine(({ address, assetId }) => !assetId || assetKey(assetId).endsWith(`:${addressKey(address)}`), {
    error: 'expected an assetId that names the same address',
    path: ['assetId'],
  })
const AllowedTokens = z.strictObject({ tokens: z.array(AllowedToken).min(1).max(10_000) })

export const allowedTokens = {
  rules: AllowedTokens,
  summary: 'The only tokens that may leave.',
  defaultDeny: {
    setting: 'policy.default_deny_tokens',
    summary: 'Refuse tokens that no ALLOWED_TOKENS policy lists.',
    toggle: 'denyTokens',
    shown: 'tokenTransfers',
  },
} as const satisfies PolicyTypeEntry
