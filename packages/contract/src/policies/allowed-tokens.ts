import { z } from 'zod'
import { addressKey, assetKey, NAMED_ASSET } from '../families.ts'
import { Address, Place } from './fields.ts'
import { listed, thing } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const AllowedToken = z
  .strictObject({
    address: Address,
    symbol: z.string().max(40).optional(),
    chain: Place.optional(),
    assetId: z.string().regex(NAMED_ASSET, { error: 'expected a CAIP-19 asset' }).optional(),
  })
  .refine(({ address, assetId }) => !assetId || assetKey(assetId).endsWith(`:${addressKey(address)}`), {
    error: 'expected an assetId that names the same address',
    path: ['assetId'],
  })
const AllowedTokens = z.strictObject({ tokens: z.array(AllowedToken).min(1).max(10_000) })

export const allowedTokens = {
  rules: AllowedTokens,
  summary: 'The only tokens that may leave.',
  example: {
    tokens: [{ address: '0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238', symbol: 'USDC', chain: 'ethereum-sepolia' }],
  },
  defaultDeny: {
    setting: 'policy.default_deny_tokens',
    default: true,
    summary: 'Refuse tokens that no ALLOWED_TOKENS policy lists.',
    toggle: 'denyTokens',
    shown: 'tokenTransfers',
  },
  says: ({ tokens }: z.output<typeof AllowedTokens>) => [`Of tokens only ${listed(tokens.map(thing))} may leave`],
} as const satisfies PolicyTypeEntry
