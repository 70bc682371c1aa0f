import { z } from 'zod'
import { CODE_BODY } from './costs.ts'
import { Id } from './ids.ts'
import { Labels } from './labels.ts'
import { operation } from './operation.ts'
import { Tier } from './tiers.ts'
import { buildErrors } from './transactions.ts'
import { Wait } from './waiting.ts'
import { walletAlias, walletChoice } from './wallet.ts'
import { Chain, Digits, NetworkName } from './wire.ts'

const SignType = z.enum(['personal', 'typedData'])
const TypedField = z.strictObject({
  name: z.string().max(64).describe('name of the field'),
  type: z.string().max(100).describe('its type'),
})
const domainText = (what: string) => z.string().max(1_000).optional().describe(what)
/** Typed data as `eth_signTypedData_v4` takes it (EIP-712). */
const TypedData = z.strictObject({
  domain: z
    .strictObject({
      name: domainText('name of the contract or program'),
      version: domainText('its version'),
      chainId: z
        .union([z.string().max(80), z.int()])
        .optional()
        .describe('number of the chain, as text'),
      verifyingContract: domainText('address of the contract'),
      salt: domainText('32 bytes in hex'),
    })
    .describe('whom it is for'),
  types: z.record(z.string().max(64), z.array(TypedField).max(64)).describe('the fields of each type, by its name'),
  primaryType: z.string().max(64).describe('the type of the message'),
  message: z.record(z.string().max(64), z.unknown()).describe('a value for each field; large numbers as text'),
})
export type TypedDataInput = z.output<typeof TypedData>

/** A signature that was given out; `signature` is what the wallets of the chain give. */
const MessageSigned = z.object({
  id: Id,
  signature: z.string().describe('0x and hex of r, s and v on EVM networks, base58 on Solana'),
  signType: SignType,
})
export type MessageSigned = z.output<typeof MessageSigned>

/** One thing that a signed transaction does; what does not apply is null. */
const SignedOperation = z.object({
  type: z.enum([
    'NATIVE_TRANSFER',
    'TOKEN_TRANSFER',
    'NFT_TRANSFER',
    'APPROVE',
    'CONTRACT_CALL',
    'CONTRACT_DEPLOY',
    'UNKNOWN',
  ]),
  to: z.string().nullable().describe('who receives, may take, or is called'),
  amount: Digits.nullable(),
  token: z.string().nullable().describe('address of the token, or of the contract of an NFT; null of the native asset'),
  programId: z.string().nullable().describe('on Solana, the program that is called'),
  method: z.string().nullable().describe('the first bytes of what a contract or program is told, in hex'),
})
export type SignedOperation = z.output<typeof SignedOperation>

/** A transaction that was signed and is its caller's to send. */
const TransactionSigned = z.object({
  id: Id,
  signedTransaction: z.string().describe('as nodes take it: base64 on Solana, 0x and hex on EVM networks'),
  txHash: z.string().nullable().describe('what it is found by once it is sent'),
  operations: z.array(SignedOperation).describe('what it does, as it was judged'),
  policyResult: z.object({ tier: Tier }),
})
export type TransactionSigned = z.output<typeof TransactionSigned>

const signErrors = [
  ...buildErrors,
  'CEILING_EXCEEDED',
  'POLICY_DENIED',
  'RATE_LIMIT_EXCEEDED',
  'WAITING_LIMIT_REACHED',
  'KILL_SWITCH_ACTIVE',
] as const

/** What is signed for an agent and never sent by the daemon. */
export const messageOperations = {
  signMessage: operation({
    method: 'POST',
    path: '/v1/transactions/sign-message',
    access: ['agent'],
    tag: 'Transactions',
    summary:
      'Sign a message: a text, a sign-in (ERC-4361, or with a Solana account) or typed data (EIP-712), such as a permit. What has to wait is refused with its id, and the same call with the same Idempotency-Key brings the signature later, as get_transaction does.',
    tool: 'sign_message',
    command: 'tx sign-message',
    example: '--message "I own this wallet"',
    idempotent: true,
    aliases: { ...walletAlias, signType: ['sign_type'], typedData: ['typed_data'] },
    alsoQuery: ['wait'],
    maxBody: 64 * 1_024,
    input: z.strictObject({
      ...walletChoice,
      wait: Wait,
      message: z
        .string()
        .min(1)
        .max(8_000)
        .optional()
        .describe('the text as people read it; it is never taken as hex, base64 or bytes'),
      signType: SignType.default('personal').describe('personal: message is signed; typedData: typedData is'),
      typedData: TypedData.optional().describe('domain, types, primaryType and message, as EIP-712 has them'),
      network: NetworkName.optional().describe('network id; needed when several can be meant'),
      labels: Labels.optional(),
    }),
    output: MessageSigned,
    errors: signErrors,
  }),
  signTransaction: operation({
    method: 'POST',
    path: '/v1/transactions/sign',
    access: ['agent'],
    tag: 'Transactions',
    summary:
      'Sign a transaction that was built elsewhere, and leave it to the caller to send. It is judged by what its bytes do, and counts until it has landed or never can. What has to wait is refused with its id, and the same call with the same Idempotency-Key brings the signature later, as get_transaction does.',
    tool: 'sign_transaction',
    command: 'tx sign',
    example: '--transaction 0x02f0',
    idempotent: true,
    aliases: walletAlias,
    alsoQuery: ['wait'],
    maxBody: CODE_BODY,
    input: z.strictObject({
      wait: Wait,
      transaction: z
        .string()
        .min(1)
        .max(150_000)
        .describe('the transaction, not signed by the wallet yet: base64 on Solana, 0x and hex on EVM networks'),
      ...walletChoice,
      chain: Chain.optional().describe('the chain that it is for; refused where the network is of another one'),
      network: NetworkName.optional().describe('network id; needed when several can be meant'),
      labels: Labels.optional(),
    }),
    output: TransactionSigned,
    errors: [...signErrors, 'WALLET_NOT_SIGNER', 'TX_ALREADY_PROCESSED'],
  }),
}
