import { z } from 'zod'
import { WalletCeiling } from './ceilings.ts'
import { cursors, Id, Limit, nextPage, UnixSeconds } from './ids.ts'
import { NewName, WalletName } from './names.ts'
import { operation } from './operation.ts'
import { INSTALLED_TYPE } from './policies/all.ts'
import { Address, Chain, EnvironmentName, Name, OwnerState, Unwritten, WalletStatus } from './wire.ts'

const tag = 'Wallets'

/** A wallet as lists and changes answer it. `publicKey` is the address. */
export const Wallet = z.object({
  id: Id,
  name: Name,
  chain: Chain,
  network: z.string().describe('the network used when a request names none, or the first of the environment'),
  environment: EnvironmentName,
  publicKey: Address,
  status: WalletStatus,
  ownerAddress: z.string().nullable(),
  ownerState: OwnerState,
  monitorIncoming: z.boolean(),
  accountType: z.enum(['eoa', 'smart']).default('eoa'),
  signerKey: z.string().nullable().optional(),
  deployed: z.boolean().default(true),
  factoryAddress: z.string().nullable().optional(),
  createdAt: UnixSeconds,
})
export type Wallet = z.output<typeof Wallet>

export const WalletDetail = Wallet.extend({
  ownerVerified: z.boolean().nullable(),
  approvalMethod: z.string().nullable().optional(),
  walletType: z.string().nullable().optional(),
  suspendedAt: UnixSeconds.nullable(),
  suspensionReason: z.string().nullable(),
  updatedAt: UnixSeconds.nullable(),
  ceiling: WalletCeiling.omit({ id: true })
    .optional()
    .describe('for the operator: the most that the signer signs for it'),
})

const createFields = {
  name: NewName,
  chain: Chain.default('solana'),
  environment: EnvironmentName.default('testnet'),
  defaultPolicy: z
    .boolean()
    .default(true)
    .describe(`install the modest default ${INSTALLED_TYPE}; without a policy nothing is signed`),
}

const InstalledPolicy = z
  .object({ id: Id, type: z.string(), rules: z.record(z.string(), z.unknown()) })
  .nullable()
  .describe('the default policy that was installed, or null')

export const CreatedWallet = Wallet.extend({
  session: z.object({ id: Id, token: z.string(), expiresAt: UnixSeconds }).nullable(),
  defaultPolicy: InstalledPolicy,
})

export const IMPORT_FORMATS = ['private-key', 'mnemonic', 'keystore-v3', 'solana-keypair', 'waiaas-2'] as const
export const EXPORT_FORMATS = ['private-key', 'keystore-v3', 'solana-keypair'] as const

/** How a recovery phrase becomes a key: along a BIP-44 path, or with the first bytes of its seed as they are. */
export const DERIVATIONS = ['bip44', 'none'] as const

/** An address that a recovery phrase gives, and how. */
export const DerivedAddress = z.object({
  derivation: z.enum(DERIVATIONS),
  path: z.string().nullable().describe('BIP-44 path, or null with the derivation none'),
  publicKey: Address,
  usedBy: z.string().describe('wallets that show this address'),
})
export type DerivedAddress = z.output<typeof DerivedAddress>

/** What a caller seals, and what a plain import carries in its fields. */
export const ImportedSecret = z.strictObject({
  format: z.enum(IMPORT_FORMATS),
  secret: z.string().min(1).max(20_000).describe('hex or base58 key, mnemonic words, or the text of the key file'),
  password: z.string().max(1_000).optional().describe('password of a keystore-v3 or waiaas-2 file'),
  derivation: z
    .enum(DERIVATIONS)
    .optional()
    .describe('of a mnemonic: bip44 (along path), or none, as solana-keygen new derives; bip44 where nothing is said'),
  path: z.string().max(100).optional().describe('BIP-44 path for a mnemonic'),
  passphrase: z.string().max(1_000).optional().describe('BIP-39 passphrase'),
})
export type ImportedSecret = z.output<typeof ImportedSecret>

const ImportWallet = z
  .strictObject({
    ...createFields,
    format: ImportedSecret.shape.format.optional(),
    secret: ImportedSecret.shape.secret.optional(),
    password: ImportedSecret.shape.password,
    derivation: ImportedSecret.shape.derivation,
    path: ImportedSecret.shape.path,
    passphrase: ImportedSecret.shape.passphrase,
    sealed: z
      .base64()
      .max(40_000)
      .optional()
      .describe(
        'JSON sealed to the key of GET /v1/admin/sealing-key: { kind, text } for a private key, { kind, phrase, derivation, path, passphrase } for a mnemonic, { kind, json, password } for the file formats',
      ),
  })
  .refine((input) => (input.sealed === undefined) !== (input.secret === undefined), {
    error: 'expected exactly one of sealed, or secret with its format',
    path: ['secret'],
  })
  .refine((input) => (input.format === undefined) === (input.secret === undefined), {
    error: 'expected format together with secret',
    path: ['format'],
  })
  .refine(
    ({ sealed, password, derivation, path, passphrase }) =>
      sealed === undefined || (password ?? derivation ?? path ?? passphrase) === undefined,
    { error: 'expected password, derivation, path and passphrase inside the sealed text', path: ['sealed'] },
  )

const ListDerivations = z
  .strictObject({
    chain: Chain,
    phrase: z.string().min(1).max(1_000).optional().describe('mnemonic words'),
    passphrase: ImportedSecret.shape.passphrase,
    sealed: ImportWallet.shape.sealed.describe(
      'JSON sealed to the key of GET /v1/admin/sealing-key: { kind: "mnemonic", phrase, passphrase }',
    ),
  })
  .refine((input) => (input.sealed === undefined) !== (input.phrase === undefined), {
    error: 'expected exactly one of sealed and phrase',
    path: ['phrase'],
  })
  .refine((input) => input.sealed === undefined || input.passphrase === undefined, {
    error: 'expected passphrase inside the sealed text',
    path: ['sealed'],
  })

const one = z.strictObject({ id: WalletName })
const dual = ['agent', 'operator'] as const
const operator = ['operator'] as const
const stopper = ['operator', 'stopper'] as const

/** The life of a wallet: made or imported, suspended, resumed, terminated, purged. */
export const walletOperations = {
  createWallet: operation({
    method: 'POST',
    path: '/v1/wallets',
    access: operator,
    tag,
    summary:
      'Create a wallet. It comes with a new key and, unless you say otherwise, a session and a small spending limit.',
    command: 'wallet create',
    example: '--name shop --chain ethereum',
    status: 201,
    input: z.strictObject({
      ...createFields,
      createSession: z.boolean().default(true).describe('issue a session of 24 hours for the wallet'),
      accountType: z
        .literal('eoa', 'expected "eoa"; this release has no smart accounts')
        .default('eoa')
        .describe('externally owned account'),
    }),
    output: CreatedWallet,
    errors: ['CHAIN_NOT_SUPPORTED', 'RECOVERY_KEY_PRESENT', 'SESSION_LIMIT_EXCEEDED', 'WALLET_NAME_EXISTS'],
  }),
  listWallets: operation({
    method: 'GET',
    path: '/v1/wallets',
    access: dual,
    tag,
    summary: 'List wallets. A session sees its own.',
    command: 'wallet list',
    input: z.strictObject({ limit: Limit(1_000, 1_000), cursor: cursors.id.optional() }),
    output: z.object({ items: z.array(Wallet), ...nextPage }),
    errors: [],
  }),
  getWallet: operation({
    method: 'GET',
    path: '/v1/wallets/{id}',
    access: dual,
    tag,
    summary: 'Show one wallet: its chain, address, status and owner. The operator also sees its ceiling.',
    command: 'wallet info',
    tool: 'get_wallet_info',
    aliases: { id: ['wallet_id', 'walletId'] },
    input: one,
    output: WalletDetail,
    errors: ['WALLET_NOT_FOUND'],
  }),
  renameWallet: operation({
    method: 'PUT',
    path: '/v1/wallets/{id}',
    access: operator,
    tag,
    summary: 'Rename a wallet.',
    command: 'wallet rename',
    input: z.strictObject({ id: WalletName, name: NewName }),
    output: Wallet,
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'WALLET_NAME_EXISTS'],
  }),
  terminateWallet: operation({
    method: 'DELETE',
    path: '/v1/wallets/{id}',
    access: operator,
    tag,
    summary: 'Close a wallet for good. It never signs again, and sessions that had only this wallet end.',
    command: 'wallet terminate',
    destroys: 'It signs nothing any more, for good, and its sessions lose it.',
    input: one,
    output: z.object({ id: Id, status: z.literal('TERMINATED'), unwritten: Unwritten }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED'],
  }),
  purgeWallet: operation({
    method: 'DELETE',
    path: '/v1/wallets/{id}/purge',
    access: operator,
    tag,
    summary: 'Delete the key of a closed wallet for good. Its history stays.',
    command: 'wallet purge',
    destroys: 'Its key is deleted for good: whatever it holds can never be moved again.',
    input: one,
    output: z.object({ id: Id, status: z.literal('PURGED') }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_NOT_TERMINATED'],
  }),
  suspendWallet: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/suspend',
    access: stopper,
    tag,
    summary: 'Suspend a wallet. Once this has answered, the wallet signs and sends nothing new.',
    command: 'wallet suspend',
    input: z.strictObject({
      id: WalletName,
      reason: z.string().max(200).default('MANUAL').describe('why, for the record'),
    }),
    output: z.object({
      id: Id,
      status: z.literal('SUSPENDED'),
      suspendedAt: UnixSeconds,
      suspensionReason: z.string(),
      unwritten: Unwritten,
    }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'INVALID_STATE_TRANSITION'],
  }),
  resumeWallet: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/resume',
    access: operator,
    tag,
    summary: 'Resume a suspended wallet.',
    command: 'wallet resume',
    input: one,
    output: z.object({ id: Id, status: z.literal('ACTIVE') }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'INVALID_STATE_TRANSITION'],
  }),
  confirmSpends: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/confirm-spends',
    access: operator,
    tag,
    summary: 'Confirm after a restore that all spending of a wallet is known. Until then its limits count as used up.',
    command: 'wallet confirm-spends',
    input: one,
    output: z.object({ id: Id, spendsKnown: z.literal(true) }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'INVALID_STATE_TRANSITION'],
  }),
  listWalletNetworks: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/networks',
    access: dual,
    tag,
    summary: 'List the networks of a wallet.',
    command: 'wallet networks',
    input: one,
    output: z.object({
      id: Id,
      chain: Chain,
      environment: EnvironmentName,
      availableNetworks: z.array(z.object({ network: z.string() })),
      networks: z.array(
        z.object({
          network: z.string(),
          chainId: z.string().describe('CAIP-2'),
          symbol: z.string().describe('of the native currency'),
          decimals: z.int().describe('of the native currency'),
        }),
      ),
    }),
    errors: ['WALLET_NOT_FOUND'],
  }),
  importWallet: operation({
    method: 'POST',
    path: '/v1/wallets/import',
    access: operator,
    tag,
    summary: 'Import a key as a wallet. The key can be sealed, so that only the signer can read it.',
    status: 201,
    input: ImportWallet,
    output: Wallet.extend({
      defaultPolicy: InstalledPolicy,
      derivations: z
        .array(DerivedAddress)
        .optional()
        .describe(
          'where a mnemonic came without derivation and path, and other wallets derive other addresses from it: the one that was taken, then those; terminate the wallet and import it again with another derivation or path if it is not the one you know',
        ),
    }),
    errors: [
      'INVALID_IMPORT',
      'CHAIN_NOT_SUPPORTED',
      'RECOVERY_KEY_PRESENT',
      'WALLET_ADDRESS_EXISTS',
      'WALLET_NAME_EXISTS',
    ],
  }),
  listDerivations: operation({
    method: 'POST',
    path: '/v1/wallets/import/derivations',
    access: operator,
    tag,
    summary: 'List the addresses of a recovery phrase. The first is the one that an import takes; nothing is imported.',
    input: ListDerivations,
    output: z.object({ items: z.array(DerivedAddress) }),
    errors: ['INVALID_IMPORT', 'CHAIN_NOT_SUPPORTED'],
  }),
  exportWallet: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/export',
    access: operator,
    tag,
    summary:
      'Export the key of a wallet. It needs the master password again, unless that came sealed, and is on record before the key is out.',
    input: z.strictObject({
      id: WalletName,
      format: z.enum(EXPORT_FORMATS).default('private-key'),
      masterPassword: z
        .string()
        .min(1)
        .max(1_000)
        .optional()
        .describe('the master password again; not with X-Master-Proof, which is shown to the signer again'),
      password: z.string().min(8).max(1_000).optional().describe('password of the keystore-v3 file'),
      sealTo: z
        .base64()
        .max(100)
        .optional()
        .describe('X25519 public key; the answer is then sealed to it; needed with X-Master-Proof'),
      address: Address.optional().describe("the wallet's own, which the signer compares; needed with X-Master-Proof"),
    }),
    output: z.object({
      id: Id,
      chain: Chain,
      publicKey: Address,
      format: z.enum(EXPORT_FORMATS),
      secret: z.string().optional(),
      sealed: z.string().optional(),
    }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'OWNER_CONSENT_REQUIRED'],
  }),
  getSealingKey: operation({
    method: 'GET',
    path: '/v1/admin/sealing-key',
    access: 'public',
    tag,
    summary: "Show the signer's public key. Imported secrets and proofs of the master password are sealed to it.",
    input: z.strictObject({}),
    output: z.object({
      publicKey: z.string().describe('base64; the same for as long as the keyring is'),
      fingerprint: z.string().describe('what people compare of the key'),
      instance: z.string().describe('names this start of the signer; a proof says it'),
      algorithm: z.string(),
    }),
    errors: ['KEYSTORE_LOCKED'],
  }),
}
