import { z } from 'zod'
import { UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { isPrice } from './setting-values.ts'
import { NetworkName, UsdAmount } from './wire.ts'

const tag = 'Prices'
const operator = ['operator'] as const

const AssetName = z
  .string()
  .min(3)
  .max(200)
  .regex(/^\S+$/, 'expected no white space')
  .describe('symbol or address @ network, such as USDC@ethereum-mainnet; or a CAIP-19 asset, or native:<network>')

const PositivePrice = UsdAmount.refine(isPrice, 'expected a price above zero').describe(
  'US dollars for one whole unit, at most six decimals',
)

/** What one asset costs now. */
export const AssetPrice = z.object({
  name: z.string().describe('symbol @ network'),
  asset: z.string().describe('CAIP-19'),
  network: z.string(),
  usd: z.number().nullable().describe('US dollars for one whole unit; null while there is no trustworthy price'),
  source: z.string().nullable().describe('fixed, or whose answer it is'),
  at: UnixSeconds.nullable().describe('when the source told it'),
  reason: z.string().nullable().describe('why there is none'),
})
export type AssetPrice = z.output<typeof AssetPrice>

const Count = z.int().min(0)
/** How prices are read, and from whom. */
export const OracleStatus = z.object({
  cache: z.object({ hits: Count, misses: Count, staleHits: Count, size: Count, evictions: Count }),
  sources: z.object({
    pyth: z.object({ available: z.boolean(), baseUrl: z.string(), lastError: z.string().nullable() }),
    coingecko: z.object({ available: z.boolean(), apiKeyConfigured: z.boolean(), lastError: z.string().nullable() }),
  }),
  crossValidation: z.object({ enabled: z.boolean(), threshold: z.number().describe('per cent') }),
})

const errors = [
  'CHAIN_NOT_SUPPORTED',
  'INVALID_ADDRESS',
  'TOKEN_NOT_FOUND',
  'TOKEN_UNSUPPORTED',
  'CHAIN_ERROR',
] as const

/** What the operator says of prices, one asset at a time, and what is known of them. */
export const priceOperations = {
  listPrices: operation({
    method: 'GET',
    path: '/v1/admin/prices',
    access: operator,
    tag,
    summary: 'List prices: those that you set and those that are known. With a network, its sources are asked first.',
    command: 'price list',
    input: z.strictObject({
      network: NetworkName.optional().describe('all of its listed assets, also those without a price'),
    }),
    output: z.object({ prices: z.array(AssetPrice) }),
    errors: ['CHAIN_NOT_SUPPORTED'],
  }),
  listExchangeRates: operation({
    method: 'GET',
    path: '/v1/admin/forex/rates',
    access: operator,
    tag,
    summary: 'Show what a US dollar is in other currencies, for display alone.',
    command: 'price rates',
    input: z.strictObject({
      currencies: z
        .string()
        .regex(/^[A-Za-z]{3}(,[A-Za-z]{3}){0,59}$/, 'expected codes of ISO 4217 with commas between, such as EUR,JPY')
        .optional()
        .describe(
          'codes of ISO 4217 with commas between, such as EUR,JPY; else the one that is set as display.currency',
        ),
    }),
    output: z.object({
      rates: z
        .record(z.string(), z.object({ rate: z.number(), preview: z.string() }))
        .describe('by currency; one that nobody tells is not there'),
    }),
    errors: ['ACTION_VALIDATION_FAILED'],
  }),
  getOracleStatus: operation({
    method: 'GET',
    path: '/v1/admin/oracle-status',
    access: operator,
    tag,
    summary: 'Show how prices are read: what is kept of them, and whether the sources beside the feeds answer.',
    command: 'price status',
    input: z.strictObject({}),
    output: OracleStatus,
    errors: [],
  }),
  setPrice: operation({
    method: 'PUT',
    path: '/v1/admin/prices',
    mayLoosen: true,
    access: operator,
    tag,
    summary:
      'Set the price of one asset, which then counts before all sources. Waiting payments are judged again by it.',
    command: 'price set',
    example: 'USDC 1',
    places: ['asset', 'usd'],
    input: z.strictObject({ asset: AssetName, usd: PositivePrice }),
    output: z.object({
      asset: z.string().describe('as it stands in oracle.fixed_prices'),
      usd: z.number(),
      before: z.number().nullable().describe('what you had set before'),
    }),
    errors,
  }),
  unsetPrice: operation({
    method: 'DELETE',
    path: '/v1/admin/prices',
    mayLoosen: true,
    access: operator,
    tag,
    summary: 'Take back a price that you set. What its sources say counts again.',
    command: 'price unset',
    example: 'USDC',
    places: ['asset'],
    bodyFrom: 'body',
    alsoQuery: ['asset'],
    input: z.strictObject({ asset: AssetName }),
    output: z.object({ asset: z.string(), before: z.number().nullable().describe('null: there was none') }),
    errors,
  }),
}
