import { z } from 'zod'
import { Id } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { Address, NetworkName, ofClients } from './wire.ts'

const tag = 'Wallets'
const operator = ['operator'] as const
const Units = z.string().describe('whole units')
const Amount = z
  .string()
  .regex(/^\d{1,40}(\.\d{1,36})?$/)
  .optional()

const limits = {
  transaction: Units.describe('the most in one transaction, in whole units'),
  day: Units.describe('the most in any 24 hours, in whole units'),
  used: Units.describe('signed for in the last 24 hours, in whole units'),
}

/** Owners whose signatures the signer checks by itself. */
const KnownOwners = z.strictObject({
  threshold: z.int().min(1).max(20).describe('so many of them have to agree'),
  owners: z
    .array(z.array(z.string().min(1).max(2_000)).min(1).max(20))
    .min(1)
    .max(20)
    .describe('of each owner what signs for them: addresses, and passkeys as passkey:host:id:key'),
})
export type KnownOwners = z.output<typeof KnownOwners>

/** The most that the signer signs for a wallet, whatever the daemon says. */
export const WalletCeiling = z.object({
  id: Id,
  networks: z.array(
    z.object({
      network: z.string().describe('where the amounts of several count together, one of them'),
      symbol: z.string(),
      ...limits,
      fee: Units.describe('the worst fee of one transaction, in whole units of the native asset'),
      tokens: z.array(
        z.object({
          address: Address,
          symbol: z.string().nullable().describe('null: not registered, and its amounts are in base units'),
          ...limits,
        }),
      ),
      otherTokens: z.boolean().describe('are tokens that are not listed signed in any amount?'),
      deploys: z.boolean().describe('may it deploy contracts?'),
      contracts: z.array(Address).describe('may be called in ways that the signer cannot read'),
    }),
  ),
  recipients: z.array(Address).describe('where there are any, nothing goes to others'),
  owners: KnownOwners.nullable().describe(
    'who lets something pass above it, as the signer knows them; null: the master password does',
  ),
})
export type WalletCeiling = z.output<typeof WalletCeiling>

const BaseUnits = z
  .string()
  .regex(/^\d{1,78}$/)
  .optional()

const Most = z.string().regex(/^\d{1,78}$/)
const Amounts = z.strictObject({ transaction: Most, day: Most })
/** What the signer signs at most on one chain, in base units. */
const ChainLimits = z.strictObject({
  native: Amounts,
  fee: Most,
  tokens: z.record(Address, Amounts),
  otherTokens: z.boolean(),
  deploys: z.boolean(),
  contracts: z.array(Address).max(100),
})
const AllChains = z
  .record(z.string().max(40), ChainLimits)
  .describe('by CAIP-2 of an EVM network, or solana; where none is named nothing is signed')
export type ChainLimits = z.output<typeof ChainLimits>

/** A change as the signer takes it from a call with a sealed password: nothing of it is left to the daemon's word. */
const ExactChange = z
  .strictObject({
    address: Address.describe("the wallet's own"),
    chain: z.string().max(40).optional().describe('CAIP-2 of an EVM network, or solana'),
    token: Address.optional().describe('the native asset without one'),
    transaction: BaseUnits,
    day: BaseUnits,
    fee: BaseUnits,
    otherTokens: z.boolean().optional(),
    deploys: z.boolean().optional(),
    contracts: z.array(Address).max(100).optional(),
    recipients: z.array(Address).max(1_000).optional(),
    chains: AllChains.optional().describe('all limits anew, in place of what changes on one chain'),
    owners: KnownOwners.nullable().optional().describe('whom the signer asks; null: nobody any more'),
  })
  .describe(
    'the change in base units, in place of all other fields; with X-Master-Proof, whatever raises it takes this',
  )
export type ExactCeilingChange = z.output<typeof ExactChange>

const errors = ['WALLET_NOT_FOUND', 'WALLET_TERMINATED'] as const

export const ceilingOperations = {
  getWalletCeiling: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/ceiling',
    access: operator,
    tag,
    summary: 'Show the ceiling of a wallet: the most that the signer signs for it, and how much of that is used.',
    input: z.strictObject({ id: WalletName }),
    output: WalletCeiling,
    errors,
  }),
  proposeWalletCeiling: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/ceiling/proposal',
    access: operator,
    tag,
    summary: 'Propose a ceiling anew: four times what the policies let go in a day, at the prices of now.',
    input: z.strictObject({ id: WalletName }),
    output: z.object({
      ...{ id: Id, address: Address, chains: AllChains },
      owners: KnownOwners.nullable().describe(
        'those who have verified with keys that the signer can check; null where too few have',
      ),
    }),
    errors,
  }),
  changeWalletCeiling: operation({
    method: 'PUT',
    path: '/v1/wallets/{id}/ceiling',
    mayLoosen: true,
    access: operator,
    tag,
    summary: 'Show or change the ceiling of a wallet: the most that the signer signs for it, in whole units.',
    command: 'wallet ceiling',
    example: 'shop --transaction 0.5 --day 2',
    input: z.strictObject({
      id: WalletName,
      network: NetworkName.optional().describe('where it changes; only shown without one'),
      token: z.string().max(200).optional().describe('symbol or address; the native asset without one'),
      transaction: Amount.describe('the most in one transaction'),
      day: Amount.describe('the most in any 24 hours'),
      fee: Amount.describe('the worst fee of one transaction, in the native asset'),
      fromPolicies: z
        .boolean()
        .optional()
        .describe('propose it anew: four times what the policies let go in a day, at the prices of now'),
      otherTokens: z.boolean().optional().describe('sign tokens that are not listed, in any amount'),
      deploys: z.boolean().optional().describe('deploy contracts'),
      contracts: z
        .array(Address)
        .max(100)
        .optional()
        .describe('all contracts that may be called in ways that the signer cannot read'),
      recipients: z
        .array(Address)
        .max(1_000)
        .optional()
        .describe('all that may be paid, on every network; none: anybody'),
      owners: z
        .enum(['verified', 'none'])
        .optional()
        .describe(
          'have the signer ask the owners who have verified, in place of the master password, for what is above the ceiling; those whom it knows have to agree to others, or to none',
        ),
      exact: ofClients(ExactChange.optional()),
    }),
    output: WalletCeiling,
    errors: [...errors, 'CHAIN_NOT_SUPPORTED', 'ENVIRONMENT_NETWORK_MISMATCH', 'TOKEN_NOT_FOUND', 'INVALID_ADDRESS'],
  }),
}
