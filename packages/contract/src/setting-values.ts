import { z } from 'zod'
import { parseUsd, ZERO_USD } from './money.ts'
import { ENVIRONMENTS, LOCAL_NETWORKS, NETWORKS } from './networks.ts'

const url = (protocols: readonly string[], expected: string) =>
  z
    .string()
    .max(2_000)
    .refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ''), { error: expected })

export const HttpUrl = url(['http:', 'https:'], 'expected an http:// or https:// address')
export const SmtpUrl = url(['smtp:', 'smtps:'], 'expected an smtp:// or smtps:// address')
export const PostgresUrl = url(['postgres:', 'postgresql:'], 'expected a postgres:// address')

export const Host = z
  .string()
  .max(255)
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/, { error: 'expected a host name, with or without port' })

export const Origin = z.string().refine((text) => URL.parse(text)?.origin === text, {
  error: 'expected an origin such as https://example.org, without a path',
})

export const ProxyRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'expected an IP address or a CIDR range',
})

/** A network as people name it: an id, or a CAIP-2 name. */
const NETWORK = '[-a-z0-9]{1,40}|[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}'
const FIXED_PRICE = new RegExp(`^(native:(${NETWORK})|(${NETWORK})/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128})$`)

/** CAIP-19 asset or `native:<network>` to decimal US dollars for one whole unit. */
export const FixedPrices = z
  .record(
    z.string().regex(FIXED_PRICE, {
      error: 'expected a CAIP-19 asset or native:<network>',
    }),
    z.string().refine(isPrice, { error: 'expected decimal text of US dollars above zero, such as "2000" or "0.9998"' }),
  )
  .describe('CAIP-19 asset or native:<network> to decimal US dollars')

/** Whether it is US dollars above zero, of at most six decimals. */
export function isPrice(text: string | number): boolean {
  try {
    return parseUsd(text) > ZERO_USD
  } catch {
    return false
  }
}

/** The network's id or CAIP-2 name to a number of blocks. */
export const Confirmations = z.record(
  z.string().regex(new RegExp(`^(${NETWORK})$`), { error: 'expected the id of a network, or its CAIP-2 name' }),
  z.int().min(1).max(1_000),
)

const AddedNetwork = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, { error: 'expected an id of lower-case letters, digits and hyphens' }),
  chainId: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  environment: z.enum(ENVIRONMENTS),
  rpc: z.array(HttpUrl).min(1).max(20),
  symbol: z.string().min(1).max(20),
  decimals: z.int().min(0).max(36).default(18),
  name: z.string().min(1).max(60).optional(),
  explorer: HttpUrl.includes('{hash}').optional(),
  genesis: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .optional(),
  fees: z.enum(['eip1559', 'legacy']).optional(),
  blockMs: z.int().min(50).max(600_000).optional(),
  l1Fee: z.literal('op-stack').optional(),
})

const taken = [...NETWORKS, ...LOCAL_NETWORKS]

/** EVM networks that the operator adds; ids and chain ids are unique among all networks. */
export const AddedNetworks = z
  .array(AddedNetwork)
  .max(100)
  .refine((added) => unique([...taken.map(({ id }) => id), ...added.map(({ id }) => id)]), {
    error: 'expected ids that no other network has',
  })
  .refine((added) => unique([...taken.map(({ caip2 }) => caip2), ...added.map(({ chainId }) => `eip155:${chainId}`)]), {
    error: 'expected chain ids that no other network has',
  })

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length
