import { z } from 'zod'
import { DisplayCurrency } from './display.ts'
import { Id } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { Address, Chain, Digits, EnvironmentName, NetworkName } from './wire.ts'

const tag = 'Wallet'
const agent = ['agent'] as const

/** Names the wallet inside a session; needed only when the session has several. */
export const walletChoice = {
  walletId: WalletName.optional().describe('id or name of the wallet; needed when several of the session can be meant'),
}
export const walletAlias = { walletId: ['wallet_id'] } as const

const network = NetworkName.optional().describe('network id; "all" for every network of the wallet')
const where = { walletId: Id, chain: Chain, environment: EnvironmentName }

const Balance = z.object({
  network: z.string(),
  balance: Digits,
  decimals: z.int(),
  symbol: z.string(),
  balanceFormatted: z.string().nullable(),
  chainId: z.string().describe('CAIP-2'),
  assetId: z.string().describe('CAIP-19'),
})
const Unreadable = z.object({ network: z.string(), error: z.string() })

export const WalletBalance = Balance.extend({
  ...where,
  address: Address,
  displayBalance: z.string().nullable().optional(),
  displayCurrency: z.string().nullable().optional(),
})
export const WalletBalances = z.object({ ...where, balances: z.array(z.union([Balance, Unreadable])) })

const Asset = z.object({
  mint: z.string().describe('address of the token; "native" for the native asset'),
  symbol: z.string(),
  name: z.string(),
  balance: Digits,
  decimals: z.int(),
  isNative: z.boolean(),
  usdValue: z.number().optional(),
  displayValue: z.string().nullable().optional(),
  balanceFormatted: z.string().nullable(),
  assetId: z.string(),
  network: z.string(),
  chainId: z.string(),
})
export const WalletAssets = z.object({
  ...where,
  network: z.string(),
  assets: z.array(Asset),
  displayCurrency: z.string().nullable().optional(),
  chainId: z.string(),
})
export const AllWalletAssets = z.object({
  ...where,
  networkAssets: z.array(z.union([z.object({ network: z.string(), assets: z.array(Asset) }), Unreadable])),
})

/** What both reads of holdings take and may fail with. */
const holdings = {
  aliases: { ...walletAlias, displayCurrency: ['display_currency'] },
  input: z.strictObject({ ...walletChoice, network, displayCurrency: DisplayCurrency }),
  errors: [
    'WALLET_ID_REQUIRED',
    'WALLET_NOT_FOUND',
    'WALLET_TERMINATED',
    'NETWORK_REQUIRED',
    'ENVIRONMENT_NETWORK_MISMATCH',
    'CHAIN_ERROR',
  ],
} as const

/** The agent's view of its own wallet. */
export const agentWalletOperations = {
  getAddress: operation({
    method: 'GET',
    path: '/v1/wallet/address',
    access: agent,
    tag,
    summary: "Show the wallet's address.",
    tool: 'get_address',
    aliases: walletAlias,
    input: z.strictObject(walletChoice),
    output: z.object({ ...where, network: z.string(), address: Address }),
    errors: ['WALLET_ID_REQUIRED', 'WALLET_NOT_FOUND', 'WALLET_TERMINATED'],
  }),
  getBalance: operation({
    method: 'GET',
    path: '/v1/wallet/balance',
    access: agent,
    tag,
    summary: 'Show the balance in the network’s own currency. Use network "all" for every network.',
    tool: 'get_balance',
    ...holdings,
    output: z.union([WalletBalance, WalletBalances]),
  }),
  getAssets: operation({
    method: 'GET',
    path: '/v1/wallet/assets',
    access: agent,
    tag,
    summary: 'List what the wallet holds: the network’s own currency and listed tokens.',
    tool: 'get_assets',
    ...holdings,
    output: z.union([WalletAssets, AllWalletAssets]),
  }),
}

/** What a wallet holds, in whole units; on a network that does not answer, why it is not known. */
export const WalletHoldings = z.object({
  balances: z.array(
    z.object({
      network: z.string(),
      native: z
        .object({ balance: z.string().describe('whole units'), symbol: z.string(), usd: z.number().nullable() })
        .nullable(),
      tokens: z.array(z.object({ symbol: z.string(), balance: z.string().describe('whole units'), address: Address })),
      error: z.string().optional(),
    }),
  ),
})
export type WalletHoldings = z.output<typeof WalletHoldings>

/** What is held of one asset. */
export const Held = z.object({
  address: z.string().describe('of the token; "native" for the native asset'),
  assetId: z.string().describe('CAIP-19'),
  symbol: z.string().describe('of a token that no list has, what it calls itself, which may be a lie'),
  listed: z.boolean().describe('whether the asset is native, in the built-in list or registered by the operator'),
  balance: Digits,
  decimals: z.int(),
  balanceFormatted: z.string().describe('whole units'),
  usdValue: z.number().nullable(),
})
const lookedAt = {
  network: z.string(),
  chainId: z.string().describe('CAIP-2'),
  enabled: z.boolean().describe('whether the wallet can send from there'),
}
/** What an address holds on one network, or why that is not known. */
const Look = z.discriminatedUnion('status', [
  z.object({
    ...lookedAt,
    status: z.literal('READ'),
    holdings: z.array(Held).describe('what is not zero, 200 at most'),
    more: z.int().describe('tokens that it holds beyond these'),
  }),
  z.object({ ...lookedAt, status: z.literal('UNREAD'), error: z.string() }),
])
/** Where a look for money goes: to every known network of the family, or to those of the wallet alone. */
const LOOK_SCOPES = ['everywhere', 'enabled'] as const

/** The operator's view of any wallet, also of one that has ended. */
export const operatorWalletOperations = {
  adminGetWalletBalance: operation({
    method: 'GET',
    path: '/v1/admin/wallets/{id}/balance',
    access: ['operator'],
    tag,
    summary: 'Show what a wallet holds on each of its networks.',
    command: 'wallet balance',
    input: z.strictObject({ id: WalletName }),
    output: WalletHoldings,
    errors: ['WALLET_NOT_FOUND'],
  }),
  getWalletHoldings: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/holdings',
    access: ['operator'],
    tag,
    summary:
      'Look for all that an address holds: on the networks of its wallet, and on known networks of the same family where it cannot send.',
    command: 'wallet holdings',
    input: z.strictObject({
      id: WalletName,
      scope: z
        .enum(LOOK_SCOPES)
        .default('everywhere')
        .describe('everywhere, which asks public endpoints for the address; or the networks of the wallet alone'),
    }),
    output: z.object({
      ...where,
      address: Address,
      networks: z.array(Look),
    }),
    errors: ['WALLET_NOT_FOUND'],
  }),
}
